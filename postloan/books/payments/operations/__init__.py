from postloan.books.payments.operations._post_receipt import post_receipt
from postloan.books.payments.operations._post_receipts import (
    BankReferenceReused,
    CurrencyDiffers,
    NewReceipt,
    NotAnAmount,
    UnknownLoan,
    ValueDateInFuture,
    post_receipts,
)

__all__ = [
    "BankReferenceReused",
    "CurrencyDiffers",
    "NewReceipt",
    "NotAnAmount",
    "UnknownLoan",
    "ValueDateInFuture",
    "post_receipt",
    "post_receipts",
]
