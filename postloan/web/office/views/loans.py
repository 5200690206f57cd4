"""The loans behind the numbers of the book: as they stand, or as they stood when a day closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import find_loans, get_days_past_due
from postloan.books.positions.queries import get_positions
from postloan.ground.access.roles import OFFICE
from postloan.kernel.ageing import HOUSE_BANDS
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.tables import Asked, Column, Emptiness, Filter, FrameRows, QueryRows, Sort, Table

BUCKETS = range(len(HOUSE_BANDS.bands))
NUMBERS_SOUGHT = 1_000  # as many loans of a day are looked for by their number


@dataclass(frozen=True)
class LoanLine:
    """A loan in the list, as it stands or stood."""

    loan: Loan
    bucket: int
    status: str
    days_past_due: int
    outstanding_minor: int
    next_due_date: date | None


def _buckets() -> list[tuple[str, str]]:
    return [(str(number), words.bucket_name(bucket=number)) for number in BUCKETS]


def _statuses() -> list[tuple[str, Any]]:
    return [(code, words.LOAN_STATUS[code]) for code in Loan.Status.values]


LOANS = Table(
    name="office.loans",
    caption=_("Loans"),
    key="loan.pk",
    order="loan",
    columns=(
        Column(
            name="loan", label=_("Loan"), value="loan.external_id", is_fixed=True,
            link="desk:loan", link_to="loan.pk", opens="desk:customers",
        ),
        Column(name="product", label=_("Product"), value="loan.product_version.product.name"),
        Column(
            name="status", label=_("Status"), kind="chip", words="loan_status", template="office/cells/loan_status.html",
        ),
        Column(name="bucket", label=_("Bucket"), kind="bucket", template="office/cells/loan_bucket.html"),
        Column(name="days_past_due", label=_("Days past due"), kind="number", is_shown=False),
        Column(name="past_due_since", label=_("Past due since"), kind="day", value="loan.past_due_since_date", is_shown=False),
        Column(name="lent", label=_("Lent"), kind="money", value="loan.principal_minor", currency="loan.currency"),
        Column(
            name="rate", label=_("Rate"), kind="rate", value=lambda row: (row.loan.rate_ppm, row.loan.rate_per),
        ),
        Column(
            name="outstanding", label=_("Principal outstanding"), kind="money", value="outstanding_minor",
            currency="loan.currency",
        ),
        Column(name="next_due", label=_("Next due date"), kind="day", value="next_due_date"),
        Column(name="disbursed", label=_("Paid out"), kind="day", value="loan.disbursed_date", is_shown=False),
        Column(name="currency", label=_("Currency"), value="loan.currency", is_shown=False),
    ),
    filters=(
        Filter(name="bucket", label=_("Bucket"), choices=_buckets),
        Filter(name="status", label=_("Status"), choices=_statuses),
        Filter(name="text", label=_("Loan number"), kind="text"),
        Filter(name="on", label=_("As of"), kind="day"),
    ),
    empty=Emptiness(
        title=_("No loan is here yet"),
        text=_("Import a lender's tape with “postloan import-book”; the book then shows here."),
    ),
    nothing_fits=Emptiness(title=_("No loan fits"), text=_("Widen the filters, or clear them to see the whole book.")),
)  # fmt: skip

# The key leads; what past due loans are ordered by has an index over them; other orders wait for a narrower list.
SORTS_NOW = {
    "loan": Sort("pk"),
    "past_due_since": Sort("past_due_since_date", is_nullable=True, has_index=False),
    "lent": Sort("principal_minor", has_index=False),
    "outstanding": Sort("principal_outstanding_minor", has_index=False),
    "next_due": Sort("next_due_date", is_nullable=True, has_index=False),
    "disbursed": Sort("disbursed_date", has_index=False),
}
SORTS_THEN = {
    "loan": Sort("loan_id"),
    "days_past_due": Sort("days_past_due"),
    "outstanding": Sort("principal_outstanding_minor"),
    "next_due": Sort("next_due_date"),
}


@for_roles(OFFICE)
def loans(request: HttpRequest) -> HttpResponseBase:
    """Loans filtered by bucket, status and text; with `?on=` those that stood in the bucket when that day closed."""
    asked = LOANS.asked(request)
    on_day, last_closed = asked["on"], _last_closed()
    if on_day is None:
        found = find_loans(bucket=_bucket(asked), status=asked["status"] or "", text=asked["text"] or "")
        rows: QueryRows | FrameRows = QueryRows(found, SORTS_NOW)
        present = _as_they_stand(last_closed)
    else:
        rows, present = FrameRows(_positions_of(asked), key="loan_id", sorts=SORTS_THEN), _as_they_stood
    return LOANS.answer(
        request,
        asked=asked,
        rows=rows,
        present=present,
        template="office/loans.html",
        context={"as_of": on_day or last_closed},
    )


def _bucket(asked: Asked) -> int | None:
    return None if asked["bucket"] is None else int(asked["bucket"])


def _last_closed() -> date | None:
    try:
        return get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return None


def _positions_of(asked: Asked) -> pl.DataFrame:
    """Return where each loan of a status stood when the day closed."""
    positions = get_positions(as_of_date=asked["on"])
    positions = positions.filter(pl.col("status") == (asked["status"] or Loan.Status.ACTIVE.value))
    if (bucket := _bucket(asked)) is not None:
        positions = positions.filter(pl.col("bucket") == bucket)
    if asked["text"]:
        wanted = list(find_loans(text=asked["text"]).values_list("pk", flat=True)[:NUMBERS_SOUGHT])
        positions = positions.filter(pl.col("loan_id").is_in(wanted))
    return positions


def _as_they_stand(as_of: date | None) -> Any:
    def lines(found: Sequence[Loan]) -> list[LoanLine]:
        return [
            LoanLine(
                loan=loan,
                bucket=loan.bucket,
                status=loan.status,
                days_past_due=get_days_past_due(loan=loan, as_of=as_of) if as_of else 0,
                outstanding_minor=loan.principal_outstanding_minor,
                next_due_date=loan.next_due_date,
            )
            for loan in found
        ]

    return lines


def _as_they_stood(positions: Sequence[dict[str, Any]]) -> list[LoanLine]:
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
