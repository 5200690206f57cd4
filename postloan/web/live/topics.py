"""
What can be followed. A topic has a version: a short text that is another one when something of it has changed.

The version is read from the tables themselves. So a call that was missed costs some delay and nothing else, and a
page that comes back with the version it saw last is told at once whether it missed anything.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from postloan.books.loans.models import ImportBatch
from postloan.care.outreach.models import Message
from postloan.close.models import CloseRun, FaultyLoan, PartitionAtWork
from postloan.ground.access.roles import OFFICE, Role

WAITING_MOST = 5_000  # messages that wait are counted no further
LATEST = 200


@dataclass(frozen=True)
class Topic:
    """Something that changes, who may follow it, and how its version is read."""

    name: str
    roles: frozenset[Role]
    facts: Callable[[], tuple[object, ...]]

    def version(self) -> str:
        """Return the version as it stands."""
        written = "|".join(str(fact) for fact in self.facts())
        return hashlib.sha256(written.encode()).hexdigest()[:16]


def _close() -> tuple[object, ...]:
    latest = CloseRun.objects.order_by("-business_date").values_list("pk", "state", "finished_at", "pass_through_date")
    under_way = CloseRun.objects.filter(finished_at__isnull=True).aggregate(runs=Count("pk"), marks=Count("marks"))
    at_work = PartitionAtWork.objects.aggregate(rows=Count("pk"), since_at=Max("since_at"))
    faults = FaultyLoan.objects.aggregate(last=Max("pk"), solved_at=Max("solved_at"))
    return (latest.first(), *under_way.values(), *at_work.values(), *faults.values())


def _imports() -> tuple[object, ...]:
    return (ImportBatch.objects.aggregate(last=Max("pk"))["last"],)


def _outbox() -> tuple[object, ...]:
    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    waiting = Message.objects.filter(state__in=["queued", "sending"]).values("pk")[:WAITING_MOST].count()
    recent = Message.objects.filter(pk__gt=last - LATEST)
    states = recent.aggregate(sent_at=Max("sent_at"), failed=Count("pk", filter=Q(state="failed")))
    return (last, waiting, *states.values())


TOPICS = {
    topic.name: topic
    for topic in (
        Topic("close", OFFICE, _close),
        Topic("imports", OFFICE, _imports),
        Topic("outbox", OFFICE, _outbox),
    )
}


def versions_of(names: Collection[str]) -> dict[str, str]:
    """Return the versions of several topics."""
    return {name: TOPICS[name].version() for name in sorted(names)}
