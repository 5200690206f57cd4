"""What the bank tells of money that came in, what is refused of it, and the receipt as a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from postloan.books.loans.models import Loan, SettlementOffer
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing import HeldLoan, LoanKeptElsewhere


class NotAnAmount(ValueError):
    """The amount of a receipt is zero or negative."""


class CurrencyDiffers(ValueError):
    """The receipt is in another currency than the loan."""


class ValueDateInFuture(ValueError):
    """The bank's value date lies after the day the books are open for."""


class ValueDateBeforeOpening(ValueError):
    """The bank's value date lies before the loan was paid out."""


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


def posted_before(*, receipts: Sequence[NewReceipt]) -> dict[tuple[str, str], Receipt]:
    references = {item.bank_reference for item in receipts}
    known = Receipt.objects.filter(bank_reference__in=references)
    return {(receipt.bank_account, receipt.bank_reference): receipt for receipt in known}


def refuse_other_facts(*, known: Receipt, item: NewReceipt) -> None:
    facts = (known.amount_minor, known.loan_id, known.value_date, known.currency)
    if facts != (item.amount_minor, item.loan_id, item.value_date, item.currency):
        raise BankReferenceReused(f"reference {item.bank_reference} on {item.bank_account}")


def refuse_wrong(*, item: NewReceipt, loan: Loan, booked_date: date) -> None:
    if loan.kept_elsewhere:
        raise LoanKeptElsewhere(f"loan {loan.pk}, reference {item.bank_reference}")
    if item.amount_minor <= 0:
        raise NotAnAmount(f"{item.amount_minor} in reference {item.bank_reference}")
    if item.currency != loan.currency:
        raise CurrencyDiffers(f"{item.currency} for a loan in {loan.currency}, reference {item.bank_reference}")
    if item.value_date > booked_date:
        raise ValueDateInFuture(f"{item.value_date} is after {booked_date}, reference {item.bank_reference}")
    if item.value_date < loan.disbursed_date:
        raise ValueDateBeforeOpening(f"{item.value_date} is before {loan.disbursed_date}, {item.bank_reference}")


def new_receipt(*, held: HeldLoan, item: NewReceipt, at: datetime) -> Receipt:
    """Return the receipt as a row that is not saved yet, all of it unapplied."""
    return Receipt(
        bank_account=item.bank_account,
        bank_reference=item.bank_reference,
        customer_id=held.loan.customer_id,
        loan=held.loan,
        currency=item.currency,
        amount_minor=item.amount_minor,
        unapplied_minor=item.amount_minor,
        value_date=item.value_date,
        booked_date=held.business_date,
        received_at=at,
        is_simulated=item.is_simulated,
    )


def find_offer(*, receipt: NewReceipt, at: datetime) -> SettlementOffer | None:
    """Return the settlement offer that a receipt booked at `at` takes up: in time, and of exactly its amount."""
    offers = SettlementOffer.objects.filter(
        loan_id=receipt.loan_id, to_pay_minor=receipt.amount_minor, valid_until__gte=at, offered_at__lte=at
    ).exclude(loan__status=Loan.Status.CLOSED)
    return offers.order_by("to_pay_minor", "-pk").first()
