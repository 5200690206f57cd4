"""Receipts over HTTP: money that the bank has, posted and allocated."""

from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from postloan.api.v1.doors import by_of, needs, once
from postloan.api.v1.loans import ReceiptOut, receipt_out
from postloan.books.payments import operations
from postloan.ground.access.scopes import Scope

router = Router(tags=["receipts"])


class ReceiptIn(Schema):
    """What the bank tells of one payment. The reference is unique per bank account: a repeat is the same receipt."""

    bank_account: str = Field(min_length=1, max_length=40)
    bank_reference: str = Field(min_length=1, max_length=120)
    loan_id: int = Field(ge=1)
    amount_minor: int = Field(ge=1, le=10**15)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    value_date: date


@router.post("", response=ReceiptOut, auth=needs(Scope.RECEIPTS_POST), operation_id="post_receipt")
@once
def post_receipt(request: HttpRequest, body: ReceiptIn) -> ReceiptOut:
    """Post a receipt and allocate it; the same bank reference again returns the receipt it was posted as."""
    receipt = operations.post_receipt(
        receipt=operations.NewReceipt(**body.model_dump()), by=by_of(request=request), at=timezone.now()
    )
    return receipt_out(receipt)
