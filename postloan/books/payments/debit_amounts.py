"""What of an instalment may be debited at this moment, and the rows that are due in a span of days."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum

from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.loans.queries import get_open_instalments, open_of, version_lines
from postloan.books.payments.models import Receipt

LoanRow = tuple[int, int]  # loan id, instalment no


@dataclass(frozen=True)
class OpenRow:
    """An instalment of a loan, raised or still planned, with what is to be found for it, in minor units."""

    loan_id: int
    instalment_no: int
    due_date: date
    amount_minor: int


def get_open_rows(*, loans: Collection[Loan], through_date: date) -> list[OpenRow]:
    """
    Return the instalments of these loans due up to `through_date` for which money is still to be found.

    What was received and not allocated yet pays the oldest first. A loan that is not
    active asks for nothing. Oldest first, loan by loan.
    """
    wanted = [loan for loan in loans if loan.status == Loan.Status.ACTIVE]
    ids = [loan.pk for loan in wanted]
    raised = get_open_instalments(loan_ids=ids)
    held = dict(
        Receipt.objects.filter(loan_id__in=ids, unapplied_minor__gt=0)
        .values_list("loan_id")
        .annotate(Sum("unapplied_minor"))
    )
    planned = _planned(loans=wanted, through_date=through_date)
    found: list[OpenRow] = []
    for loan in wanted:
        rows = [
            OpenRow(loan.pk, row.instalment_no, row.due_date, open_of(instalment=row))
            for row in raised.get(loan.pk, ())
        ]
        found += _less_held([*rows, *planned[loan.pk]], held.get(loan.pk, 0), through_date)
    return found


def get_amounts_due(*, rows: Collection[LoanRow]) -> dict[LoanRow, int]:
    """Return what is still to be found for each instalment, in minor units: 0 where it is paid, covered or gone."""
    loans = Loan.objects.filter(pk__in={loan_id for loan_id, _ in rows})
    found = {
        (row.loan_id, row.instalment_no): row.amount_minor for row in get_open_rows(loans=loans, through_date=date.max)
    }
    return {row: found.get(row, 0) for row in rows}


def _planned(*, loans: Sequence[Loan], through_date: date) -> dict[int, list[OpenRow]]:
    """Return the rows of the active plans that are not raised yet."""
    ahead = {
        loan.pk: loan
        for loan in loans
        if loan.next_instalment_no is not None and loan.next_due_date is not None and loan.next_due_date <= through_date
    }
    versions = ScheduleVersion.objects.filter(loan_id__in=ahead, version_no=F("loan__schedule_version_no"))
    rows: dict[int, list[OpenRow]] = defaultdict(list)
    for version in versions:
        first = ahead[version.loan_id].next_instalment_no or 0
        rows[version.loan_id] = [
            OpenRow(version.loan_id, line.instalment_no, line.due_date, line.total_minor)
            for line in version_lines(version=version)
            if line.instalment_no >= first and line.due_date <= through_date
        ]
    return rows


def _less_held(rows: Sequence[OpenRow], held_minor: int, through_date: date) -> list[OpenRow]:
    found = []
    for row in rows:
        covered = min(held_minor, row.amount_minor)
        held_minor -= covered
        if row.amount_minor > covered and row.due_date <= through_date:
            found.append(OpenRow(row.loan_id, row.instalment_no, row.due_date, row.amount_minor - covered))
    return found
