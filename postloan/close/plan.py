"""Cut a night into partitions: as few as keep each within memory, each a run of neighbouring slots."""

from datetime import date, timedelta
from math import ceil

from django.conf import settings
from django.db.models import Q

from postloan.books.ledger.models import SLOTS
from postloan.books.loans.models import Loan
from postloan.close.book import is_last_of_month
from postloan.close.passes import Partition

LARGER_FOR_MANY_DAYS = 4


def plan_partitions(*, from_date: date, through_date: date) -> list[Partition]:
    """Return the partitions of a pass, by the number of loans with something to do in it."""
    has_work = Q(next_event_date__lte=through_date)
    days = (through_date - from_date).days + 1
    if any(is_last_of_month(from_date + timedelta(days=place)) for place in range(days)):
        has_work |= Q(status=Loan.Status.ACTIVE)
    loans = Loan.objects.filter(has_work, slot__in=range(SLOTS), set_aside_at__isnull=True).count()
    # A night costs the same few milliseconds however few loans it has: many days at once want larger partitions.
    size = settings.CLOSE_LOANS_PER_PARTITION * (LARGER_FOR_MANY_DAYS if days > 1 else 1)
    return cut_slots(parts=max(1, ceil(loans / size)))


def cut_slots(*, parts: int) -> list[Partition]:
    """Return the slots as `parts` runs of nearly equal length, at most one a slot."""
    parts = min(parts, SLOTS)
    edges = [round(no * SLOTS / parts) for no in range(parts + 1)]
    return [Partition(no, edges[no], edges[no + 1]) for no in range(parts)]
