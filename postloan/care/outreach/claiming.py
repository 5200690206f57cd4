"""
Take waiting messages for ourselves, as many as each route's circuit and rate let through.

Claimed messages carry a lease. Who finds one whose lease is over takes it up again; if it was being handed over when
its sender died, nobody can know whether it left, and that is counted as a doubt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from postloan.care.outreach.addresses import Address, addresses_of
from postloan.care.outreach.carriers import per_second_of, routes_of
from postloan.care.outreach.health import give_back, take_allowance
from postloan.care.outreach.models import Message
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher


@dataclass(frozen=True)
class Claim:
    """Messages of one channel taken by us, the route they are to leave by ('' in the portal), and whom they go to."""

    route: str
    messages: Sequence[Message]
    names: Mapping[int, str]
    addresses: Mapping[int, Address]


def claim_messages(
    *, purpose: str, at: datetime, by: str, lease: timedelta, limit: int, channels: Sequence[str] = ()
) -> list[Claim]:
    """Return up to `limit` messages of each channel whose hour has come, now ours; the reading of addresses is on record."""
    return [
        claim
        for channel in channels or Message.Channel.values
        if (claim := _claim_channel(channel, purpose=purpose, at=at, by=by, lease=lease, limit=limit)) is not None
    ]


@transaction.atomic
def _claim_channel(channel: str, *, purpose: str, at: datetime, by: str, lease: timedelta, limit: int) -> Claim | None:
    waits = Q(state=Message.State.QUEUED) | Q(state=Message.State.SENDING, claimed_at__lte=at - lease)
    waiting = Message.objects.filter(waits, channel=channel, not_before_at__lte=at)
    if purpose:
        waiting = waiting.filter(purpose=purpose)
    if not waiting.exists():
        return None
    route, allowed = _open_route(channel, limit, at)
    messages = list(
        waiting.select_related("customer")
        .order_by("not_before_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)[:allowed]
    )
    if route and len(messages) < allowed:
        give_back(code=route, messages=allowed - len(messages))
    if not messages:
        return None
    _mark(messages, at)
    audit.record_act(
        by=by,
        action="read_contact_points",
        subject_kind="message",
        subject_id=messages[0].pk,
        purpose=f"deliver {purpose or channel}",
        at=at,
        details={"messages": len(messages), "last_message_id": messages[-1].pk},
    )
    customers = {message.customer_id: message.customer for message in messages}
    cipher = field_cipher()
    names = {
        pk: cipher.decrypt(ciphertext=customer.name_encrypted, field="customer.name", row_id=pk)
        for pk, customer in customers.items()
    }
    addresses = {} if channel == Message.Channel.INBOX else addresses_of(customer_ids=customers, channel=channel)
    return Claim(route=route, messages=messages, names=names, addresses=addresses)


def _open_route(channel: str, limit: int, at: datetime) -> tuple[str, int]:
    """Return the first route of a channel that lets something through, and how much."""
    if channel == Message.Channel.INBOX:
        return "", limit
    for code in routes_of(channel=channel):
        if allowed := take_allowance(code=code, per_second=per_second_of(code=code), wanted=limit, at=at):
            return code, allowed
    return "", 0


def _mark(messages: Sequence[Message], at: datetime) -> None:
    doubtful = [item.pk for item in messages if item.state == Message.State.SENDING and item.handing_at is not None]
    rows = Message.objects.filter(pk__in=[message.pk for message in messages])
    rows.update(state=Message.State.SENDING, claimed_at=at, handing_at=None, attempts=F("attempts") + 1)
    if doubtful:
        Message.objects.filter(pk__in=doubtful).update(doubts=F("doubts") + 1)
    for message in messages:
        message.doubts += message.state == Message.State.SENDING and message.handing_at is not None
        message.state, message.claimed_at, message.handing_at = Message.State.SENDING, at, None
        message.attempts += 1
