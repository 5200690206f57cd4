"""The book by bucket and day."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.queries import get_book_currency, get_bucket_totals
from postloan.books.positions.queries import get_buckets_by_day
from postloan.ground.access.roles import OFFICE
from postloan.kernel.ageing import HOUSE_BANDS
from postloan.kernel.currencies import decimals_of, plain_amount
from postloan.web.office.alarms import get_alarms
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice
from postloan.web.ui.paging import csv_answer, wants_csv

DAYS_SHOWN = 62
BUCKETS = range(len(HOUSE_BANDS.bands))


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
