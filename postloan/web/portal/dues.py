"""What a borrower is to pay next, gathered from all their loans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_open_instalments, get_planned_rows, open_of


@dataclass(frozen=True)
class Due:
    """One instalment to pay by one date. `days_late` is 0 up to and with the due date."""

    loan: Loan
    instalment_no: int
    due_date: date
    amount_minor: int
    days_late: int

    @property
    def is_late(self) -> bool:
        """Say whether the due date has gone by."""
        return self.days_late > 0


@dataclass(frozen=True)
class ToPay:
    """What a borrower is asked for on one loan: everything late together, or else the next instalment."""

    loan: Loan
    dues: tuple[Due, ...]

    @property
    def amount_minor(self) -> int:
        """All of it, in minor units."""
        return sum(due.amount_minor for due in self.dues)

    @property
    def due_date(self) -> date:
        """The oldest due date in it."""
        return self.dues[0].due_date

    @property
    def is_late(self) -> bool:
        """Say whether a due date has gone by."""
        return self.dues[0].is_late


def to_pay(*, loans: Sequence[Loan], today: date) -> list[ToPay]:
    """Return what to pay on each loan that asks for something, the most urgent first."""
    asked = []
    by_loan: dict[int, list[Due]] = {}
    for due in next_dues(loans=loans, today=today):
        by_loan.setdefault(due.loan.pk, []).append(due)
    for dues in by_loan.values():
        late = tuple(due for due in dues if due.is_late)
        asked.append(ToPay(loan=dues[0].loan, dues=late or (dues[0],)))
        if late and len(late) < len(dues):
            asked.append(ToPay(loan=dues[0].loan, dues=(dues[len(late)],)))
    return sorted(asked, key=lambda item: (item.due_date, item.loan.pk))


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
            line = planned[loan.pk]
            dues.append(Due(loan, line.instalment_no, line.due_date, line.total_minor, 0))
    return sorted(dues, key=lambda due: (due.due_date, due.loan.pk))
