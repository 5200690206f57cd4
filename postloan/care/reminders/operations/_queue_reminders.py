"""
Make messages of the reminders planned for a day: one for each customer, due date and kind, on each channel.

What is paid by now is dropped. Reminders of days gone by are dropped as well:
"due in three days" must not be said two days late.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import transaction

from postloan.books.payments.debit_amounts import get_amounts_due
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.care.reminders.models import Reminder
from postloan.care.reminders.writing import PURPOSE
from postloan.ground.rows import update_rows

CHANNELS = (Message.Channel.EMAIL, Message.Channel.INBOX)
DECENT_HOUR = time(9)  # in the customer's own time zone

Key = tuple[int, date, str]


def queue_reminders(*, contact_date: date, at: datetime, limit: int = 500) -> int:
    """
    Turn planned reminders into messages and return how many reminders were taken up; call again until 0.

    Several workers may call it at once: each takes customers that no other holds.
    """
    with transaction.atomic():
        Reminder.objects.filter(state=Reminder.State.PLANNED, contact_date__lt=contact_date).update(
            state=Reminder.State.DROPPED, reason="its day had passed"
        )
        reminders = _take(contact_date=contact_date, limit=limit)
        amounts = get_amounts_due(rows=[(item.loan_id, item.instalment_no) for item in reminders])
        for item in reminders:
            if amounts[item.loan_id, item.instalment_no] == 0:
                item.state, item.reason = Reminder.State.DROPPED, "nothing to pay"
        wanted = [item for item in reminders if item.state == Reminder.State.PLANNED]
        _queue(wanted, contact_date=contact_date, at=at)
        update_rows(rows=reminders, fields=["state", "reason", "message"])
        return len(reminders)


def _take(*, contact_date: date, limit: int) -> list[Reminder]:
    """Lock the reminders of some customers: all of each, so that what belongs into one message stays together."""
    planned = Reminder.objects.filter(state=Reminder.State.PLANNED, contact_date=contact_date)
    first = list(
        planned.order_by("customer_id", "due_date", "kind", "loan_id").select_for_update(skip_locked=True)[:limit]
    )
    if len(first) < limit:
        return first
    last = first[-1].customer_id
    rest = planned.filter(customer_id=last).exclude(pk__in=[item.pk for item in first])
    return first + list(rest.order_by("due_date", "kind", "loan_id").select_for_update())


def _queue(reminders: Sequence[Reminder], *, contact_date: date, at: datetime) -> None:
    """Queue a message for each group and channel; a reminder points at the message of its first channel."""
    customers = {
        item.customer_id: item.customer
        for item in Reminder.objects.filter(pk__in=[item.pk for item in reminders]).select_related("customer")
    }
    new: list[outreach.NewMessage] = []
    groups: list[tuple[str, list[Reminder]]] = []
    for key, group in groupby(sorted(reminders, key=_message_key), key=_message_key):
        members = list(group)
        customer = customers[key[0]]
        occasion = {
            "kind": key[2],
            "due_date": key[1].isoformat(),
            "contact_date": contact_date.isoformat(),
            "loans": [[item.loan_id, item.instalment_no] for item in members],
        }
        decent = datetime.combine(contact_date, DECENT_HOUR, tzinfo=ZoneInfo(customer.time_zone))
        new += [
            outreach.NewMessage(
                key=_text_key(key, channel),
                customer_id=customer.pk,
                channel=channel,
                purpose=PURPOSE,
                template=template_of(kind=key[2]),
                language=customer.language,
                occasion=occasion,
                not_before_at=decent,
            )
            for channel in CHANNELS
        ]
        groups.append((_text_key(key, CHANNELS[0]), members))
    messages = outreach.queue_messages(messages=new, at=at)
    for text_key, members in groups:
        for item in members:
            item.state, item.message = Reminder.State.TOLD, messages[text_key]


def _message_key(item: Reminder) -> Key:
    return item.customer_id, item.due_date, item.kind


def _text_key(key: Key, channel: str) -> str:
    return f"{PURPOSE}:{key[0]}:{key[1]}:{key[2]}:{channel}"


def template_of(*, kind: str) -> str:
    """Return which text a reminder of this kind has."""
    if kind == "due_today":
        return "reminder_due_today"
    return "reminder_before" if kind.startswith("days_before") else "reminder_in_grace"
