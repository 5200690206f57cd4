"""
One loan at the counter: its open instalments in memory while receipts are paid in.

Reads and counts only; `rows.py` writes what came of it. Money in equals
allocations plus what stays unapplied, receipt by receipt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from postloan.books.loans.models import COMPONENTS, Instalment, Loan
from postloan.books.payments.models import Receipt
from postloan.kernel.allocation import OpenInstalment, Part, allocate
from postloan.kernel.penalties import (
    LateFeeTerms,
    OverdueCount,
    PenaltyTerms,
    count_overdue,
    late_fee_to_raise_minor,
    penalty_start_date,
    penalty_to_raise_minor,
)
from postloan.kernel.product_terms import ProductTerms


@dataclass(frozen=True)
class Taking:
    """One receipt and where it went; `penalties` is what was raised just before (instalment no, minor units)."""

    receipt: Receipt
    parts: tuple[Part, ...]
    penalties: tuple[tuple[int, int], ...]


@dataclass
class LoanAccount:
    """A locked loan with its open instalments, oldest first, and the receipts taken so far."""

    loan: Loan
    terms: ProductTerms
    instalments: list[Instalment]
    takings: list[Taking] = field(default_factory=list)

    @classmethod
    def open_many(cls, *, loans: Sequence[Loan]) -> list["LoanAccount"]:
        """Return an account for each loan; one query reads the open instalments of all."""
        open_rows: dict[int, list[Instalment]] = {loan.pk: [] for loan in loans}
        rows = Instalment.objects.filter(loan_id__in=open_rows, settled_date__isnull=True)
        for row in rows.order_by("loan_id", "due_date", "instalment_no"):
            open_rows[row.loan_id].append(row)
        terms = {(loan.product_version_id, loan.grace_days): loan.terms for loan in loans}
        return [
            cls(
                loan=loan,
                terms=terms[loan.product_version_id, loan.grace_days],
                instalments=open_rows[loan.pk],
            )
            for loan in loans
        ]

    def take(self, *, receipt: Receipt) -> None:
        """Raise the penalty owed on the receipt's value date, allocate the receipt and carry the loan's figures on."""
        penalties = self._raise_penalties(value_date=receipt.value_date)
        split = allocate(
            receipt_minor=receipt.amount_minor,
            owed=[_as_owed(row) for row in self.instalments],
            waterfall=self.terms.allocation.waterfall,
            on_date=receipt.value_date,
        )
        self._pay(parts=split.parts, booked_date=receipt.booked_date)
        receipt.allocated_minor = receipt.amount_minor - split.unapplied_minor
        receipt.unapplied_minor = split.unapplied_minor
        self.takings.append(Taking(receipt=receipt, parts=split.parts, penalties=penalties))

    def has_moved_on(self, *, value_date: date, open_day: date) -> bool:
        """
        Say whether something happened to the loan between a day and the open one that money of that day would change.

        A demand fell due, or lateness was charged for a later day.
        """
        return any(
            value_date < row.due_date <= open_day
            or (row.penalty_counted_through_date is not None and row.penalty_counted_through_date > value_date)
            for row in self.instalments
        )

    def _raise_penalties(self, *, value_date: date) -> tuple[tuple[int, int], ...]:
        raised = []
        for row in self.instalments:
            amount_minor = 0
            if self.terms.penalty is not None:
                amount_minor = _raise_penalty(
                    row=row, product=self.terms, terms=self.terms.penalty, through_date=value_date
                )
            elif self.terms.late_fee is not None:
                amount_minor = _raise_late_fee(
                    row=row, product=self.terms, terms=self.terms.late_fee, on_date=value_date
                )
            if amount_minor > 0:
                raised.append((row.instalment_no, amount_minor))
        return tuple(raised)

    def _pay(self, *, parts: Sequence[Part], booked_date: date) -> None:
        by_no = {row.instalment_no: row for row in self.instalments}
        for part in parts:
            row, name = by_no[part.instalment_no], f"{part.component}_paid_minor"
            setattr(row, name, getattr(row, name) + part.amount_minor)
        loan = self.loan
        loan.principal_outstanding_minor -= sum(part.amount_minor for part in parts if part.component == "principal")
        for row in self.instalments:
            if row.settled_date is None and not any(row.open_minor(name) for name in COMPONENTS):
                row.settled_date = booked_date
        still_open = [row.due_date for row in self.instalments if row.settled_date is None]
        loan.past_due_since_date = min(still_open, default=None)
        is_paid_off = not still_open and loan.next_instalment_no is None and loan.principal_outstanding_minor == 0
        if is_paid_off and loan.status == Loan.Status.ACTIVE:
            loan.status, loan.closed_date = Loan.Status.CLOSED, booked_date
        loan.next_event_date = min(loan.next_event_date or booked_date, booked_date)


def overdue_minor(*, row: Instalment, terms: PenaltyTerms) -> int:
    """Return what of an instalment bears penalty: its open principal, or all that is open but the penalty itself."""
    if terms.basis == "overdue_principal":
        return row.open_minor("principal")
    return sum(row.open_minor(name) for name in COMPONENTS if name != "penalty")


def _raise_penalty(*, row: Instalment, product: ProductTerms, terms: PenaltyTerms, through_date: date) -> int:
    """Count the instalment's penalty through a day, raise the difference on the row and return it."""
    count = count_overdue(
        terms=terms,
        overdue_minor=overdue_minor(row=row, terms=terms),
        last_free_date=product.last_free_date(due_date=row.due_date),
        on_date=through_date,
        counted=OverdueCount(row.penalty_minor_days, row.penalty_counted_through_date),
    )
    amount_minor = penalty_to_raise_minor(
        terms=terms,
        minor_days=count.minor_days,
        raised_minor=row.penalty_due_minor,
        cap_principal_minor=row.principal_due_minor,
    )
    assert amount_minor >= 0, (row.loan_id, row.instalment_no, amount_minor)
    row.penalty_minor_days, row.penalty_counted_through_date = count.minor_days, count.through_date
    row.penalty_due_minor += amount_minor
    return amount_minor


def _raise_late_fee(*, row: Instalment, product: ProductTerms, terms: LateFeeTerms, on_date: date) -> int:
    """Raise the late fee of an instalment where its day has come, and return it; the count says that it was raised."""
    counted = row.penalty_counted_through_date
    starts = penalty_start_date(terms=terms, last_free_date=product.last_free_date(due_date=row.due_date))
    if on_date < starts:
        return 0
    amount_minor = late_fee_to_raise_minor(
        terms=terms,
        unpaid_minor=sum(row.open_minor(name) for name in COMPONENTS if name != "penalty"),
        last_free_date=product.last_free_date(due_date=row.due_date),
        on_date=on_date,
        was_raised=counted is not None and counted >= starts,
    )
    row.penalty_counted_through_date = max(counted or on_date, on_date)
    row.penalty_due_minor += amount_minor
    return amount_minor


def _as_owed(row: Instalment) -> OpenInstalment:
    return OpenInstalment(
        instalment_no=row.instalment_no,
        due_date=row.due_date,
        **{f"{name}_minor": row.open_minor(name) for name in cast("tuple[str, ...]", COMPONENTS)},
    )
