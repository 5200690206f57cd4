"""Keep the address that a customer's own browser or account gave us, encrypted; and let it go again."""

from datetime import datetime

from django.db import transaction

from postloan.care.outreach.addresses import FIELD
from postloan.care.outreach.models import Subscription
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.outside.push.port import SubscriptionMalformed, checked_subscription

__all__ = ["SubscriptionMalformed", "subscribe", "unsubscribe"]


@transaction.atomic
def subscribe(
    *, customer_id: int, channel: str, value: str, at: datetime, by: str, local_allowed: bool = False
) -> Subscription:
    """
    Return the subscription; the same address again is the same one, live again, and now this customer's.

    Refuses what is no push subscription (SubscriptionMalformed).
    """
    said = checked_subscription(text=value, local_allowed=local_allowed) if channel == "push" else value
    cipher = field_cipher()
    held, is_new = Subscription.objects.update_or_create(
        channel=channel,
        value_hash=cipher.lookup_hash(value=said),
        defaults={
            "customer_id": customer_id,
            "value_encrypted": cipher.encrypt(value=said, field=FIELD, row_id=customer_id),
            "is_gone": False,
            "gone_at": None,
        },
        create_defaults={
            "customer_id": customer_id,
            "value_encrypted": cipher.encrypt(value=said, field=FIELD, row_id=customer_id),
            "since_at": at,
        },
    )
    if is_new:
        audit.record_act(
            by=by,
            action="subscribe",
            subject_kind="customer",
            subject_id=customer_id,
            at=at,
            details={"channel": channel},
        )
    return held


@transaction.atomic
def unsubscribe(*, customer_id: int, channel: str, at: datetime, by: str) -> int:
    """Let all of a customer's addresses on a channel go and return how many there were."""
    live = Subscription.objects.filter(customer_id=customer_id, channel=channel, is_gone=False)
    gone = live.update(is_gone=True, gone_at=at)
    if gone:
        audit.record_act(
            by=by,
            action="unsubscribe",
            subject_kind="customer",
            subject_id=customer_id,
            at=at,
            details={"channel": channel, "addresses": gone},
        )
    return gone
