"""Put messages into the outbox, inside the transaction of what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from postloan.care.outreach.models import Message


@dataclass(frozen=True)
class NewMessage:
    """
    An occasion to tell a customer something. `occasion` holds ids, dates and amounts, nothing personal.

    `further_steps` are the channels that follow, each with `channel`, `after_minutes` and `unless` (`delivered` or
    `read`): the next one is queued when this one was not delivered, or not opened, by then. They share `chain`.
    """

    key: str
    customer_id: int
    channel: str
    purpose: str
    template: str
    language: str
    occasion: dict[str, Any]
    not_before_at: datetime
    chain: str = ""
    step: int = 0
    further_steps: list[dict[str, Any]] = field(default_factory=list)


def queue_messages(*, messages: Sequence[NewMessage], at: datetime) -> dict[str, Message]:
    """Return the queued message of each key; a key that was queued before keeps the message it has."""
    assert connection.in_atomic_block, "messages are queued in the transaction of what they are about"
    Message.objects.bulk_create(
        (
            Message(
                key=item.key,
                customer_id=item.customer_id,
                channel=item.channel,
                purpose=item.purpose,
                template=item.template,
                language=item.language,
                occasion=item.occasion,
                not_before_at=item.not_before_at,
                chain=item.chain,
                step=item.step,
                further_steps=item.further_steps,
                queued_at=at,
            )
            for item in messages
        ),
        ignore_conflicts=True,
    )
    return {message.key: message for message in Message.objects.filter(key__in=[item.key for item in messages])}
