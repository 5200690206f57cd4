"""Questions about messages: what was sent to whom, masked; and what arrived in the mailbox of the demonstration."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import get_text
from postloan.outside.mail import demo_mailbox
from postloan.outside.mail.demo_mailbox import MailNotFound, ReceivedMail, ReceivedText
from postloan.outside.push.vapid import public_key

__all__ = [
    "MailNotFound",
    "MessageCount",
    "Notice",
    "ReceivedMail",
    "ReceivedText",
    "count_mails",
    "count_messages",
    "find_messages",
    "get_mails",
    "get_message",
    "get_messages_of_customer",
    "get_notice",
    "get_notices",
    "push_key",
    "read_mail",
]


@dataclass(frozen=True)
class MessageCount:
    """How many messages of one channel stand in one state."""

    channel: str
    state: str
    messages: int


@dataclass(frozen=True)
class Notice:
    """A notice in a borrower's own portal, in the clear: only for the borrower it was written to."""

    message_id: int
    subject: str
    body: str
    language: str
    sent_at: datetime | None
    read_at: datetime | None


def find_messages(
    *,
    on_date: date | None = None,
    purpose: str = "",
    channel: str = "",
    state: str = "",
) -> QuerySet[Message]:
    """Return the messages that fit, the latest first; `on_date` is a day in the lender's time zone."""
    messages = Message.objects.select_related("customer").defer("subject_encrypted", "body_encrypted")
    messages = messages.order_by("-queued_at", "-pk")
    if on_date is not None:
        start = timezone.make_aware(datetime.combine(on_date, time.min))
        messages = messages.filter(queued_at__gte=start, queued_at__lt=start + timedelta(days=1))
    given = {"purpose": purpose, "channel": channel, "state": state}
    return messages.filter(**{name: value for name, value in given.items() if value})


def get_message(*, message_id: int) -> Message:
    """Return one message with its customer. Raises Message.DoesNotExist."""
    return Message.objects.select_related("customer").prefetch_related("customer__contact_points").get(pk=message_id)


def get_messages_of_customer(*, customer_id: int, limit: int = 50) -> list[Message]:
    """Return the latest messages to one customer, without their text."""
    messages = Message.objects.filter(customer_id=customer_id).order_by("-queued_at", "-pk")
    return list(messages.defer("subject_encrypted", "body_encrypted")[:limit])


def count_messages(*, most: int = 10_000) -> list[MessageCount]:
    """
    Return how many messages wait and how many could not be delivered, by channel; `most` + 1 stands for more.

    Those that were sent are not counted: there are as many as a lender has ever sent.
    """
    waiting = [Message.State.QUEUED, Message.State.SENDING]
    counts: list[MessageCount] = []
    for state, states in ((Message.State.QUEUED, waiting), (Message.State.FAILED, [Message.State.FAILED])):
        found = Message.objects.filter(state__in=states) if len(states) > 1 else Message.objects.filter(state=states[0])
        channels = Counter(found.values_list("channel", flat=True)[: most + 1])
        counts += [MessageCount(channel, state, number) for channel, number in sorted(channels.items())]
    return counts


def get_notices(*, customer_id: int, limit: int = 100) -> list[Notice]:
    """Return the notices in one borrower's portal, the latest first. To be shown to that borrower only."""
    messages = Message.objects.filter(
        customer_id=customer_id, channel=Message.Channel.INBOX, state=Message.State.SENT
    ).order_by("-sent_at", "-pk")
    return [_notice(message) for message in messages[:limit]]


def get_notice(*, message_id: int, customer_id: int) -> Notice:
    """Return one notice of this borrower's. Raises Message.DoesNotExist, also for one of somebody else."""
    return _notice(
        Message.objects.get(
            pk=message_id, customer_id=customer_id, channel=Message.Channel.INBOX, state=Message.State.SENT
        )
    )


def push_key() -> str:
    """Return the lender's public key under which browsers subscribe to notifications (settings.PUSH_KEY_FILE)."""
    return public_key(file=settings.PUSH_KEY_FILE)


def get_mails(*, limit: int, offset: int = 0) -> list[ReceivedMail]:
    """Return what arrived in the mailbox (settings.MAILBOX_DIR), the latest first."""
    return demo_mailbox.newest(directory=settings.MAILBOX_DIR, limit=limit, offset=offset)


def count_mails() -> int:
    """Return how many mails the mailbox holds."""
    return demo_mailbox.count(directory=settings.MAILBOX_DIR)


def read_mail(*, key: str) -> ReceivedText:
    """Return one mail with its text. Raises MailNotFound."""
    return demo_mailbox.read(directory=settings.MAILBOX_DIR, key=key)


def _notice(message: Message) -> Notice:
    text = get_text(message=message)
    return Notice(
        message_id=message.pk,
        subject=text.subject,
        body=text.body,
        language=message.language,
        sent_at=message.sent_at,
        read_at=message.read_at,
    )
