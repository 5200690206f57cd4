"""
Simulated borrowers: who pays what on which day, in a book whose tape ends before that day.

Nothing here is measured on real people's payments. Each decision is drawn from
a hash of seed, loan and instalment, so the same book always behaves the same,
however often a rehearsal is interrupted. Receipts made here are marked as
simulated.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments.debit_amounts import LoanRow, get_amounts_due
from postloan.books.payments.models import Receipt
from postloan.books.payments.operations import NewReceipt, post_receipts

BANK_ACCOUNT = "simulated"
DAYS_EARLY_AT_MOST = 5
# Share of instalments that are not paid on time, by the tape's grade; invented, of the order of such books.
LATE_SHARE = {"A": 0.010, "B": 0.020, "C": 0.035, "D": 0.050, "E": 0.070, "F": 0.090, "G": 0.110}
LATE_SHARE_UNKNOWN = 0.03
LATE_PAYS_SHARE = 0.6  # of those who are late, how many pay within the days below
LATE_DAYS_AT_MOST = 20
CURE_SHARE_PER_DAY = 0.02  # of those late already when the book was taken over


@dataclass(frozen=True)
class _Due:
    loan_id: int
    instalment_no: int
    due_date: date
    grade: str
    takeover_date: date | None


@dataclass(frozen=True)
class SimulatedBorrowers:
    """The people of one rehearsal."""

    seed: int

    def pay_on(self, *, business_date: date, by: str, at: datetime) -> list[Receipt]:
        """Post the payments of one day and return them; repeating a day adds nothing."""
        rows = self._payers(business_date)
        amounts = get_amounts_due(rows=rows)
        receipts = [
            NewReceipt(
                bank_account=BANK_ACCOUNT,
                bank_reference=f"SIM-{loan.pk}-{no}-{business_date:%Y%m%d}",
                loan_id=loan.pk,
                amount_minor=amounts[loan.pk, no],
                currency=loan.currency,
                value_date=business_date,
                is_simulated=True,
            )
            for (loan_id, no), loan in zip(rows, self._loans(rows), strict=True)
            if amounts[loan_id, no] > 0
        ]
        return post_receipts(receipts=receipts, by=by, at=at) if receipts else []

    def pays_on(self, *, loan_id: int, instalment_no: int, due_date: date, grade: str) -> date | None:
        """Return the day on which this borrower pays this instalment, or None if not for now."""
        late_share = LATE_SHARE.get(grade[:1], LATE_SHARE_UNKNOWN)
        if self._draw("late", loan_id, instalment_no) < late_share:
            if self._draw("pays late", loan_id, instalment_no) >= LATE_PAYS_SHARE:
                return None
            days = 1 + int(self._draw("days late", loan_id, instalment_no) * LATE_DAYS_AT_MOST)
            return due_date + timedelta(days=days)
        early = self._draw("early", loan_id, instalment_no)
        return due_date - timedelta(days=int(early * 10 * DAYS_EARLY_AT_MOST) if early < 0.1 else 0)

    def cures_on(self, *, loan_id: int, instalment_no: int, business_date: date) -> bool:
        """Say whether a borrower who was late at the takeover pays this instalment today."""
        return self._draw(f"cure {business_date}", loan_id, instalment_no) < CURE_SHARE_PER_DAY

    def _payers(self, business_date: date) -> list[LoanRow]:
        """Return the instalments that are paid today: due soon, due today, or late."""
        soon = business_date + timedelta(days=DAYS_EARLY_AT_MOST)
        ahead = Loan.objects.filter(status=Loan.Status.ACTIVE, next_due_date__lte=soon)
        raised = Instalment.objects.filter(settled_date__isnull=True, loan__status=Loan.Status.ACTIVE).values_list(
            "loan_id", "instalment_no", "due_date", "loan__grade", "loan__takeover_date"
        )
        dues = [_Due(*row) for row in raised]
        for loan in ahead:
            assert loan.next_instalment_no is not None and loan.next_due_date is not None
            dues.append(_Due(loan.pk, loan.next_instalment_no, loan.next_due_date, loan.grade, loan.takeover_date))
        return sorted((due.loan_id, due.instalment_no) for due in dues if self._pays_today(due, business_date))

    def _pays_today(self, due: "_Due", business_date: date) -> bool:
        if due.takeover_date is not None and due.due_date <= due.takeover_date:
            return self.cures_on(loan_id=due.loan_id, instalment_no=due.instalment_no, business_date=business_date)
        pays_on = self.pays_on(
            loan_id=due.loan_id, instalment_no=due.instalment_no, due_date=due.due_date, grade=due.grade
        )
        if pays_on is not None and due.takeover_date is not None:
            pays_on = max(pays_on, due.takeover_date + timedelta(days=1))  # nobody pays us before we are there
        return pays_on == business_date

    def _loans(self, rows: Sequence[LoanRow]) -> list[Loan]:
        loans = Loan.objects.in_bulk({loan_id for loan_id, _ in rows})
        return [loans[loan_id] for loan_id, _ in rows]

    def _draw(self, what: str, loan_id: int, instalment_no: int) -> float:
        """Return a number in [0, 1) that depends on nothing but the seed and the question."""
        text = f"{self.seed}:{what}:{loan_id}:{instalment_no}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
