"""
The close in the queue: the schedule is looked at every minute, and every five somebody looks whether days are late.

Both looks are housekeeping, so that a close at work, which has a queue of its own, holds up neither.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from postloan.close import operations
from postloan.close.schedule import find_due

QUEUE = "close"
SCHEDULED = "scheduled"


@app.periodic(cron="*/5 * * * *")
@app.task(queue="housekeeping", queueing_lock="watch_close", pass_context=False)
def watch_close(timestamp: int) -> int:
    """Raise alarms where they are due; returns how many are open. Not where the calendar of the books stands still."""
    if not settings.CLOSE_WATCHED:
        return 0
    return len(operations.raise_alarms(at=timezone.now()))


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="look_at_schedule", pass_context=False)
def look_at_schedule(timestamp: int) -> list[str]:
    """Put into the queue what is due and not done; returns the names. One work is at most once in the queue."""
    deferred = []
    for due in find_due(at=timezone.now()):
        queue = QUEUE if due.name == "close" else SCHEDULED
        job = do_work.configure(queue=queue, queueing_lock=f"work:{due.name}", lock=f"work:{due.name}")
        with suppress(AlreadyEnqueued):
            job.defer(name=due.name, due_at=due.due_at.isoformat())
            deferred.append(due.name)
    return deferred


@app.task(queue=SCHEDULED)
def do_work(name: str, due_at: str) -> dict[str, Any]:
    """Do one work of the schedule; returns how it went."""
    done = operations.do_scheduled_work(name=name, due_at=datetime.fromisoformat(due_at), clock=timezone.now)
    return {"state": done.state, "counts": done.counts, "reason": done.reason}
