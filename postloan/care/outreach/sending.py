"""
The sender's round: take in what came back, go on where a channel failed, deliver what waits; and again.

One round is what a task of the queue does once a minute; a sender process does rounds without end, waking when there
is something to do. Any number of senders work side by side.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from postloan.care.outreach import operations
from postloan.care.outreach.operations import Delivery

LEASE = timedelta(minutes=10)
IDLE_SECONDS = 1.0
LIMIT = 400


def send_round(*, at: datetime, by: str, lease: timedelta = LEASE, limit: int = LIMIT) -> Delivery:
    """Do one round over all channels and purposes, and return what became of the messages taken up."""
    for route in settings.ROUTES:
        operations.take_incoming(route=route, at=at, by=by)
    while operations.fall_back(at=at):
        pass
    return operations.deliver_messages(at=at, by=by, lease=lease, limit=limit)


def send_until_empty(*, at: datetime, by: str, lease: timedelta = LEASE) -> Delivery:
    """Do rounds at one moment until nothing more waits for it; returns the sum of them."""
    total = Delivery()
    while (done := send_round(at=at, by=by, lease=lease)).total:
        for name in ("sent", "dropped", "failed", "waiting"):
            setattr(total, name, getattr(total, name) + getattr(done, name))
    return total


def send_for_ever(
    *,
    clock: Callable[[], datetime],
    by: str,
    is_ending: Callable[[], bool],
    sleep: Callable[[float], None],
    lease: timedelta = LEASE,
) -> int:
    """Do rounds until `is_ending`, and return how many messages were sent; idle for a second where nothing waits."""
    sent = 0
    while not is_ending():
        done = send_round(at=clock(), by=by, lease=lease)
        sent += done.sent
        if not done.total:
            sleep(IDLE_SECONDS)
    return sent
