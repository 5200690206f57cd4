"""
Payouts in the queue: every minute what is under way is taken further, and offers that have run out are recorded.

The task is a door: it reads the clock. Twice or late is harmless.
"""

from django.utils import timezone
from procrastinate.contrib.django import app

from postloan.books.applications import operations

QUEUE = "payouts"
BY = "payouts"


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="settle_payouts", lock="settle_payouts", pass_context=False)
def settle_payouts(timestamp: int) -> dict[str, int]:
    """Hand over, ask and book for payouts under way; returns the counts."""
    at = timezone.now()
    found = operations.settle_transfers(by=BY, at=at)
    return {
        "paid_out": found.paid_out,
        "failed": found.failed,
        "waiting": found.waiting,
        "stuck": len(found.stuck),
        "expired": operations.expire_offers(by=BY, at=at),
    }
