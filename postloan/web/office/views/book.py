"""The book by bucket and day, and the loans behind each of its numbers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import find_loans, get_book_currency, get_bucket_totals, get_days_past_due
from postloan.books.positions.queries import get_buckets_by_day, get_positions
from postloan.ground.access.roles import OFFICE
from postloan.kernel.ageing import HOUSE_BANDS
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice, asked_day, asked_number, asked_text
from postloan.web.ui.figures import decimals_of, plain_amount
from postloan.web.ui.paging import MOST_ROWS_IN_FILE, csv_answer, page_of, wants_csv

DAYS_SHOWN = 62
BUCKETS = range(len(HOUSE_BANDS.bands))
STATUSES = tuple(Loan.Status.values)


@dataclass(frozen=True)
class DayOfBook:
    """One closed day: a cell for each bucket (loans, outstanding), and the total."""

    business_date: date
    cells: tuple[tuple[int, int, int], ...]  # bucket, loans, outstanding in minor units
    loans: int
    outstanding_minor: int

    @property
    def past_due_minor(self) -> int:
        """Outstanding principal of the loans that are past due."""
        return sum(outstanding for bucket, _loans, outstanding in self.cells if bucket > 0)


@for_roles(OFFICE)
def book(request: HttpRequest) -> HttpResponse:
    """The book by bucket: now, and for each closed day as a chart and as a table."""
    try:
        last_closed = get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return render(request, "office/book.html", {"is_empty": True})
    days = _days_of_book(through_date=last_closed)
    if wants_csv(request):
        return _days_as_csv(days)
    currency = get_book_currency()
    buckets_used = sorted({bucket for day in days for bucket, loans, _outstanding in day.cells if loans})
    context = {
        "last_closed": last_closed,
        "totals": get_bucket_totals(),
        "days": list(reversed(days)),
        "buckets": buckets_used,
        "currency": currency,
        "chart": _chart(days=days, buckets=buckets_used, currency=currency),
        "by": asked_choice(request=request, name="by", choices=("loans",)) or "outstanding",
    }
    return render(request, "office/book.html", context)


@for_roles(OFFICE)
def loans(request: HttpRequest) -> HttpResponse:
    """Loans filtered by bucket, status and text; with `?on=` those that stood in the bucket when that day closed."""
    bucket = asked_number(request=request, name="bucket", most=len(HOUSE_BANDS.bands) - 1)
    status = asked_choice(request=request, name="status", choices=STATUSES)
    on_day = asked_day(request=request, name="on")
    text = asked_text(request=request, name="text")
    positions = _positions_of(on_day=on_day, bucket=bucket) if on_day else None
    found = find_loans(
        bucket=None if positions is not None else bucket,
        status="" if positions is not None else status,
        text=text,
        loan_ids=list(positions) if positions is not None else None,
    )
    as_of = on_day or _last_closed()
    if wants_csv(request):
        rows = _stand(found=list(found[:MOST_ROWS_IN_FILE]), positions=positions, as_of=as_of)
        return _loans_as_csv(rows)
    page = page_of(request=request, rows=found)
    context = {
        "page": page,
        "rows": _stand(found=list(page), positions=positions, as_of=as_of),
        "bucket": bucket,
        "status": status,
        "text": text,
        "on_day": on_day,
        "as_of": as_of,
        "buckets": [(number, words.bucket_name(bucket=number)) for number in BUCKETS],
        "statuses": STATUSES,
    }
    return render(request, "office/loans.html", context)


def _last_closed() -> date | None:
    try:
        return get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return None


def _days_of_book(*, through_date: date) -> list[DayOfBook]:
    frame = get_buckets_by_day(from_date=through_date - timedelta(days=DAYS_SHOWN - 1), through_date=through_date)
    days = []
    for (business_date,), rows in frame.group_by(["business_date"], maintain_order=True):
        assert isinstance(business_date, date)
        found = {row["bucket"]: (row["loans"], row["outstanding_minor"]) for row in rows.to_dicts()}
        cells = tuple((bucket, *found.get(bucket, (0, 0))) for bucket in BUCKETS)
        days.append(
            DayOfBook(
                business_date=business_date,
                cells=cells,
                loans=sum(cell[1] for cell in cells),
                outstanding_minor=sum(cell[2] for cell in cells),
            )
        )
    return days


def _chart(*, days: list[DayOfBook], buckets: list[int], currency: str) -> dict[str, Any]:
    """Return what the chart is drawn from: a series per bucket, with the address behind each bar."""
    return {
        "days": [day.business_date.isoformat() for day in days],
        "series": [
            {
                "bucket": bucket,
                "name": words.bucket_name(bucket=bucket),
                "loans": [day.cells[bucket][1] for day in days],
                "outstanding": [day.cells[bucket][2] for day in days],
            }
            for bucket in buckets
        ],
        "minorUnits": 10 ** decimals_of(currency=currency),
        "currency": currency,
    }


def _days_as_csv(days: list[DayOfBook]) -> HttpResponse:
    header = [_("Business date"), _("Bucket"), _("Loans"), _("Principal outstanding")]
    rows = [
        (
            day.business_date,
            words.bucket_name(bucket=bucket),
            loans,
            plain_amount(amount_minor=outstanding, currency=""),
        )
        for day in days
        for bucket, loans, outstanding in day.cells
        if loans
    ]
    return csv_answer(name="book_by_bucket_and_day", header=header, rows=rows)


Position = dict[str, Any]


def _positions_of(*, on_day: date, bucket: int | None) -> dict[int, Position]:
    """Return where each loan stood when `on_day` closed, by its id; active loans, of one bucket where given."""
    positions = get_positions(as_of_date=on_day).filter(pl.col("status") == Loan.Status.ACTIVE.value)
    if bucket is not None:
        positions = positions.filter(pl.col("bucket") == bucket)
    return {row["loan_id"]: row for row in positions.to_dicts()}


@dataclass(frozen=True)
class LoanLine:
    """A loan in the list, as it stands or stood."""

    loan: Loan
    bucket: int
    status: str
    days_past_due: int
    outstanding_minor: int
    next_due_date: date | None


def _stand(*, found: list[Loan], positions: dict[int, Position] | None, as_of: date | None) -> list[LoanLine]:
    return [_line(loan=loan, position=positions[loan.pk] if positions else None, as_of=as_of) for loan in found]


def _line(*, loan: Loan, position: Position | None, as_of: date | None) -> LoanLine:
    if position is not None:
        return LoanLine(
            loan=loan,
            bucket=position["bucket"],
            status=position["status"],
            days_past_due=position["days_past_due"],
            outstanding_minor=position["principal_outstanding_minor"],
            next_due_date=position["next_due_date"],
        )
    return LoanLine(
        loan=loan,
        bucket=loan.bucket,
        status=loan.status,
        days_past_due=get_days_past_due(loan=loan, as_of=as_of) if as_of else 0,
        outstanding_minor=loan.principal_outstanding_minor,
        next_due_date=loan.next_due_date,
    )


def _loans_as_csv(lines: list[LoanLine]) -> HttpResponse:
    header = [
        _("Loan"),
        _("External id"),
        _("Product"),
        _("Status"),
        _("Bucket"),
        _("Days past due"),
        _("Currency"),
        _("Principal"),
        _("Principal outstanding"),
        _("Next due date"),
    ]
    rows = (
        (
            line.loan.pk,
            line.loan.external_id,
            line.loan.product_version.product.code,
            line.status,
            words.bucket_name(bucket=line.bucket),
            line.days_past_due,
            line.loan.currency,
            plain_amount(amount_minor=line.loan.principal_minor, currency=line.loan.currency),
            plain_amount(amount_minor=line.outstanding_minor, currency=line.loan.currency),
            line.next_due_date,
        )
        for line in lines
    )
    return csv_answer(name="loans", header=header, rows=rows)
