"""Money the customer asks to be used at once against principal."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt
from postloan.books.payments.taking import take_money_for
from postloan.kernel.engine.terms import PrepaymentMode


@transaction.atomic
def prepay(*, receipt: NewReceipt, mode: PrepaymentMode | None = None, by: str, at: datetime) -> Receipt:
    """
    Return the receipt, used as a prepayment; posted before with this reference, as it stands.

    What is past due is paid first; the rest by `mode`, the product's where it is None (docs/rules/prepayment.md): a
    shorter term, smaller instalments, or the next or last rows in advance. Refusals: those of `post_receipts`, and
    the engine's by name (LoanClosed, LoanChargedOff, EventBeforeOpening, PlanNotPossible).
    """
    payload = {"mode": mode} if mode is not None else {}
    return take_money_for(receipt=receipt, kind="prepayment", payload=payload, by=by, at=at)
