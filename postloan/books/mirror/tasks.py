"""The watch over other cores: every five minutes somebody looks whether the files of yesterday have come."""

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from postloan.books.mirror import operations


@app.periodic(cron="*/5 * * * *")
@app.task(queue="close", queueing_lock="watch_cores", pass_context=False)
def watch_cores(timestamp: int) -> int:
    """Raise alarms where a file is missing; returns how many are open. Not where the calendar of the books stands still."""
    if not settings.CLOSE_WATCHED:
        return 0
    return len(operations.raise_file_alarms(at=timezone.now()))
