"""Post one receipt: money came in for a loan."""

from datetime import datetime

from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt
from postloan.books.payments.operations._post_receipts import post_receipts


def post_receipt(*, receipt: NewReceipt, by: str, at: datetime) -> Receipt:
    """Return the receipt, posted and allocated, or the one that was posted before with this reference.

    Refuses what `post_receipts` refuses.
    """
    return post_receipts(receipts=[receipt], by=by, at=at)[0]
