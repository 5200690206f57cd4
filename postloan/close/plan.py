"""Cut a night into partitions: as few as keep each within memory, each a run of neighbouring slots."""

from datetime import date, timedelta
from math import ceil

from django.conf import settings
from django.db.models import Q

from postloan.books.ledger.models import SLOTS
from postloan.books.loans.models import Loan
from postloan.close.partitions import Partition


def plan_partitions(*, business_date: date) -> list[Partition]:
    """Return the partitions of a day's close, by the number of loans with something to do."""
    has_work = Q(next_event_date__lte=business_date)
    if (business_date + timedelta(days=1)).day == 1:
        has_work |= Q(status=Loan.Status.ACTIVE)
    loans = Loan.objects.filter(has_work, set_aside_at__isnull=True).count()
    return cut_slots(parts=max(1, ceil(loans / settings.CLOSE_LOANS_PER_PARTITION)))


def cut_slots(*, parts: int) -> list[Partition]:
    """Return the slots as `parts` runs of nearly equal length, at most one a slot."""
    parts = min(parts, SLOTS)
    edges = [round(no * SLOTS / parts) for no in range(parts + 1)]
    return [Partition(no, edges[no], edges[no + 1]) for no in range(parts)]
