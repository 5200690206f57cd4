"""The book by bucket and day, and the loans behind each of its numbers."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import find_loans, get_book_currency, get_bucket_totals, get_days_past_due
from postloan.books.positions.queries import get_buckets_by_day, get_positions
from postloan.ground.access.roles import OFFICE
from postloan.kernel.ageing import HOUSE_BANDS
from postloan.kernel.currencies import decimals_of, plain_amount
from postloan.web.office.alarms import get_alarms
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice, asked_day, asked_number, asked_text
from postloan.web.ui.paging import MOST_ROWS_IN_FILE, PAGE_ROWS, csv_answer, page_of, wants_csv

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
        "alarms": get_alarms(),
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
    as_of = on_day or _last_closed()
    if on_day is None:
        found = find_loans(bucket=bucket, status=status, text=text)
        page: Page[Any] = page_of(request=request, rows=found)
        lines = [_as_it_stands(loan, as_of) for loan in (found[:MOST_ROWS_IN_FILE] if wants_csv(request) else page)]
    else:
        positions = _positions_of(on_day=on_day, bucket=bucket, status=status or Loan.Status.ACTIVE.value, text=text)
        page = Paginator(positions, PAGE_ROWS).get_page(request.GET.get("page"))
        lines = _as_they_stood(positions[:MOST_ROWS_IN_FILE] if wants_csv(request) else list(page))
    if wants_csv(request):
        return _loans_as_csv(lines)
    context = {
        "page": page,
        "rows": lines,
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
    lake = Path(settings.POSITIONS_DIR)
    touched = lake.stat().st_mtime_ns if lake.exists() else 0
    return list(_days_of_lake(through_date, str(lake), touched))


@lru_cache(maxsize=4)
def _days_of_lake(through_date: date, _lake: str, _touched: int) -> tuple[DayOfBook, ...]:
    """Closed days do not change: they are worked out again when the lake has got another day."""
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
    return tuple(days)


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


def _positions_of(*, on_day: date, bucket: int | None, status: str, text: str) -> list[Position]:
    """Return where each loan of a status stood when `on_day` closed, in the order of their ids."""
    positions = get_positions(as_of_date=on_day).filter(pl.col("status") == status)
    if bucket is not None:
        positions = positions.filter(pl.col("bucket") == bucket)
    if text:
        wanted = list(find_loans(text=text).values_list("pk", flat=True)[:MOST_ROWS_IN_FILE])
        positions = positions.filter(pl.col("loan_id").is_in(wanted))
    return positions.sort("loan_id").to_dicts()


@dataclass(frozen=True)
class LoanLine:
    """A loan in the list, as it stands or stood."""

    loan: Loan
    bucket: int
    status: str
    days_past_due: int
    outstanding_minor: int
    next_due_date: date | None


def _as_it_stands(loan: Loan, as_of: date | None) -> LoanLine:
    return LoanLine(
        loan=loan,
        bucket=loan.bucket,
        status=loan.status,
        days_past_due=get_days_past_due(loan=loan, as_of=as_of) if as_of else 0,
        outstanding_minor=loan.principal_outstanding_minor,
        next_due_date=loan.next_due_date,
    )


def _as_they_stood(positions: list[Position]) -> list[LoanLine]:
    loans = {loan.pk: loan for loan in find_loans(loan_ids=[position["loan_id"] for position in positions])}
    return [
        LoanLine(
            loan=loans[position["loan_id"]],
            bucket=position["bucket"],
            status=position["status"],
            days_past_due=position["days_past_due"],
            outstanding_minor=position["principal_outstanding_minor"],
            next_due_date=position["next_due_date"],
        )
        for position in positions
    ]


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
