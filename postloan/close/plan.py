"""
Cut a night into partitions, each a run of neighbouring slots.

A receipt waits for its partition, so partitions are small (docs/decisions/0069-small-partitions-of-neighbours.md).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise
from math import ceil

from django.conf import settings
from django.db.models import Count, F, Q

from postloan.books.ledger.models import SLOT_COUNT
from postloan.books.loans.models import Loan
from postloan.close.book import is_last_of_month
from postloan.close.models import ClosePartition, CloseRun
from postloan.close.passes import Partition

LARGER_FOR_MANY_DAYS = 4
LOANS_AT_LEAST = 500  # fewer a partition, and a night costs more in commits than in work
NIGHTS_LOOKED_AT = 3


def plan_partitions(*, from_date: date, through_date: date) -> list[Partition]:
    """Return the partitions of a pass, by the number of loans with something to do in it."""
    has_work = Q(next_event_date__lte=through_date)
    days = (through_date - from_date).days + 1
    if any(is_last_of_month(from_date + timedelta(days=place)) for place in range(days)):
        has_work |= Q(status=Loan.Status.ACTIVE)
    with_work = Loan.objects.filter(has_work, slot__in=range(SLOT_COUNT), set_aside_at__isnull=True)
    loans = dict(with_work.values_list("slot").annotate(Count("pk")).order_by())
    # A night costs the same few milliseconds however few loans it has: many days at once want larger partitions.
    size = _loans_per_partition() * (LARGER_FOR_MANY_DAYS if days > 1 else 1)
    return cut_slots(loans=[loans.get(slot, 0) for slot in range(SLOT_COUNT)], size=size)


def _loans_per_partition() -> int:
    """
    Return how many loans a partition is to hold: CLOSE_LOANS_PER_PARTITION, fewer where this machine is slow.

    Receipts wait for their partition, so it is to hold its slots no longer than CLOSE_HELD_MS_AIM at the pace of the
    slowest of the last nights. Nights of several days and those that had little to do say nothing about the pace.
    """
    most: int = settings.CLOSE_LOANS_PER_PARTITION
    of_several_days = CloseRun.objects.exclude(pass_through_date=F("business_date")).values("pass_through_date")
    nights = CloseRun.objects.filter(finished_at__isnull=False, pass_through_date=F("business_date"))
    nights = nights.exclude(business_date__in=of_several_days.filter(pass_through_date__isnull=False))
    ids = list(nights.order_by("-business_date").values_list("pk", flat=True)[:NIGHTS_LOOKED_AT])
    held, loans = Counter[int](), Counter[int]()
    for mark in ClosePartition.objects.filter(run_id__in=ids, held_ms__isnull=False):
        held[mark.run_id] += mark.held_ms or 0
        loans[mark.run_id] += mark.counts.get("loans", 0)
    paces = [held[run_id] / loans[run_id] for run_id in ids if loans[run_id] >= LOANS_AT_LEAST and held[run_id]]
    if not paces:
        return most
    return min(most, max(LOANS_AT_LEAST, int(settings.CLOSE_HELD_MS_AIM / max(paces))))


def cut_slots(*, loans: Sequence[int], size: int) -> list[Partition]:
    """
    Return the slots as runs that hold about equally many loans each, `size` at most.

    `loans` is how many there are in each slot. A slot is never cut, so a run may hold
    up to one slot more than its share.
    """
    parts = max(1, ceil(sum(loans) / size))
    held = list(accumulate(loans))
    cuts = (bisect_left(held, part * held[-1] / parts) + 1 for part in range(1, parts))
    edges = sorted({0, len(loans), *cuts})
    return [Partition(no, *run) for no, run in enumerate(pairwise(edges))]
