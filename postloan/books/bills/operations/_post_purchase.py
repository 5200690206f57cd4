"""Post a purchase: it takes its part of the line, falls into the open bill, and the merchant is owed its amount."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from postloan.books.bills.accounts import HeldAccount, NoBillProduct, hold_account, hold_slot, open_account
from postloan.books.bills.models import BillAccount, Purchase
from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.lines import operations as lines
from postloan.books.lines.models import CreditLine
from postloan.books.lines.queries import get_price
from postloan.books.products.models import ProductVersion
from postloan.ground.audit import operations as audit


class PurchaseWhilePastDue(ValueError):
    """The account has something past due: pay that first."""


class PurchaseCurrencyDiffers(ValueError):
    """The purchase is in another currency than the line."""


@dataclass(frozen=True)
class NewPurchase:
    """What the merchant tells of a purchase, in minor units. `reference` is known once; `merchant` is a code, no person."""

    line_id: int
    reference: str
    amount_minor: int
    currency: str
    merchant: str = ""


@transaction.atomic
def post_purchase(*, purchase: NewPurchase, by: str, at: datetime) -> Purchase:
    """
    Return the purchase, posted on the customer's business date, or the one posted before under the same reference.

    The account is opened with the first. Refusals: UnknownLine, NoBillProduct, PurchaseCurrencyDiffers,
    PurchaseWhilePastDue; NotADrawAmount, LineFrozen, LineClosed, LineExpired, LimitExceeded, DrawReferenceReused of the
    line.
    """
    line = CreditLine.objects.select_related("product").filter(pk=purchase.line_id).first()
    if line is None:
        raise lines.UnknownLine(f"line {purchase.line_id}")
    if purchase.currency != line.currency:
        raise PurchaseCurrencyDiffers(f"{purchase.currency} on a line in {line.currency}")
    business_date = hold_slot(customer_id=line.customer_id)
    # The line is held before the account is looked for: two first purchases at once open one account.
    draw = lines.reserve_draw(
        line_id=line.pk,
        amount_minor=purchase.amount_minor,
        on_date=business_date,
        reference=f"purchase:{purchase.reference}",
        by=by,
        at=at,
    )
    if known := Purchase.objects.filter(reference=purchase.reference).select_related("loan__bill_account").first():
        return known  # the draw's reference holds line and amount to the same facts
    account = BillAccount.objects.filter(line=line).first()
    held = hold_account(loan_id=account.pk) if account else _open(line=line, business_date=business_date)
    if held.loan.bucket > 0:
        raise PurchaseWhilePastDue(f"loan {held.loan.pk}")
    posted = _write(held=held, purchase=purchase, at=at)
    if account is None:
        lines.settle_draw(draw_id=draw.pk, loan=held.loan, on_date=business_date, by=by, at=at)
    else:  # from here on the account's principal counts as used
        lines.release_draw(draw_id=draw.pk, on_date=business_date, by=by, at=at)
    details = {"purchase": posted.pk, "amount_minor": posted.amount_minor, "bill_no": posted.bill_no}
    audit.record_act(
        by=by, action="post_purchase", subject_kind="loan", subject_id=held.loan.pk, at=at, details=details
    )
    return posted


def _open(*, line: CreditLine, business_date: date) -> HeldAccount:
    if line.product is None:
        raise NoBillProduct(f"line {line.pk} is for no one product")
    version = ProductVersion.objects.filter(product=line.product).order_by("-version_no").first()
    if version is None:
        raise NoBillProduct(f"product {line.product.code} has no terms yet")
    rate = get_price(line_id=line.pk, on_date=business_date)
    return open_account(line=line, version=version, business_date=business_date, rate=rate)


def _write(*, held: HeldAccount, purchase: NewPurchase, at: datetime) -> Purchase:
    held.change_pot(amount_minor=purchase.amount_minor, value_date=held.business_date)
    posted = Purchase.objects.create(
        loan=held.loan,
        reference=purchase.reference,
        bill_no=held.open_bill.bill_no,
        amount_minor=purchase.amount_minor,
        merchant=purchase.merchant,
        posted_date=held.business_date,
        posted_at=at,
    )
    leg = ledger.Leg(
        AccountNo.LOAN_PRINCIPAL, AccountNo.MERCHANT_SETTLEMENT, purchase.amount_minor, loan_id=held.loan.pk
    )
    ledger.write_entry(
        business_date=held.business_date,
        kind=JournalEntry.Kind.DISBURSEMENT,
        source=f"purchase:{posted.pk}",
        currency=held.loan.currency,
        legs=[leg],
        at=at,
    )
    return posted
