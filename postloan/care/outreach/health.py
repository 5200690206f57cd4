"""
The health of each route: circuit and rate, kept in the database so that all senders see the same.

Nobody answers: the circuit opens for fifteen seconds, doubling to ten minutes, each wait spread by up to a fifth so
that senders do not come back together. Then one message is tried. A carrier that asks to slow down is left alone for
some seconds. The rate is a bucket of tokens that fills by `per_second` and holds a second's worth.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from postloan.care.outreach.models import Route
from postloan.outside.results import SendResult

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=10)
PROBE_TIME = timedelta(minutes=1)  # how long a single tried message may take before another is tried
THROTTLED_FOR = timedelta(seconds=5)


def spread(*, wait: timedelta, key: str) -> timedelta:
    """Return `wait` made longer by up to a fifth, by a number that follows from `key`."""
    return wait * (1 + (zlib.crc32(key.encode()) % 1000) / 5000)


def take_allowance(*, code: str, per_second: float, wanted: int, at: datetime) -> int:
    """Return how many messages may leave by a route now, and take them off its rate; inside a transaction."""
    assert connection.in_atomic_block, "an allowance is taken in the transaction that claims the messages"
    Route.objects.get_or_create(code=code)
    route = Route.objects.select_for_update().get(code=code)
    if route.closed_until_at is not None and at < route.closed_until_at:
        return 0
    allowed = wanted
    if route.opened_at is not None:
        allowed, route.closed_until_at = min(wanted, 1), at + PROBE_TIME
    if per_second:
        passed = (at - route.tokens_at).total_seconds() if route.tokens_at else 1.0
        tokens = min(route.tokens + max(passed, 0.0) * per_second, max(per_second, 1.0))
        allowed = min(allowed, int(tokens))
        route.tokens, route.tokens_at = tokens - allowed, at
    route.save(update_fields=["closed_until_at", "tokens", "tokens_at"])
    return allowed


def give_back(*, code: str, messages: int) -> None:
    """Put unused allowance back; a probe that found nothing to send is no probe."""
    route = Route.objects.select_for_update().get(code=code)
    route.tokens += messages
    if route.opened_at is not None:
        route.closed_until_at = None
    route.save(update_fields=["tokens", "closed_until_at"])


def note_results(*, code: str, results: Sequence[SendResult], at: datetime) -> None:
    """Open or close the circuit of a route by what became of the messages handed to it."""
    if not results:
        return
    route = Route.objects.select_for_update().get(code=code)
    if any(result.accepted for result in results):
        route.last_sent_at = at
    answered = [result for result in results if result.is_reached and result.code]
    if any(result.accepted for result in results) or answered:
        route.failures, route.opened_at, route.closed_until_at = 0, None, None
        if any(result.is_throttled for result in results):
            route.closed_until_at = at + THROTTLED_FOR
    else:
        route.failures += 1
        wait = min(FIRST_WAIT * 2 ** min(route.failures - 1, 10), LONGEST_WAIT)
        route.opened_at = route.opened_at or at
        route.closed_until_at = at + spread(wait=wait, key=f"{code}:{route.failures}")
    route.last_reply = next((f"{r.code} {r.reply}".strip()[:200] for r in results if not r.accepted), "")
    route.save()
