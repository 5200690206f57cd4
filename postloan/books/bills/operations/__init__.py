"""What happens on accounts that are billed by the month."""

from postloan.books.bills.accounts import NoBillProduct
from postloan.books.bills.operations._post_purchase import (
    NewPurchase,
    PurchaseCurrencyDiffers,
    PurchaseWhilePastDue,
    post_purchase,
)

__all__ = [
    "NewPurchase",
    "NoBillProduct",
    "PurchaseCurrencyDiffers",
    "PurchaseWhilePastDue",
    "post_purchase",
]
