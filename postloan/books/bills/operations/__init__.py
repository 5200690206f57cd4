"""What happens on accounts that are billed by the month, and to purchases that become instalments."""

from postloan.books.bills.accounts import NoBillProduct
from postloan.books.bills.operations._convert_bill import (
    ConversionNotOffered,
    ConversionReferenceReused,
    ConversionTooLate,
    NewConversion,
    NothingToConvert,
    UnknownAccount,
    convert_bill,
)
from postloan.books.bills.operations._convert_purchase_loan import convert_purchase_loan
from postloan.books.bills.operations._post_merchant_refund import (
    MoreThanBought,
    NewMerchantRefund,
    NotARefundAmount,
    RefundReferenceReused,
    UnknownPurchase,
    post_merchant_refund,
)
from postloan.books.bills.operations._post_purchase import (
    NewPurchase,
    PurchaseCurrencyDiffers,
    PurchaseWhilePastDue,
    post_purchase,
)

__all__ = [
    "ConversionNotOffered",
    "ConversionReferenceReused",
    "ConversionTooLate",
    "MoreThanBought",
    "NewConversion",
    "NewMerchantRefund",
    "NewPurchase",
    "NoBillProduct",
    "NotARefundAmount",
    "NothingToConvert",
    "PurchaseCurrencyDiffers",
    "PurchaseWhilePastDue",
    "RefundReferenceReused",
    "UnknownAccount",
    "UnknownPurchase",
    "convert_bill",
    "convert_purchase_loan",
    "post_merchant_refund",
    "post_purchase",
]
