"""
Make messages of the reminders planned for a day: one for each customer, due date and kind, on the policy's channels.

What is paid by now is dropped. Reminders of days gone by are dropped as well:
"due in three days" must not be said two days late.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from django.db import transaction

from postloan.books.payments.debit_amounts import get_amounts_due
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.addresses import reachable
from postloan.care.reminders.models import Reminder
from postloan.care.reminders.policies import ReminderPolicy, policy_of
from postloan.care.reminders.writing import PURPOSE
from postloan.ground.customers.models import Customer
from postloan.ground.rows import update_rows

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
    """Queue the messages of each group as its product's policy says; a reminder points at its first message."""
    whole = {
        item.pk: item
        for item in Reminder.objects.filter(pk__in=[item.pk for item in reminders]).select_related(
            "customer", "loan__product_version__product"
        )
    }
    reach = reachable(customer_ids={item.customer_id for item in reminders})
    new: list[outreach.NewMessage] = []
    groups: list[tuple[str, list[Reminder]]] = []
    for key, group in groupby(sorted(reminders, key=_message_key), key=_message_key):
        members = list(group)
        first = whole[members[0].pk]
        policy = policy_of(product=first.loan.product_version.product.code)
        occasion = {
            "kind": key[2],
            "due_date": key[1].isoformat(),
            "contact_date": contact_date.isoformat(),
            "loans": [[item.loan_id, item.instalment_no] for item in members],
        }
        if policy.sender:
            occasion["sender"] = policy.sender
        if key[2].startswith("days_after"):
            last = min(_grace_until(whole[item.pk]) for item in members)
            occasion["grace_until"] = last.isoformat()
        made = _messages(key, first.customer, policy, occasion, reach.get(key[0], frozenset()), contact_date)
        new += made
        groups.append((made[0].key, members))
    messages = outreach.queue_messages(messages=new, at=at)
    for text_key, members in groups:
        for item in members:
            item.state, item.message = Reminder.State.TOLD, messages[text_key]


def _messages(
    key: Key,
    customer: Customer,
    policy: ReminderPolicy,
    occasion: dict[str, Any],
    reach: Collection[str],
    contact_date: date,
) -> list[outreach.NewMessage]:
    """Return what leaves at once: the channels together, and the first of those in order that reaches the person."""
    kind = policy.of_kind(kind=key[2])
    steps = [step for step in kind.in_order if step.channel in reach] or list(kind.in_order[-1:])
    further = [
        {"channel": after.channel, "after_minutes": step.after_minutes, "unless": step.unless}
        for step, after in pairwise(steps)
    ]
    ways: list[tuple[str, list[dict[str, Any]]]] = [(step.channel, further) for step in steps[:1]]
    ways += [(channel, []) for channel in kind.together]
    chain = f"{PURPOSE}:{key[0]}:{key[1]}:{key[2]}"
    return [
        outreach.NewMessage(
            key=f"{chain}:{channel}",
            customer_id=customer.pk,
            channel=channel,
            purpose=PURPOSE,
            template=template_of(kind=key[2]),
            language=customer.language,
            occasion=occasion,
            not_before_at=policy.leaves_at(contact_date=contact_date, time_zone=customer.time_zone),
            chain=chain if steps_left else "",
            further_steps=steps_left,
        )
        for channel, steps_left in ways
    ]


def _grace_until(reminder: Reminder) -> date:
    """Return the last day on which nothing more is owed: the loan's own grace, by its grade, in its product's terms."""
    terms = reminder.loan.product_version.product_terms.with_grace(grace_days=reminder.loan.grace_days)
    grace = [cost.grace_days for cost in (terms.penalty, terms.late_fee) if cost is not None]
    free = terms.last_free_date(due_date=reminder.due_date)
    return max(free, reminder.due_date + timedelta(days=min(grace, default=0)))


def _message_key(item: Reminder) -> Key:
    return item.customer_id, item.due_date, item.kind


def template_of(*, kind: str) -> str:
    """Return which text a reminder of this kind has."""
    if kind == "due_today":
        return "reminder_due_today"
    if kind == "debit_failed":
        return "reminder_debit_failed"
    return "reminder_before" if kind.startswith("days_before") else "reminder_in_grace"
