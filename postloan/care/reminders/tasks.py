"""
Reminders in the queue: the close defers `send_reminders` for the next morning; what waits longer, senders deliver.

Tasks are doors: they read the clock, unless a rehearsal hands them its own.
"""

from contextlib import suppress
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from postloan.care.outreach import operations as outreach
from postloan.care.reminders import operations

LATER = timedelta(hours=2)  # of a rehearsal's day
QUEUE = "reminders"
BY = "reminders"


@app.task(queue=QUEUE, retry=RetryStrategy(max_attempts=5, exponential_wait=10))
def send_reminders(contact_date: str, rehearsal_at: str | None = None) -> dict[str, int]:
    """Make messages of the day's reminders and deliver those whose hour has come; returns the counts."""
    at = datetime.fromisoformat(rehearsal_at) if rehearsal_at else timezone.now()
    operations.plan_failed_debits(contact_date=date.fromisoformat(contact_date), at=at)
    while operations.queue_reminders(contact_date=date.fromisoformat(contact_date), at=at):
        pass
    if not rehearsal_at:
        return _deliver_all(at=at, lease=timedelta(minutes=10))
    # A rehearsal is alone with its outbox: what a killed one had claimed is its own. Its day has two moments: the
    # morning's messages, and those that follow them where nothing was opened.
    counts = _deliver_all(at=at, lease=timedelta(0))
    while outreach.fall_back(at=at + LATER):
        pass
    later = _deliver_all(at=at + LATER, lease=timedelta(0))
    return {name: counts[name] + later[name] for name in counts}


def defer_reminders(*, contact_date: date, rehearsal_at: datetime | None = None) -> None:
    """Put the reminders of a day into the queue for its first minutes, once; in the caller's transaction."""
    start = timezone.make_aware(datetime.combine(contact_date, time.min))
    job = send_reminders.configure(
        queueing_lock=f"reminders:{contact_date}", schedule_at=None if rehearsal_at else start
    )
    with suppress(AlreadyEnqueued):
        job.defer(
            contact_date=contact_date.isoformat(), rehearsal_at=rehearsal_at.isoformat() if rehearsal_at else None
        )


def _deliver_all(*, at: datetime, lease: timedelta) -> dict[str, int]:
    counts = {"sent": 0, "dropped": 0, "failed": 0, "waiting": 0}
    while (delivery := operations.deliver_reminders(at=at, by=BY, lease=lease)).total:
        for name in counts:
            counts[name] += getattr(delivery, name)
    return counts
