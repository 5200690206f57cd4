"""Say that customers were told amount and date of their debits."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_models import DebitOrder
from postloan.ground.audit import operations as audit


@transaction.atomic
def record_told(*, order_ids: Collection[int], told_at: datetime, by: str, at: datetime) -> int:
    """
    Note when the customers of these orders were told, and return how many were not noted before.

    Whether it was in time is decided when the file is made: who was told too late is
    announced anew.
    """
    waiting = DebitOrder.objects.filter(pk__in=list(order_ids), state=DebitOrder.State.ANNOUNCED, told_at__isnull=True)
    told = waiting.update(told_at=told_at)
    if told:
        audit.record_act(
            by=by,
            action="tell_debits",
            subject_kind="debit_order",
            subject_id=min(order_ids),
            at=at,
            details={"orders": told},
        )
    return told
