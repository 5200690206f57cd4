from postloan.books.payments.mandate_changes import MandateChange, MandateRevoked, MandateUnknown
from postloan.books.payments.money_in import (
    BankReferenceReused,
    CurrencyDiffers,
    NewReceipt,
    NotAnAmount,
    ValueDateBeforeOpening,
    ValueDateInFuture,
)
from postloan.books.payments.operations._announce_debits import announce_debits
from postloan.books.payments.operations._ask_for_answers import ask_for_answers
from postloan.books.payments.operations._charge_off import ReasonMissing, charge_off
from postloan.books.payments.operations._close_bank_item import BankItemUnknown, OutcomeMissing, close_bank_item
from postloan.books.payments.operations._hand_over_debit_files import hand_over_debit_files
from postloan.books.payments.operations._make_debit_files import make_debit_files
from postloan.books.payments.operations._post_receipt import post_receipt
from postloan.books.payments.operations._post_receipts import post_receipts
from postloan.books.payments.operations._prepay import prepay
from postloan.books.payments.operations._record_event import (
    EventNotUnderstood,
    NotOfThisLoan,
    RecordedEvent,
    record_event,
)
from postloan.books.payments.operations._record_recovery import LoanNotChargedOff, record_recovery
from postloan.books.payments.operations._record_told import record_told
from postloan.books.payments.operations._refund_unapplied import refund_unapplied
from postloan.books.payments.operations._release_debit_lock import ReleaseNotAllowed, release_debit_lock
from postloan.books.payments.operations._resume_mandate import resume_mandate
from postloan.books.payments.operations._reverse_receipt import (
    ReceiptWasRefunded,
    ReversedReceipt,
    UnknownReceipt,
    reverse_receipt,
)
from postloan.books.payments.operations._revoke_mandate import revoke_mandate
from postloan.books.payments.operations._settle_early import (
    NothingToSettle,
    OfferEndsBeforeItBegins,
    offer_settlement,
    settle_early,
)
from postloan.books.payments.operations._sign_mandate import (
    EvidenceMissing,
    MandateExists,
    NewMandate,
    NotTheirLoan,
    sign_mandate,
)
from postloan.books.payments.operations._stop_accruals import Stopped, stop_accruals
from postloan.books.payments.operations._suspend_mandate import suspend_mandate
from postloan.books.payments.operations._take_bank_file import BankFileChanged, TakenBankFile, take_bank_file
from postloan.books.payments.operations._take_bank_files import BankPost, take_bank_files
from postloan.books.payments.operations._waive import (
    AboveWaiverLimit,
    MoreThanIsOpen,
    NewWaiver,
    NotWaivable,
    waive,
)
from postloan.books.payments.servicing import EventKeyReused, LoanHasNoPlan, LoanKeptElsewhere, UnknownLoan
from postloan.outside.bank.port import BankFileRefused, FileMalformed

__all__ = [
    "AboveWaiverLimit",
    "BankFileChanged",
    "BankFileRefused",
    "BankItemUnknown",
    "BankPost",
    "BankReferenceReused",
    "CurrencyDiffers",
    "EventKeyReused",
    "EventNotUnderstood",
    "EvidenceMissing",
    "FileMalformed",
    "LoanHasNoPlan",
    "LoanKeptElsewhere",
    "LoanNotChargedOff",
    "MandateChange",
    "MandateExists",
    "MandateRevoked",
    "MandateUnknown",
    "MoreThanIsOpen",
    "NewMandate",
    "NewReceipt",
    "NewWaiver",
    "NotAnAmount",
    "NotOfThisLoan",
    "NotTheirLoan",
    "NotWaivable",
    "NothingToSettle",
    "OfferEndsBeforeItBegins",
    "OutcomeMissing",
    "ReasonMissing",
    "ReceiptWasRefunded",
    "RecordedEvent",
    "ReleaseNotAllowed",
    "ReversedReceipt",
    "Stopped",
    "TakenBankFile",
    "UnknownLoan",
    "UnknownReceipt",
    "ValueDateBeforeOpening",
    "ValueDateInFuture",
    "announce_debits",
    "ask_for_answers",
    "charge_off",
    "close_bank_item",
    "hand_over_debit_files",
    "make_debit_files",
    "offer_settlement",
    "post_receipt",
    "post_receipts",
    "prepay",
    "record_event",
    "record_recovery",
    "record_told",
    "refund_unapplied",
    "release_debit_lock",
    "resume_mandate",
    "reverse_receipt",
    "revoke_mandate",
    "settle_early",
    "sign_mandate",
    "stop_accruals",
    "suspend_mandate",
    "take_bank_file",
    "take_bank_files",
    "waive",
]
