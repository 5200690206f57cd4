"""Money came in for a loan that was charged off."""

from datetime import datetime

from django.db import transaction

from postloan.books.loans.models import Loan
from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt
from postloan.books.payments.operations._post_receipts import post_receipts
from postloan.books.payments.servicing import UnknownLoan


class LoanNotChargedOff(ValueError):
    """The loan stands in the books: money for it is an ordinary receipt."""


@transaction.atomic
def record_recovery(*, receipt: NewReceipt, by: str, at: datetime) -> Receipt:
    """
    Return the receipt, posted as a recovery, or the one posted before with this reference.

    Refusals: UnknownLoan, LoanNotChargedOff, and those of `post_receipts`, which books money for a loan that was
    charged off in the same way.
    """
    loan = Loan.objects.filter(pk=receipt.loan_id).first()
    if loan is None:
        raise UnknownLoan(f"loan {receipt.loan_id}")
    known = Receipt.objects.filter(bank_account=receipt.bank_account, bank_reference=receipt.bank_reference)
    if loan.status != Loan.Status.CHARGED_OFF and not known.exists():
        raise LoanNotChargedOff(f"loan {receipt.loan_id} is {loan.status}")
    return post_receipts(receipts=[receipt], by=by, at=at)[0]
