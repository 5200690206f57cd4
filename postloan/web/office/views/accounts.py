"""What accountants look at: the trial balance of a period, the sums of its days, the postings under them, the files."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from tempfile import TemporaryFile
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from postloan.books.accounting.exporting import Form, export_ledger
from postloan.books.accounting.exporting.rows import By
from postloan.books.accounting.queries import (
    DaySum,
    PeriodBalance,
    get_day_sums,
    get_period_balances,
    get_products,
    of_product,
)
from postloan.books.ledger import journal_queries
from postloan.books.ledger.models import Account
from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.queries import get_book_currency
from postloan.books.products.models import Product
from postloan.ground.access.roles import OFFICE
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice, asked_day, asked_number
from postloan.web.ui.paging import page_of

DAYS_SHOWN = 31  # of daily sums, where nobody asked for a period
PORTION_BYTES = 65_536
MOST = 2**31
FORMS: dict[str, Form] = {"csv": "csv", "beancount": "beancount"}
SUFFIXES = {"csv": ("csv", "text/csv; charset=utf-8"), "beancount": ("beancount", "text/plain; charset=utf-8")}


@dataclass(frozen=True)
class Line:
    """An account over the period, all asked products together, in minor units."""

    account: Account
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def code(self) -> str:
        return self.account.code

    @property
    def balance_minor(self) -> int:
        """Debits less credits when the period is over."""
        return self.opening_minor + self.debit_minor - self.credit_minor


@for_roles(OFFICE)
def accounts(request: HttpRequest) -> HttpResponse:
    """The trial balance at the end of a day, of one product or of all, with the movement of a period."""
    product = _product(request)
    from_date, through = asked_day(request=request, name="from"), asked_day(request=request, name="on") or _open_day()
    found = get_period_balances(from_date=from_date, through_date=through, product_id=product.pk if product else None)
    lines = _lines(found)
    context = {
        "balances": lines,
        "totals": _totals(lines),
        "debits_minor": sum(line.debit_minor for line in lines),
        "difference_minor": sum(line.balance_minor for line in lines),
        "through": through,
        "from_date": from_date,
        "product": product,
        "products": get_products(),
    }
    return render(request, "office/accounts.html", context)


@for_roles(OFFICE)
def day_sums(request: HttpRequest) -> HttpResponse:
    """What each account of each product was debited and credited, day by day, the latest first."""
    product, account = _product(request), _account(request.GET.get("account", ""))
    through = asked_day(request=request, name="on") or _open_day()
    from_date = asked_day(request=request, name="from")
    if from_date is None and through is not None:
        from_date = through - timedelta(days=DAYS_SHOWN - 1)
    sums = get_day_sums(
        from_date=from_date,
        through_date=through,
        product_id=product.pk if product else None,
        account_id=account.pk if account else None,
    )
    codes = {each.pk: each.code for each in journal_queries.get_accounts()}
    page: Any = page_of(request=request, rows=list(reversed(sums)))  # type: ignore[arg-type]
    names = {each.pk: each for each in get_products()}
    context = {
        "page": page,
        "rows": [_day_row(row, codes, names) for row in page],
        "from_date": from_date,
        "through": through,
        "product": product,
        "products": names.values(),
        "account": account,
        "accounts": journal_queries.get_accounts(),
    }
    return render(request, "office/day_sums.html", context)


@for_roles(OFFICE)
def account(request: HttpRequest, code: str) -> HttpResponse:
    """The postings of one account, the latest first: of a period and a product where they are asked for."""
    found = _account(code)
    if found is None:
        raise Http404
    product = _product(request)
    from_date, through = asked_day(request=request, name="from"), asked_day(request=request, name="on")
    postings = journal_queries.find_postings(account_id=found.pk, from_date=from_date, through_date=through)
    if product is not None:
        postings = of_product(postings=postings, product_id=product.pk)
    balances = get_period_balances(
        from_date=from_date, through_date=through, product_id=product.pk if product else None
    )
    lines = [line for line in _lines(balances) if line.account.pk == found.pk]
    context = {
        "account": found,
        "page": page_of(request=request, rows=postings),
        "lines": lines,
        "through": through,
        "from_date": from_date,
        "product": product,
    }
    return render(request, "office/account.html", context)


@for_roles(OFFICE)
def ledger_file(request: HttpRequest) -> StreamingHttpResponse:
    """The ledger of a period as CSV or Beancount; it streams from a file that no directory lists."""
    form = FORMS[asked_choice(request=request, name="form", choices=FORMS) or "csv"]
    by: By = "day" if asked_choice(request=request, name="by", choices=("entry", "day")) == "day" else "entry"
    through = asked_day(request=request, name="on") or _open_day()
    if through is None:
        raise Http404
    from_date = asked_day(request=request, name="from") or date(through.year, 1, 1)
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    file = TemporaryFile()  # noqa: SIM115  # closed when the last portion has left
    from_date = min(from_date, through)
    export_ledger(out=file, from_date=from_date, through_date=through, form=form, by=by, language=language)
    suffix, content_type = SUFFIXES[form]
    answer = StreamingHttpResponse(_portions(file), content_type=content_type)
    answer["Content-Length"] = str(file.tell())
    answer["Content-Disposition"] = f'attachment; filename="ledger-{from_date}-{through}-{by}.{suffix}"'
    file.seek(0)
    return answer


async def _portions(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while portion := await sync_to_async(file.read)(PORTION_BYTES):
            yield portion


def _lines(found: list[PeriodBalance]) -> list[Line]:
    """Return a line for every account of the chart, and one more for each further currency it is kept in."""
    sums: dict[tuple[int, str], list[int]] = {}
    for row in found:
        held = sums.setdefault((row.account_id, row.currency), [0, 0, 0])
        for place, value in enumerate((row.opening_minor, row.debit_minor, row.credit_minor)):
            held[place] += value
    lines = []
    book_currency = get_book_currency()
    for each in journal_queries.get_accounts():
        currencies = sorted(currency for account_id, currency in sums if account_id == each.pk) or [book_currency]
        lines += [Line(each, currency, *sums.get((each.pk, currency), (0, 0, 0))) for currency in currencies]
    return lines


def _totals(lines: list[Line]) -> list[dict[str, Any]]:
    return [
        {
            "currency": currency,
            "opening_minor": sum(line.opening_minor for line in lines if line.currency == currency),
            "debit_minor": sum(line.debit_minor for line in lines if line.currency == currency),
            "credit_minor": sum(line.credit_minor for line in lines if line.currency == currency),
            "balance_minor": sum(line.balance_minor for line in lines if line.currency == currency),
        }
        for currency in sorted({line.currency for line in lines})
    ]


def _day_row(row: DaySum, codes: dict[int, str], products: dict[int, Product]) -> dict[str, Any]:
    product = products[row.product_id] if row.product_id else None
    return {"sum": row, "code": codes[row.account_id], "product": product}


def _product(request: HttpRequest) -> Product | None:
    number = asked_number(request=request, name="product", most=MOST)
    return Product.objects.filter(pk=number).first() if number else None


def _account(code: str) -> Account | None:
    try:
        return journal_queries.get_account(code=code.replace("\0", "")) if code else None
    except Account.DoesNotExist:
        return None


def _open_day() -> date | None:
    try:
        return get_business_date()
    except BooksNotOpen:
        return None
