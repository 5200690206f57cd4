"""A merchant gives a purchase back: its open bill first, then what it was converted into, else money on the account."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.books.bills.accounts import HeldAccount, hold_account
from postloan.books.bills.models import Conversion, MerchantRefund, Purchase
from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Loan
from postloan.books.payments import operations as payments
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing import NewEvent, happen, hold_loan
from postloan.ground.audit import operations as audit
from postloan.kernel.engine.revolving import split_merchant_refund

MERCHANTS = "merchants"  # the account the bank reference of a refund is unique on


class UnknownPurchase(LookupError):
    """No purchase with this id."""


class NotARefundAmount(ValueError):
    """The amount of a refund is zero or negative."""


class MoreThanBought(ValueError):
    """More would be given back than the purchase cost."""


class RefundReferenceReused(ValueError):
    """The reference is already on a refund of another purchase or amount."""


@dataclass(frozen=True)
class NewMerchantRefund:
    """What the merchant tells of a refund, in minor units. `reference` is known once."""

    purchase_id: int
    reference: str
    amount_minor: int


@transaction.atomic
def post_merchant_refund(*, refund: NewMerchantRefund, by: str, at: datetime) -> MerchantRefund:
    """
    Return the refund, or the one posted before under the same reference.

    Before its bill is cut a purchase is taken off as if never bought. After that the money pays the loan it was
    converted into (instalments to come, the last first, with their fees by the product), or comes in on the account as
    of today and pays its bills; what nothing needs is a credit balance. Refusals: UnknownPurchase, NotARefundAmount,
    MoreThanBought, RefundReferenceReused.
    """
    purchase = Purchase.objects.filter(pk=refund.purchase_id).first()
    if purchase is None:
        raise UnknownPurchase(f"purchase {refund.purchase_id}")
    if refund.amount_minor <= 0:
        raise NotARefundAmount(f"{refund.amount_minor}")
    held = hold_account(loan_id=purchase.loan_id)
    if known := MerchantRefund.objects.filter(reference=refund.reference).first():
        if (known.purchase_id, known.amount_minor) != (purchase.pk, refund.amount_minor):
            raise RefundReferenceReused(refund.reference)
        return known
    given_back = sum(purchase.refunds.values_list("amount_minor", flat=True))
    if given_back + refund.amount_minor > purchase.amount_minor:
        raise MoreThanBought(f"{purchase.amount_minor - given_back} of purchase {purchase.pk} is left")
    return _write(held, purchase, refund, by=by, at=at)


def _write(
    held: HeldAccount, purchase: Purchase, refund: NewMerchantRefund, *, by: str, at: datetime
) -> MerchantRefund:
    conversion = _conversion_of(purchase)
    is_open = conversion is None and purchase.bill_no == held.open_bill.bill_no
    split = split_merchant_refund(
        amount_minor=refund.amount_minor,
        open_purchase_minor=refund.amount_minor if is_open else 0,
        converted_minor=0 if conversion is None else conversion.new_loan.principal_outstanding_minor,
    )
    if split.open_purchase_minor:
        _take_off_open_bill(held, purchase, refund, at=at)
    if split.converted_minor and conversion is not None:
        _take_off_instalments(conversion.new_loan, refund, split.converted_minor, by=by, at=at)
    receipt = _receive(held, refund, split.credit_minor, by=by, at=at) if split.credit_minor else None
    made = MerchantRefund.objects.create(
        purchase=purchase,
        reference=refund.reference,
        amount_minor=refund.amount_minor,
        from_open_bill_minor=split.open_purchase_minor,
        to_instalments_minor=split.converted_minor,
        to_account_minor=split.credit_minor,
        booked_date=held.business_date,
        receipt=receipt,
        booked_at=at,
    )
    details = {"refund": made.pk, "purchase": purchase.pk, "amount_minor": made.amount_minor}
    audit.record_act(
        by=by, action="post_merchant_refund", subject_kind="loan", subject_id=held.loan.pk, at=at, details=details
    )
    return made


def _conversion_of(purchase: Purchase) -> Conversion | None:
    """Return the conversion that took the purchase, alone or with its whole bill."""
    of_account = Conversion.objects.filter(loan_id=purchase.loan_id).select_related("new_loan")
    alone = of_account.filter(purchase=purchase).first()
    return alone or of_account.filter(bill_no=purchase.bill_no, purchase__isnull=True).first()


def _take_off_open_bill(held: HeldAccount, purchase: Purchase, refund: NewMerchantRefund, *, at: datetime) -> None:
    held.change_pot(amount_minor=-refund.amount_minor, value_date=purchase.posted_date)
    leg = ledger.Leg(AccountNo.MERCHANT_SETTLEMENT, AccountNo.LOAN_PRINCIPAL, refund.amount_minor, loan_id=held.loan.pk)
    _post(held, f"merchant_refund:{refund.reference}", leg, at=at)


def _take_off_instalments(loan: Loan, refund: NewMerchantRefund, amount_minor: int, *, by: str, at: datetime) -> None:
    """Let the refund happen to the converted loan: what is due, then the rows its product names, with their fees."""
    held = hold_loan(loan_id=loan.pk)
    happen(
        held=held,
        new=NewEvent(
            kind="merchant_refund",
            key=f"merchant_refund:{refund.reference}",
            value_date=held.business_date,
            payload={"amount_minor": amount_minor},
        ),
        by=by,
        at=at,
        entry_kind=JournalEntry.Kind.REFUND,
    )


def _receive(held: HeldAccount, refund: NewMerchantRefund, amount_minor: int, *, by: str, at: datetime) -> Receipt:
    """Take the money in on the account; it comes out of what the merchant is owed, not from the bank."""
    receipt = payments.post_receipt(
        receipt=payments.NewReceipt(
            bank_account=MERCHANTS,
            bank_reference=refund.reference,
            loan_id=held.loan.pk,
            amount_minor=amount_minor,
            currency=held.loan.currency,
            value_date=held.business_date,
        ),
        by=by,
        at=at,
    )
    leg = ledger.Leg(AccountNo.MERCHANT_SETTLEMENT, AccountNo.BANK, amount_minor, loan_id=held.loan.pk)
    _post(held, f"merchant_refund:{refund.reference}", leg, at=at)
    return receipt


def _post(held: HeldAccount, source: str, leg: ledger.Leg, *, at: datetime) -> None:
    ledger.write_entry(
        business_date=held.business_date,
        kind=JournalEntry.Kind.REFUND,
        source=source,
        currency=held.loan.currency,
        legs=[leg],
        at=at,
    )
