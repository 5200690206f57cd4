"""The watch over the close: every five minutes somebody looks whether it was begun and finished by its hour."""

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from postloan.close import operations


@app.periodic(cron="*/5 * * * *")
@app.task(queue="close", queueing_lock="watch_close", pass_context=False)
def watch_close(timestamp: int) -> int:
    """Raise alarms where they are due; returns how many are open. Not where the calendar of the books stands still."""
    if not settings.CLOSE_WATCHED:
        return 0
    return len(operations.raise_alarms(at=timezone.now()))
