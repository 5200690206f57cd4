"""Turn a bill, or one purchase, into a loan in instalments: its principal moves off the account."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from postloan.books.bills.accounts import HeldAccount, NoBillProduct, bill_rules_of, hold_account
from postloan.books.bills.models import Bill, BillAccount, Conversion, Purchase
from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.books.lines import operations as lines
from postloan.books.loans.models import Instalment, Loan
from postloan.books.loans.operations import Contract, open_loan
from postloan.books.products.models import ProductVersion
from postloan.ground.audit import operations as audit
from postloan.kernel.bills import due_date_of
from postloan.kernel.contracts import Agreed


class UnknownAccount(LookupError):
    """No account that is billed has this loan id."""


class ConversionNotOffered(ValueError):
    """The product has no price for a conversion into so many instalments."""


class NothingToConvert(ValueError):
    """Nothing is open of what should be converted: it is paid, given back or converted, or no bill was cut yet."""


class ConversionTooLate(ValueError):
    """The due date of the bill is over; what is left of it stands on the next bill."""


class ConversionReferenceReused(ValueError):
    """The reference is already on a conversion of another account, purchase or number of instalments."""


@dataclass(frozen=True)
class NewConversion:
    """What the customer asks: `purchase_id` None is the whole bill cut last. `reference` is known once."""

    loan_id: int
    reference: str
    instalments: int
    purchase_id: int | None = None


@transaction.atomic
def convert_bill(*, conversion: NewConversion, by: str, at: datetime) -> Conversion:
    """
    Return the conversion with its new loan, or the one made before under the same reference.

    The first instalment is due with the next bill. What moves counts as paid on the bill, and takes the same part of
    the line. Refusals: UnknownAccount, ConversionNotOffered, NothingToConvert, ConversionTooLate,
    ConversionReferenceReused, NoBillProduct; LineFrozen, LineClosed, LineExpired, LimitExceeded of the line.
    """
    account = BillAccount.objects.filter(pk=conversion.loan_id).first()
    if account is None:
        raise UnknownAccount(f"loan {conversion.loan_id}")
    if account.line_id is not None:
        lines.hold_path(line_id=account.line_id)  # before the loan, as for a purchase
    held = hold_account(loan_id=conversion.loan_id)
    if known := Conversion.objects.filter(reference=conversion.reference).select_related("new_loan").first():
        facts = (known.loan_id, known.purchase_id, known.new_loan.instalments)
        if facts != (conversion.loan_id, conversion.purchase_id, conversion.instalments):
            raise ConversionReferenceReused(conversion.reference)
        return known
    price = held.loan.product_version.product_terms.conversion_price(instalments=conversion.instalments)
    if price is None:
        raise ConversionNotOffered(f"{conversion.instalments} instalments")
    amount_minor, bill_no, purchase = _take_off(held, conversion.purchase_id)
    new_loan = _open(held, conversion, amount_minor=amount_minor, rate_ppm=price.rate_ppm, by=by, at=at)
    made = Conversion.objects.create(
        loan=held.loan,
        reference=conversion.reference,
        purchase=purchase,
        bill_no=bill_no,
        new_loan=new_loan,
        amount_minor=amount_minor,
        booked_date=held.business_date,
        booked_at=at,
    )
    _post(held, made, at=at)
    details = {"conversion": made.pk, "amount_minor": amount_minor, "new_loan": new_loan.pk}
    audit.record_act(by=by, action="convert_bill", subject_kind="loan", subject_id=held.loan.pk, at=at, details=details)
    return made


def _take_off(held: HeldAccount, purchase_id: int | None) -> tuple[int, int, Purchase | None]:
    """Take what is to be converted off the account; return its amount, the bill it stood on and the purchase."""
    if purchase_id is None:
        last = Bill.objects.filter(loan=held.loan, bill_date__isnull=False).order_by("-bill_no").first()
        if last is None:
            raise NothingToConvert("no bill has been cut yet")
        return _take_off_bill(held, last, at_most=None), last.bill_no, None
    purchase = Purchase.objects.filter(pk=purchase_id, loan=held.loan).first()
    if purchase is None or Conversion.objects.filter(purchase=purchase).exists():
        raise NothingToConvert(f"purchase {purchase_id} is not on this account, or converted before")
    net = purchase.amount_minor - sum(purchase.refunds.values_list("amount_minor", flat=True))
    if net <= 0:
        raise NothingToConvert(f"purchase {purchase_id} was given back")
    if purchase.bill_no == held.open_bill.bill_no:
        held.change_pot(amount_minor=-net, value_date=purchase.posted_date)
        return net, purchase.bill_no, purchase
    bill = Bill.objects.get(loan=held.loan, bill_no=purchase.bill_no)
    return _take_off_bill(held, bill, at_most=net), bill.bill_no, purchase


def _take_off_bill(held: HeldAccount, bill: Bill, *, at_most: int | None) -> int:
    """Take open principal off the demand of a bill, whose due date is not over; it counts as paid on that day."""
    if bill.carried_minor is not None:
        raise ConversionTooLate(f"bill {bill.bill_no}")
    assert bill.instalment_no is not None, "a bill that was cut has its demand"
    row = Instalment.objects.select_for_update().filter(loan=held.loan, instalment_no=bill.instalment_no).first()
    open_minor = 0 if row is None else row.open_minor("principal")
    amount = open_minor if at_most is None else min(open_minor, at_most)
    if row is None or amount == 0:
        raise NothingToConvert(f"bill {bill.bill_no}")
    Instalment.objects.filter(loan=held.loan, instalment_no=row.instalment_no).update(
        principal_due_minor=row.principal_due_minor - amount
    )
    held.account.moves_since_bill.append([held.business_date.isoformat(), amount, amount])
    held.account.save(update_fields=["moves_since_bill"])
    held.loan.principal_outstanding_minor -= amount
    held.loan.next_event_date = min(held.loan.next_event_date or held.business_date, held.business_date)
    held.loan.save(update_fields=["principal_outstanding_minor", "next_event_date"])
    return amount


def _open(
    held: HeldAccount, conversion: NewConversion, *, amount_minor: int, rate_ppm: int, by: str, at: datetime
) -> Loan:
    """Open the new loan on the same part of the line."""
    version = _version(held)
    contract = Contract(
        source="postloan",
        external_id=f"C{held.loan.pk}-{conversion.reference}",
        customer_id=held.loan.customer_id,
        product_version=version,
        agreed=Agreed(
            principal_minor=amount_minor,
            rate_ppm=rate_ppm,
            instalments=conversion.instalments,
            start_date=held.business_date,
            first_due_date=_first_due_date(held),
        ),
        grade=held.loan.grade,
        paid_from=AccountNo.TRANSFERS_BETWEEN_LOANS,
    )
    if held.account.line_id is None:
        return open_loan(contract=contract, by=by, at=at)
    draw = lines.reserve_draw(
        line_id=held.account.line_id,
        amount_minor=amount_minor,
        on_date=held.business_date,
        reference=f"conversion:{conversion.reference}",
        by=by,
        at=at,
    )
    new_loan = open_loan(contract=contract, by=by, at=at)
    lines.settle_draw(draw_id=draw.pk, loan=new_loan, on_date=held.business_date, by=by, at=at)
    return new_loan


def _first_due_date(held: HeldAccount) -> date:
    rules = bill_rules_of(version=held.loan.product_version)
    return due_date_of(rules=rules, bill_date=held.account.next_bill_date)


def _version(held: HeldAccount) -> ProductVersion:
    code = bill_rules_of(version=held.loan.product_version).converts_to
    version = ProductVersion.objects.filter(product__code=code).order_by("-version_no").first()
    if version is None:
        raise NoBillProduct(f"bills of {held.loan.product_version} convert to {code!r}, which is not published")
    return version


def _post(held: HeldAccount, made: Conversion, *, at: datetime) -> None:
    leg = ledger.Leg(
        AccountNo.TRANSFERS_BETWEEN_LOANS, AccountNo.LOAN_PRINCIPAL, made.amount_minor, loan_id=held.loan.pk
    )
    ledger.write_entry(
        business_date=held.business_date,
        kind=JournalEntry.Kind.PLAN_CHANGE,
        source=f"conversion:{made.pk}",
        currency=held.loan.currency,
        legs=[leg],
        at=at,
    )
