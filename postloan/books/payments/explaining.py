"""Explain where a receipt went: each part is the smaller of what was left and what was open just then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans.explaining import Explanation
from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments.models import Allocation, Receipt
from postloan.kernel.allocation import OpenInstalment
from postloan.kernel.schedules import Step


@dataclass(frozen=True)
class PartExplained:
    """One allocation with its step: `min(left, open)`."""

    allocation: Allocation
    step: Step


@dataclass(frozen=True)
class ReceiptExplained:
    """A receipt with its parts in the order in which they were paid, and the waterfall that set the order."""

    receipt: Receipt
    parts: tuple[PartExplained, ...]
    order: tuple[str, ...]
    style: str
    rest: Explanation


def explain_receipt(
    *,
    loan: Loan,
    receipt: Receipt,
    receipts: Sequence[Receipt],
    instalments: Sequence[Instalment],
    postings: Sequence[Posting],
) -> ReceiptExplained:
    """
    Return where `receipt` went and why.

    `receipts` are all of the loan's, each with its allocations prefetched: what others paid before closes what
    this one finds open.
    """
    every = sorted((part for other in receipts for part in other.allocations.all()), key=lambda part: part.pk)
    left_minor = receipt.amount_minor
    explained = []
    for place, allocation in enumerate(every):
        if allocation.receipt_id != receipt.pk:
            continue
        owed = owed_before(
            allocation=allocation, receipt=receipt, before=every[:place], instalments=instalments, postings=postings
        )
        row = next(row for row in owed if row.instalment_no == allocation.instalment_no)
        values = {"left": left_minor, "open": getattr(row, f"{allocation.component}_minor")}
        step = Step("allocated", "min(left, open)", values, allocation.amount_minor)
        explained.append(PartExplained(allocation=allocation, step=step))
        left_minor -= allocation.amount_minor
    rules = loan.product_version.product_terms.allocation
    return ReceiptExplained(
        receipt=receipt, parts=tuple(explained), order=rules.order, style=rules.style, rest=_rest(receipt)
    )


def owed_before(
    *,
    allocation: Allocation,
    receipt: Receipt,
    before: Sequence[Allocation],
    instalments: Sequence[Instalment],
    postings: Sequence[Posting],
) -> list[OpenInstalment]:
    """
    Return what the loan owed just before `allocation`, instalment by instalment, oldest first.

    Demands are raised the evening before they fall due. Penalties count where they were raised on an earlier day, by
    an earlier receipt, or by this one: a receipt raises them before it is allocated; the night
    charges them after it has allocated what was waiting.
    """
    booked = allocation.business_date
    is_nightly = booked != receipt.booked_date or not _is_first_of(receipt, allocation, postings)
    latest_due = booked.toordinal() + (1 if is_nightly else 0)
    return [
        OpenInstalment(
            instalment_no=row.instalment_no,
            due_date=row.due_date,
            penalty_minor=_penalty_raised(row, booked, receipt, is_nightly, postings) - _paid(row, "penalty", before),
            fee_minor=row.fee_due_minor - _paid(row, "fee", before),
            interest_minor=row.interest_due_minor - _paid(row, "interest", before),
            principal_minor=row.principal_due_minor - _paid(row, "principal", before),
        )
        for row in sorted(instalments, key=lambda row: (row.due_date, row.instalment_no))
        if row.due_date.toordinal() <= latest_due
    ]


def _is_first_of(receipt: Receipt, allocation: Allocation, postings: Sequence[Posting]) -> bool:
    """Say whether the allocation was posted with the receipt itself and not by the night of the same day."""
    source = f"receipt:{receipt.pk}"
    return any(
        posting.entry.source == source and posting.instalment_no == allocation.instalment_no
        for posting in postings
        if posting.debit_id == AccountNo.BANK
    )


def _penalty_raised(
    row: Instalment, booked: date, receipt: Receipt, is_nightly: bool, postings: Sequence[Posting]
) -> int:
    raised = 0
    for posting in postings:
        if posting.debit_id != AccountNo.PENALTY_RECEIVABLE or posting.instalment_no != row.instalment_no:
            continue
        entry = posting.entry
        by_night = entry.kind == JournalEntry.Kind.PENALTY and entry.business_date < booked
        by_receipt = entry.kind == JournalEntry.Kind.RECEIPT and (
            entry.business_date < booked
            or (entry.business_date == booked and (is_nightly or _receipt_id(entry) <= receipt.pk))
        )
        taken_over = entry.kind == JournalEntry.Kind.TAKEOVER
        raised += posting.amount_minor if by_night or by_receipt or taken_over else 0
    return raised


def _receipt_id(entry: JournalEntry) -> int:
    return int(entry.source.partition(":")[2])


def _paid(row: Instalment, component: str, before: Sequence[Allocation]) -> int:
    return sum(
        part.amount_minor for part in before if part.instalment_no == row.instalment_no and part.component == component
    )


def _rest(receipt: Receipt) -> Explanation:
    allocated = sum(part.amount_minor for part in receipt.allocations.all())
    values = {"amount": receipt.amount_minor, "allocated": allocated, "refunded": receipt.refunded_minor}
    step = Step(
        "unapplied",
        "amount - allocated - refunded",
        values,
        receipt.amount_minor - allocated - receipt.refunded_minor,
    )
    return Explanation(figure=f"receipt-{receipt.pk}", steps=(step,), facts={"value_date": receipt.value_date})
