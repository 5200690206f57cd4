"""
Deliver what waits in the outbox: claim a batch, ask whether it is still wanted, send, record.

Claiming and recording are transactions of their own, sending lies between. Who
dies in between leaves messages `sending`; after the lease they are claimed
again and sent under the same Message-ID, so a mailbox can drop the second copy.
The text is written at this moment, from the figures of this moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from postloan.care.outreach.channels import mail_channel
from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import MessageText, put_text
from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import ContactPoint
from postloan.ground.rows import update_rows
from postloan.outside.mail.port import Failure, OutgoingMail, SendResult

ATTEMPTS_AT_MOST = 6
FIRST_WAIT = timedelta(minutes=2)  # doubled at every further attempt


@dataclass(frozen=True)
class Drop:
    """The message is no longer wanted, and why."""

    reason: str


# For each message id its text, or why it is dropped. Names come with the messages (customer id → name).
Write = Callable[[Sequence[Message], Mapping[int, str]], Mapping[int, MessageText | Drop]]


@dataclass
class Delivery:
    """What became of the messages of one call."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many messages were taken up."""
        return self.sent + self.dropped + self.failed + self.waiting


@dataclass
class _Batch:
    messages: list[Message]
    names: dict[int, str] = field(default_factory=dict)
    emails: dict[int, str] = field(default_factory=dict)


def deliver_messages(
    *, purpose: str, write: Write, at: datetime, by: str, lease: timedelta = timedelta(minutes=10), limit: int = 400
) -> Delivery:
    """
    Take up to `limit` waiting messages of one purpose through delivery and return what became of them.

    A message that could not be handed over waits longer after every attempt and
    ends as `failed`, with the reason, after six.
    """
    batch = _claim(purpose=purpose, at=at, by=by, lease=lease, limit=limit)
    delivery = Delivery()
    if not batch.messages:
        return delivery
    texts = write(batch.messages, batch.names)
    mails = []
    for message in batch.messages:
        text = texts[message.pk]
        if isinstance(text, Drop):
            message.state, message.reason = Message.State.DROPPED, text.reason
            continue
        put_text(message=message, text=text)
        if message.channel == Message.Channel.INBOX:
            message.state, message.sent_at = Message.State.SENT, at
        elif not (address := batch.emails.get(message.customer_id)):
            message.state, message.reason = Message.State.FAILED, "no e-mail address"
        else:
            mails.append(_as_mail(message, text, address, at))
    results = {result.message_id: result for result in mail_channel().send(messages=mails)} if mails else {}
    for message in batch.messages:
        if message.state == Message.State.SENDING:
            _take_result(message, results[_message_id(message)], at)
    _record(batch.messages)
    for message in batch.messages:
        _count(delivery, message)
    return delivery


@transaction.atomic
def _claim(*, purpose: str, at: datetime, by: str, lease: timedelta, limit: int) -> _Batch:
    """Take waiting messages for ourselves and read whom they go to; the reading is on record."""
    waits = Q(state=Message.State.QUEUED) | Q(state=Message.State.SENDING, claimed_at__lte=at - lease)
    messages = list(
        Message.objects.filter(waits, purpose=purpose, not_before_at__lte=at)
        .select_related("customer")
        .order_by("not_before_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    ids = [message.pk for message in messages]
    Message.objects.filter(pk__in=ids).update(state=Message.State.SENDING, claimed_at=at, attempts=F("attempts") + 1)
    batch = _Batch(messages=messages)
    if messages:
        _read_people(batch)
        audit.record_act(
            by=by,
            action="read_contact_points",
            subject_kind="message",
            subject_id=ids[0],
            at=at,
            purpose=f"deliver {purpose}",
            details={"messages": len(ids), "last_message_id": ids[-1]},
        )
    for message in messages:
        message.state, message.claimed_at = Message.State.SENDING, at
        message.attempts += 1
    return batch


def _read_people(batch: _Batch) -> None:
    cipher = field_cipher()
    customers = {message.customer_id: message.customer for message in batch.messages}
    for customer_id, customer in customers.items():
        batch.names[customer_id] = cipher.decrypt(
            ciphertext=customer.name_encrypted, field="customer.name", row_id=customer_id
        )
    points = ContactPoint.objects.filter(customer_id__in=customers, kind=ContactPoint.Kind.EMAIL)
    for point in points.exclude(state__in=ContactPoint.UNUSABLE).order_by("-pk"):
        batch.emails[point.customer_id] = cipher.decrypt(
            ciphertext=point.value_encrypted, field="contact_point.email", row_id=point.customer_id
        )


def _message_id(message: Message) -> str:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >")
    return f"message-{message.pk}@{domain}"


def _as_mail(message: Message, text: MessageText, address: str, at: datetime) -> OutgoingMail:
    return OutgoingMail(
        message_id=_message_id(message),
        sender=settings.DEFAULT_FROM_EMAIL,
        recipient=address,
        subject=text.subject,
        text=text.body,
        sent_at=at,
        headers={"Auto-Submitted": "auto-generated", "X-Postloan-Purpose": message.purpose},
    )


def _take_result(message: Message, result: SendResult, at: datetime) -> None:
    if result.accepted:
        message.state, message.sent_at, message.reason = Message.State.SENT, at, ""
        return
    message.reason = f"{result.code} {result.reply}"[:200]
    if result.failure == Failure.HARD or message.attempts >= ATTEMPTS_AT_MOST:
        message.state = Message.State.FAILED
        return
    message.state = Message.State.QUEUED
    message.not_before_at = at + FIRST_WAIT * 2 ** (message.attempts - 1)


def _record(messages: Sequence[Message]) -> None:
    update_rows(
        rows=messages,
        fields=["state", "reason", "sent_at", "not_before_at", "subject_encrypted", "body_encrypted"],
    )


def _count(delivery: Delivery, message: Message) -> None:
    match message.state:
        case Message.State.SENT:
            delivery.sent += 1
        case Message.State.DROPPED:
            delivery.dropped += 1
        case Message.State.FAILED:
            delivery.failed += 1
        case _:
            delivery.waiting += 1
