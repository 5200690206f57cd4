"""Accounts that are billed by the month, over HTTP: purchases, refunds by merchants, conversions, and the bills."""

from datetime import date

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from postloan.api.v1.doors import by_of, needs, once
from postloan.books.bills import operations, queries
from postloan.books.bills.models import BillAccount
from postloan.ground.access.scopes import Scope

router = Router(tags=["bills"])
MOST_MINOR = 10**15


class PurchaseIn(Schema):
    """What a merchant tells of a purchase. The same `reference` again is the same purchase."""

    line_id: int = Field(ge=1, lt=2**63)
    reference: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._:/-]+$")
    amount_minor: int = Field(ge=1, le=MOST_MINOR)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    merchant: str = Field("", max_length=60)


class PurchaseOut(Schema):
    purchase_id: int
    loan_id: int
    bill_no: int
    amount_minor: int
    posted_date: date


class RefundIn(Schema):
    """A purchase given back, in full or in part. The same `reference` again is the same refund."""

    purchase_id: int = Field(ge=1, lt=2**63)
    reference: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._:/-]+$")
    amount_minor: int = Field(ge=1, le=MOST_MINOR)


class RefundOut(Schema):
    """Where the money went, in minor units."""

    refund_id: int
    amount_minor: int
    from_open_bill_minor: int
    to_instalments_minor: int
    to_account_minor: int


class ConversionIn(Schema):
    """The bill cut last, or one purchase, into so many instalments."""

    loan_id: int = Field(ge=1, lt=2**63)
    reference: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._:/-]+$")
    instalments: int = Field(ge=2, le=60)
    purchase_id: int | None = Field(None, ge=1, lt=2**63)


class ConversionOut(Schema):
    conversion_id: int
    new_loan_id: int
    amount_minor: int


class BillOut(Schema):
    """A bill: open (no dates yet), cut, or over (`carried_minor` says what went on to the next)."""

    bill_no: int
    from_date: date
    bill_date: date | None
    due_date: date | None
    instalment_no: int | None
    bought_minor: int
    interest_minor: int
    full_minor: int
    minimum_minor: int
    carried_minor: int | None
    was_paid_in_full: bool | None


class AccountOut(Schema):
    loan_id: int
    line_id: int | None
    principal_outstanding_minor: int
    next_bill_date: date
    bills: list[BillOut]


@router.get("/accounts/{int:loan_id}", response=AccountOut, auth=needs(Scope.LOANS_READ), operation_id="get_account")
def get_account(request: HttpRequest, loan_id: int) -> AccountOut:
    """Return an account with all its bills, the open one last."""
    try:
        account = queries.get_account(loan_id=loan_id)
    except BillAccount.DoesNotExist as error:
        raise Http404 from error
    return AccountOut(
        loan_id=loan_id,
        line_id=account.line_id,
        principal_outstanding_minor=account.loan.principal_outstanding_minor,
        next_bill_date=account.next_bill_date,
        bills=[BillOut.from_orm(bill) for bill in queries.get_bills(loan_id=loan_id)],
    )


@router.post("/purchases", response=PurchaseOut, auth=needs(Scope.PURCHASES_POST), operation_id="post_purchase")
@once
def post_purchase(request: HttpRequest, body: PurchaseIn) -> PurchaseOut:
    """Post a purchase on a line: it falls into the open bill, and the merchant is owed its amount."""
    new = operations.NewPurchase(**body.model_dump())
    posted = operations.post_purchase(purchase=new, by=by_of(request=request), at=timezone.now())
    return PurchaseOut(
        purchase_id=posted.pk,
        loan_id=posted.loan_id,
        bill_no=posted.bill_no,
        amount_minor=posted.amount_minor,
        posted_date=posted.posted_date,
    )


@router.post("/refunds", response=RefundOut, auth=needs(Scope.PURCHASES_POST), operation_id="post_merchant_refund")
@once
def post_merchant_refund(request: HttpRequest, body: RefundIn) -> RefundOut:
    """Take a purchase back: off the open bill, off its instalments, or as money on the account."""
    new = operations.NewMerchantRefund(**body.model_dump())
    made = operations.post_merchant_refund(refund=new, by=by_of(request=request), at=timezone.now())
    return RefundOut(
        refund_id=made.pk,
        amount_minor=made.amount_minor,
        from_open_bill_minor=made.from_open_bill_minor,
        to_instalments_minor=made.to_instalments_minor,
        to_account_minor=made.to_account_minor,
    )


@router.post("/conversions", response=ConversionOut, auth=needs(Scope.PURCHASES_POST), operation_id="convert_bill")
@once
def convert_bill(request: HttpRequest, body: ConversionIn) -> ConversionOut:
    """Turn the bill cut last, or one purchase, into a loan in instalments."""
    new = operations.NewConversion(**body.model_dump())
    made = operations.convert_bill(conversion=new, by=by_of(request=request), at=timezone.now())
    return ConversionOut(conversion_id=made.pk, new_loan_id=made.new_loan_id, amount_minor=made.amount_minor)
