"""Questions about reminders: what is planned for a loan, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from postloan.care.reminders.models import Reminder


def get_reminders_of_loan(*, loan_id: int, limit: int = 100) -> list[Reminder]:
    """Return the loan's reminders with their messages, the latest first."""
    reminders = Reminder.objects.filter(loan_id=loan_id).select_related("message")
    return list(reminders.order_by("-contact_date", "-pk")[:limit])


@dataclass(frozen=True)
class ReminderEffect:
    """
    What became of the messages of one text on one channel. Counts of messages.

    `paid_in_a_day` and `paid_in_three` count messages all of whose instalments were settled within one and three
    days after the day they left, as the books date it.
    """

    template: str
    channel: str
    sent: int
    delivered: int
    opened: int
    paid_in_a_day: int
    paid_in_three: int


_EFFECTS = """
    SELECT m.template, m.channel, count(*), count(m.delivered_at), count(m.read_at),
           count(*) FILTER (WHERE p.days <= 1), count(*) FILTER (WHERE p.days <= 3)
    FROM outreach_message m
    LEFT JOIN LATERAL (
        SELECT CASE WHEN bool_and(i.settled_date IS NOT NULL)
                    THEN max(i.settled_date) - (m.sent_at AT TIME ZONE %s)::date END AS days
        FROM jsonb_array_elements(m.occasion -> 'loans') AS row
        LEFT JOIN loans_instalment i ON i.loan_id = (row ->> 0)::bigint AND i.instalment_no = (row ->> 1)::int
    ) p ON true
    WHERE m.purpose = 'reminder' AND m.state = 'sent' AND m.sent_at >= %s
    GROUP BY m.template, m.channel ORDER BY m.template, m.channel
"""


def get_effects(*, since_at: datetime) -> list[ReminderEffect]:
    """Return for each text and channel of reminders what became of the messages sent since an instant."""
    with connection.cursor() as cursor:
        cursor.execute(_EFFECTS, [settings.TIME_ZONE, since_at])
        return [ReminderEffect(*row) for row in cursor.fetchall()]
