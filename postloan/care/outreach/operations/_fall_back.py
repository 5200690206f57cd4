"""
Take the next channel of a chain, where a message was not delivered or not opened in time.

The first message keeps its state; the next one says the same on another channel, under the same chain, which the gate
counts once (docs/decisions/0078-channels-follow-each-other.md).
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from postloan.care.outreach.hours import decent_time
from postloan.care.outreach.models import Message
from postloan.care.outreach.operations._queue_messages import NewMessage, queue_messages
from postloan.ground.rows import update_rows


@transaction.atomic
def fall_back(*, at: datetime, limit: int = 500) -> int:
    """
    Queue the next step of every chain whose time has come, and return how many chains were taken up; call until 0.

    Nothing follows a message that was opened, or delivered where the step asks for no more, or dropped as unwanted.
    """
    due = list(
        Message.objects.filter(fall_back_at__lte=at)
        .select_related("customer")
        .order_by("fall_back_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    going_on = [message for message in due if message.further_steps and not _is_settled(message)]
    queue_messages(messages=[_next_step(message, at) for message in going_on], at=at)
    for message in due:
        message.fall_back_at = None
    update_rows(rows=due, fields=["fall_back_at"])
    return len(due)


def _is_settled(message: Message) -> bool:
    step: dict[str, Any] = message.further_steps[0]
    if message.state == Message.State.DROPPED or message.read_at is not None:
        return True
    is_delivered = message.delivered_at is not None and message.undelivered_at is None
    return step["unless"] == "delivered" and is_delivered


def _next_step(message: Message, at: datetime) -> NewMessage:
    channel = message.further_steps[0]["channel"]
    return NewMessage(
        key=f"{message.chain}:{channel}",
        customer_id=message.customer_id,
        channel=channel,
        purpose=message.purpose,
        template=message.template,
        language=message.language,
        occasion=message.occasion,
        not_before_at=decent_time(at=at, time_zone=message.customer.time_zone, channel=channel),
        chain=message.chain,
        step=message.step + 1,
        further_steps=message.further_steps[1:],
    )
