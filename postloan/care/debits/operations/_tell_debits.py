"""
Tell customers of the debits announced: a notice in the portal at once, an e-mail at a decent hour.

A debit counts as told when the first of them has left. Only then may it go to the bank, and only if that was in
time; so a mail server that is away delays debits and never breaks a promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from postloan.books.payments import operations as payments
from postloan.books.payments.debit_queries import get_orders_to_tell
from postloan.books.payments.models import DebitOrder
from postloan.care.debits.writing import PURPOSE
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message

DECENT_HOUR = time(9)  # of e-mail, in the customer's own time zone
CHANNELS = (Message.Channel.INBOX, Message.Channel.EMAIL)


@dataclass(frozen=True)
class Told:
    """How many debits were told now, and how many still wait to be."""

    told: int
    waiting: int


def tell_debits(*, at: datetime, by: str, lease: timedelta = timedelta(minutes=10)) -> Told:
    """Queue and deliver the notices of every debit announced and not told; harmless when repeated or killed."""
    orders = _queue(at=at)
    while outreach.deliver_messages(purpose=PURPOSE, at=at, by=by, lease=lease).total:
        pass
    told = _note_told(orders, at=at, by=by)
    return Told(told=told, waiting=len(orders) - told)


@transaction.atomic
def _queue(*, at: datetime) -> list[DebitOrder]:
    """Queue a message on each channel for every order to be told, and return the orders."""
    orders = [item.order for item in get_orders_to_tell(limit=1_000_000)]
    wanted = DebitOrder.objects.select_related("mandate__customer").in_bulk([order.pk for order in orders])
    messages = []
    for order in wanted.values():
        customer = order.mandate.customer
        decent = datetime.combine(
            at.astimezone(ZoneInfo(customer.time_zone)).date(), DECENT_HOUR, tzinfo=ZoneInfo(customer.time_zone)
        )
        messages += [
            outreach.NewMessage(
                key=_key(order, channel),
                customer_id=customer.pk,
                channel=channel,
                purpose=PURPOSE,
                template="debit_notice_again" if order.tries else "debit_notice",
                language=customer.language,
                occasion={"order": order.pk, "try": order.tries + 1, "loans": [[order.loan_id, order.instalment_no]]},
                not_before_at=at if channel == Message.Channel.INBOX else decent,
            )
            for channel in CHANNELS
        ]
    if messages:
        outreach.queue_messages(messages=messages, at=at)
    return list(wanted.values())


def _note_told(orders: Sequence[DebitOrder], *, at: datetime, by: str) -> int:
    """Note on the orders when their first notice left."""
    by_key = {_key(order, channel): order.pk for order in orders for channel in CHANNELS}
    sent: dict[datetime, set[int]] = {}
    seen: set[int] = set()
    messages = Message.objects.filter(key__in=by_key, state=Message.State.SENT, sent_at__isnull=False)
    for key, sent_at in messages.order_by("sent_at").values_list("key", "sent_at"):
        if by_key[key] not in seen and sent_at is not None:
            seen.add(by_key[key])
            sent.setdefault(sent_at, set()).add(by_key[key])
    return sum(
        payments.record_told(order_ids=order_ids, told_at=told_at, by=by, at=at)
        for told_at, order_ids in sorted(sent.items())
    )


def _key(order: DebitOrder, channel: str) -> str:
    return f"debit:{order.pk}:{order.tries + 1}:{channel}"
