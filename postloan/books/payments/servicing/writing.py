"""Write what a replay changes of a loan's rows, and the one entry of the difference, inside the event's transaction."""

from datetime import datetime

from django.db import connection

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Instalment, Loan, LoanEvent
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.servicing.difference import FIGURES, Difference
from postloan.ground.rows import update_rows


def write_difference(
    *,
    loan: Loan,
    difference: Difference,
    kind: str,
    source: str,
    at: datetime,
    event: LoanEvent | None = None,
    corrects: JournalEntry | None = None,
) -> JournalEntry | None:
    """
    Write the rows of the difference and return its entry, None where nothing is posted.

    Nothing in the past is edited: versions, parts and entries are added. `loan` carries the new columns afterwards.
    """
    assert connection.in_atomic_block, "the rows of an event share its transaction"
    if difference.version is not None:
        difference.version.event = event
        difference.version.save(force_insert=True)
    _write_instalments(loan, difference)
    _write_receipts(loan, difference)
    if difference.changed:
        for name, value in difference.loan.items():
            setattr(loan, name, value)
        loan.save(update_fields=[*difference.loan])
    accounts = {*difference.legs, *difference.catch_up}
    own = {number: difference.legs.get(number, 0) - difference.catch_up.get(number, 0) for number in accounts}
    if not any(own.values()) and not any(difference.catch_up.values()):
        return None
    return ledger.write_entry(
        business_date=difference.business_date,
        kind=kind,
        source=source,
        currency=loan.currency,
        legs=[*legs_of(by_account=difference.catch_up, loan_id=loan.pk), *legs_of(by_account=own, loan_id=loan.pk)],
        at=at,
        corrects=corrects,
    )


EARNED_ON = (
    (AccountNo.PENALTY_RECEIVABLE, AccountNo.PENALTY_INCOME),
    (AccountNo.FEE_RECEIVABLE, AccountNo.FEE_INCOME),
    (AccountNo.ACCRUED_INTEREST, AccountNo.INTEREST_INCOME),
    (AccountNo.INTEREST_RECEIVABLE, AccountNo.INTEREST_INCOME),
)
"""Where income is earned: it moves there first, then the rest is paid, waived or written off from there."""


def legs_of(*, by_account: dict[int, int], loan_id: int) -> list[ledger.Leg]:
    """
    Return amounts by account (debit positive, in all zero) as postings: each moves what one gives to one that takes.

    >>> legs_of(by_account={1: 300, 2: -200, 7: -100}, loan_id=5)[1]
    Leg(debit=<AccountNo.BANK: 1>, credit=<AccountNo.UNAPPLIED_RECEIPTS: 7>, amount_minor=100, loan_id=5, instalment_no=None)
    """
    left = {AccountNo(number): amount for number, amount in by_account.items()}
    found: list[ledger.Leg] = []
    for asset, income in EARNED_ON:
        if left.get(asset) and left.get(income):
            _move(left, asset, income, left[income], loan_id, found)
    for one in sorted(left):
        for other in sorted(left):
            if one < other:
                _pair(left, one, other, loan_id, found)
    return found


def _pair(left: dict[AccountNo, int], one: AccountNo, other: AccountNo, loan_id: int, found: list[ledger.Leg]) -> None:
    first, second = left.get(one, 0), left.get(other, 0)
    if first * second < 0:
        part = min(abs(first), abs(second))
        _move(left, one, other, part if second > 0 else -part, loan_id, found)


def _move(
    left: dict[AccountNo, int],
    one: AccountNo,
    other: AccountNo,
    amount: int,
    loan_id: int,
    found: list[ledger.Leg],
) -> None:
    """Let `other` have its amount (debit positive) at the cost of `one`."""
    debit, credit = (other, one) if amount > 0 else (one, other)
    found.append(ledger.Leg(debit, credit, abs(amount), loan_id=loan_id))
    left[other] -= amount
    left[one] += amount


def _write_instalments(loan: Loan, difference: Difference) -> None:
    numbers = [row.instalment_no for row in difference.instalments]
    known = set(
        Instalment.objects.filter(loan_id=loan.pk, instalment_no__in=numbers).values_list("instalment_no", flat=True)
    )
    Instalment.objects.bulk_create(row for row in difference.instalments if row.instalment_no not in known)
    update_rows(rows=[row for row in difference.instalments if row.instalment_no in known], fields=FIGURES)
    if difference.gone:
        Instalment.objects.filter(loan_id=loan.pk, instalment_no__in=difference.gone).delete()


def _write_receipts(loan: Loan, difference: Difference) -> None:
    Allocation.objects.bulk_create(
        Allocation(
            receipt_id=receipt,
            loan_id=loan.pk,
            instalment_no=number,
            component=component,
            amount_minor=amount,
            business_date=difference.business_date,
        )
        for (receipt, number, component), amount in difference.parts.items()
    )
    for receipt, columns in difference.receipts.items():
        Receipt.objects.filter(pk=receipt).update(**columns)
