"""Sending in the queue: once a minute a round over everything that waits, for lenders who run no senders of their own."""

from contextlib import suppress

from django.utils import timezone
from procrastinate.contrib.django import app

from postloan.care.outreach import operations
from postloan.care.outreach.sending import send_until_empty

QUEUE = "outreach"
BY = "sender"


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="send_waiting", lock="send_waiting", pass_context=False)
def send_waiting(timestamp: int) -> dict[str, int]:
    """Deliver what has become due, on all channels; take in receipts; go on where a channel failed."""
    done = send_until_empty(at=timezone.now(), by=BY)
    return {"sent": done.sent, "dropped": done.dropped, "failed": done.failed, "waiting": done.waiting}


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="return_lapsed_slots", pass_context=False)
def return_lapsed_slots(timestamp: int) -> int:
    """Give back the slots of senders who have died; returns how many."""
    return operations.return_lapsed_slots(at=timezone.now(), by=BY)


@app.periodic(cron="10 0 * * *")
@app.task(queue=QUEUE, queueing_lock="seal_evidence", pass_context=False)
def seal_evidence(timestamp: int) -> None:
    """Seal the evidence of the day that has ended."""
    with suppress(operations.NothingToSeal):
        operations.seal_evidence(by=BY, at=timezone.now())
