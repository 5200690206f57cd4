"""
Post receipts: money came in for loans and pays what they owe by their products' waterfalls.

One transaction for the whole list, rows and journal entries together. The slots
of the customers are held FOR SHARE, so each receipt is booked on exactly one
side of the close (see `ledger.models.BookSlot`), then the loans FOR UPDATE, in
id order. Before money is allocated the penalty of late instalments is counted
up to the day before the value date, so what is paid is what is owed that day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from postloan.books.loans.models import Loan
from postloan.books.payments.account import LoanAccount
from postloan.books.payments.models import Receipt
from postloan.books.payments.rows import write_rows
from postloan.ground.audit import operations as audit


class UnknownLoan(LookupError):
    """No loan with this id."""


class NotAnAmount(ValueError):
    """The amount of a receipt is zero or negative."""


class CurrencyDiffers(ValueError):
    """The receipt is in another currency than the loan."""


class ValueDateInFuture(ValueError):
    """The bank's value date lies after the day the books are open for."""


class BankReferenceReused(ValueError):
    """The bank's reference is already on a receipt with another amount, loan or value date."""


@dataclass(frozen=True)
class NewReceipt:
    """What the bank tells of one payment. `bank_reference` is unique per bank account."""

    bank_account: str
    bank_reference: str
    loan_id: int
    amount_minor: int
    currency: str
    value_date: date
    is_simulated: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What the bank knows the payment by."""
        return self.bank_account, self.bank_reference


@transaction.atomic
def post_receipts(*, receipts: Sequence[NewReceipt], by: str, at: datetime) -> list[Receipt]:
    """
    Return one receipt for each item, in the order given; all are posted or none.

    A reference known already with the same facts returns the receipt it was posted
    as, also when it stands twice in the list. Refusals: UnknownLoan, NotAnAmount,
    CurrencyDiffers, ValueDateInFuture, BankReferenceReused.
    """
    closed_through = _lock_slots(loan_ids={item.loan_id for item in receipts})
    accounts = _lock_accounts(loan_ids={item.loan_id for item in receipts})
    posted = _posted_before(receipts=receipts)
    fresh: list[Receipt] = []
    for item in receipts:
        if known := posted.get(item.key):
            _refuse_other_facts(known=known, item=item)
            continue
        account = accounts.get(item.loan_id)
        if account is None:
            raise UnknownLoan(f"loan {item.loan_id} of reference {item.bank_reference}")
        booked_date = closed_through[account.loan.slot] + timedelta(days=1)
        _refuse_wrong(item=item, loan=account.loan, booked_date=booked_date)
        receipt = Receipt(
            bank_account=item.bank_account,
            bank_reference=item.bank_reference,
            customer_id=account.loan.customer_id,
            loan=account.loan,
            currency=item.currency,
            amount_minor=item.amount_minor,
            value_date=item.value_date,
            booked_date=booked_date,
            received_at=at,
            is_simulated=item.is_simulated,
        )
        account.take(receipt=receipt)
        posted[item.key] = receipt
        fresh.append(receipt)
    if fresh:
        write_rows(accounts=[account for account in accounts.values() if account.takings], at=at)
        audit.record_act(
            by=by,
            action="post_receipts",
            subject_kind="receipt",
            subject_id=fresh[0].pk,
            at=at,
            details={"receipts": len(fresh), "amount_minor": sum(receipt.amount_minor for receipt in fresh)},
        )
    return [posted[item.key] for item in receipts]


def _lock_slots(*, loan_ids: set[int]) -> dict[int, date]:
    """Hold the slots of these loans FOR SHARE and return how far each is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT slot, closed_through_date FROM ledger_bookslot
            WHERE slot IN (SELECT slot FROM loans_loan WHERE id = ANY(%s)) ORDER BY slot FOR SHARE
            """,
            [sorted(loan_ids)],
        )
        return dict(cursor.fetchall())


def _lock_accounts(*, loan_ids: set[int]) -> dict[int, LoanAccount]:
    locked = Loan.objects.select_for_update(of=("self",)).select_related("product_version").order_by("pk")
    loans = list(locked.filter(pk__in=loan_ids))
    return {account.loan.pk: account for account in LoanAccount.open_many(loans=loans)}


def _posted_before(*, receipts: Sequence[NewReceipt]) -> dict[tuple[str, str], Receipt]:
    references = {item.bank_reference for item in receipts}
    known = Receipt.objects.filter(bank_reference__in=references)
    return {(receipt.bank_account, receipt.bank_reference): receipt for receipt in known}


def _refuse_other_facts(*, known: Receipt, item: NewReceipt) -> None:
    facts = (known.amount_minor, known.loan_id, known.value_date, known.currency)
    if facts != (item.amount_minor, item.loan_id, item.value_date, item.currency):
        raise BankReferenceReused(f"reference {item.bank_reference} on {item.bank_account}")


def _refuse_wrong(*, item: NewReceipt, loan: Loan, booked_date: date) -> None:
    if item.amount_minor <= 0:
        raise NotAnAmount(f"{item.amount_minor} in reference {item.bank_reference}")
    if item.currency != loan.currency:
        raise CurrencyDiffers(f"{item.currency} for a loan in {loan.currency}, reference {item.bank_reference}")
    if item.value_date > booked_date:
        raise ValueDateInFuture(f"{item.value_date} is after {booked_date}, reference {item.bank_reference}")
