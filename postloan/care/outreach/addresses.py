"""
Where a message of each channel goes to: the person's e-mail address, phone, push subscription or WeChat account.

Verified addresses come before unverified ones, stale ones are never used. What is read here is decrypted for sending;
the caller puts the reading on record.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.care.outreach.models import Message, Subscription
from postloan.ground.audit import operations as audit
from postloan.ground.customers import operations as customers
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import ContactPoint

KIND_OF = {Message.Channel.EMAIL: ContactPoint.Kind.EMAIL, Message.Channel.SMS: ContactPoint.Kind.PHONE}
FIELD = "subscription"


@dataclass(frozen=True)
class Address:
    """Where one message goes to, in the clear. Never log it."""

    value: str
    contact_point_id: int | None = None
    subscription_id: int | None = None


def addresses_of(*, customer_ids: Collection[int], channel: str) -> Mapping[int, Address]:
    """Return for each customer the address to use on `channel`; nobody who has none."""
    if kind := KIND_OF.get(Message.Channel(channel)):
        return _points(customer_ids, kind)
    return _subscriptions(customer_ids, channel)


def reachable(*, customer_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the channels on which each customer has an address; nothing is decrypted."""
    found: dict[int, set[str]] = {customer_id: {str(Message.Channel.INBOX)} for customer_id in customer_ids}
    of_kind = {kind: channel for channel, kind in KIND_OF.items()}
    points = ContactPoint.objects.filter(customer_id__in=customer_ids).exclude(state__in=ContactPoint.UNUSABLE)
    for customer_id, kind in points.values_list("customer_id", "kind"):
        found[customer_id].add(str(of_kind[ContactPoint.Kind(kind)]))
    live = Subscription.objects.filter(customer_id__in=customer_ids, is_gone=False)
    for customer_id, channel in live.values_list("customer_id", "channel"):
        found[customer_id].add(channel)
    return {customer_id: frozenset(channels) for customer_id, channels in found.items()}


def _points(customer_ids: Collection[int], kind: ContactPoint.Kind) -> dict[int, Address]:
    cipher = field_cipher()
    points = ContactPoint.objects.filter(customer_id__in=customer_ids, kind=kind)
    chosen: dict[int, ContactPoint] = {}
    for point in points.exclude(state__in=ContactPoint.UNUSABLE).order_by("-pk"):
        held = chosen.get(point.customer_id)
        if held is None or held.state != ContactPoint.State.VERIFIED or point.state == held.state:
            chosen[point.customer_id] = point
    return {
        customer_id: Address(
            cipher.decrypt(ciphertext=point.value_encrypted, field=f"contact_point.{kind}", row_id=customer_id),
            contact_point_id=point.pk,
        )
        for customer_id, point in chosen.items()
    }


def _subscriptions(customer_ids: Collection[int], channel: str) -> dict[int, Address]:
    cipher = field_cipher()
    live = Subscription.objects.filter(customer_id__in=customer_ids, channel=channel, is_gone=False)
    return {
        item.customer_id: Address(
            cipher.decrypt(ciphertext=item.value_encrypted, field=FIELD, row_id=item.customer_id),
            subscription_id=item.pk,
        )
        for item in live.order_by("pk")  # the newest device or account wins
    }


@transaction.atomic
def retire_address(*, message: Message, reason: str, at: datetime, by: str) -> None:
    """Note that the address a message went to is no more: the contact point is stale, the subscription gone."""
    if message.contact_point_id is not None:
        customers.mark_contact_point(
            contact_point_id=message.contact_point_id,
            state=ContactPoint.State.STALE,
            reason=f"message {message.pk}: {reason}"[:60],
            by=by,
            at=at,
        )
        return
    if message.channel not in {Message.Channel.PUSH, Message.Channel.WECHAT}:
        return
    live = Subscription.objects.filter(customer_id=message.customer_id, channel=message.channel, is_gone=False)
    if live.update(is_gone=True, gone_at=at):
        audit.record_act(
            by=by,
            action="retire_subscription",
            subject_kind="customer",
            subject_id=message.customer_id,
            at=at,
            details={"message": message.pk, "channel": message.channel, "reason": reason[:60]},
        )
