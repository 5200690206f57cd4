"""What a borrower is to pay next, gathered from all their loans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_open_instalments, get_planned_rows, open_of


@dataclass(frozen=True)
class Due:
    """One amount to pay by one date for one loan. `days_late` is 0 up to and with the due date."""

    loan: Loan
    instalment_no: int
    due_date: date
    amount_minor: int
    days_late: int

    @property
    def is_late(self) -> bool:
        """Say whether the due date has gone by."""
        return self.days_late > 0


def next_dues(*, loans: Sequence[Loan], today: date) -> list[Due]:
    """
    Return what is demanded and open and, for a loan with nothing open, its next row; the earliest first.

    `today` is the day the books are open for. Amounts are what is left to pay today, penalties included, in minor units. Two queries, however many loans.
    """
    active = [loan for loan in loans if loan.status == Loan.Status.ACTIVE]
    open_rows = get_open_instalments(loan_ids=[loan.pk for loan in active])
    planned = get_planned_rows(loans=[loan for loan in active if not open_rows.get(loan.pk)])
    dues = []
    for loan in active:
        for row in open_rows.get(loan.pk, []):
            late = max((today - row.due_date).days, 0)
            dues.append(Due(loan, row.instalment_no, row.due_date, open_of(instalment=row), late))
        if loan.pk in planned:
            number, due_date, principal, interest = planned[loan.pk]
            dues.append(Due(loan, number, due_date, principal + interest, 0))
    return sorted(dues, key=lambda due: (due.due_date, due.loan.pk))
