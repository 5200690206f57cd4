"""What of an instalment may be debited at this moment, and the rows that are due in a span of days."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum

from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
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
    held = _held(ids)
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
    """
    Return what is still to be found for each instalment, in minor units: 0 where it is paid, covered or gone.

    The one answer for reminders and debits, so that what is announced is what is collected. Money received and not
    allocated yet pays older rows of the loan first, raised or planned, as `get_open_rows` says; but of each plan only
    the rows up to the one asked for are looked at.
    """
    loans = Loan.objects.in_bulk({loan_id for loan_id, _ in rows})
    active = [loan.pk for loan in loans.values() if loan.status == Loan.Status.ACTIVE]
    raised = get_open_instalments(loan_ids=active)
    held = _held(active)
    ahead = {loan_id for loan_id, no in rows if loan_id in held or _is_ahead(loans[loan_id], no)}
    plans = {
        plan.loan_id: plan
        for plan in ScheduleVersion.objects.filter(
            loan_id__in=ahead.intersection(active), version_no=F("loan__schedule_version_no")
        )
    }
    return {
        (loan_id, no): _amount_due(
            loans[loan_id], no, raised.get(loan_id, ()), plans.get(loan_id), held.get(loan_id, 0)
        )
        if loans[loan_id].status == Loan.Status.ACTIVE
        else 0
        for loan_id, no in rows
    }


def _amount_due(
    loan: Loan, no: int, raised: Sequence[Instalment], plan: ScheduleVersion | None, held_minor: int
) -> int:
    open_minor = {row.instalment_no: open_of(instalment=row) for row in raised if row.instalment_no <= no}
    if not _is_ahead(loan, no):
        amount, older = open_minor.pop(no, 0), sum(open_minor.values())
    else:
        assert plan is not None and loan.next_instalment_no is not None
        first, place = loan.next_instalment_no - plan.from_instalment_no, no - plan.from_instalment_no
        if not 0 <= place < len(plan.due_dates):
            return 0
        columns = (plan.principal_minor, plan.interest_minor, plan.fees_by_row)
        amount = sum(column[place] for column in columns)
        older = sum(open_minor.values()) + sum(sum(column[first:place]) for column in columns)
    return max(amount - max(held_minor - older, 0), 0)


def _is_ahead(loan: Loan, no: int) -> bool:
    """Whether the row is still planned, not raised."""
    return loan.next_instalment_no is not None and no >= loan.next_instalment_no


def _held(loan_ids: Collection[int]) -> dict[int, int]:
    """Return what was received and not allocated yet for each loan that has some, in minor units."""
    return dict(
        Receipt.objects.filter(loan_id__in=loan_ids, unapplied_minor__gt=0)
        .values_list("loan_id")
        .annotate(Sum("unapplied_minor"))
    )


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
