"""Questions about the night shift: its runs, one run with its partitions, loans set aside."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from postloan.close.models import CloseAlarm, ClosePartition, CloseRun, FaultyLoan
from postloan.close.steps import STEPS

# In the order in which things happen; the database keeps no order inside JSON.
STEP_ORDER = ("wait", "read", *(step.__name__ for step in STEPS), "write_positions", "write")
COUNT_ORDER = (
    "loans",
    "loans_changed",
    "instalments_raised",
    "instalments_changed",
    "allocations",
    "entries",
    "postings",
    "reminders",
    "positions",
    "faults",
)


@dataclass(frozen=True)
class StepTiming:
    """Seconds one step took over all partitions, and its share of the slowest step in thousandths."""

    step: str
    seconds: float
    share_of_slowest_mille: int


@dataclass(frozen=True)
class RunSummary:
    """What a run did over all its partitions: counts by name, timings by step."""

    counts: dict[str, int]
    steps: tuple[StepTiming, ...]
    step_seconds: float
    elapsed: timedelta | None


def find_runs() -> QuerySet[CloseRun]:
    """Return the runs, the latest day first, with how many partitions are done."""
    return CloseRun.objects.annotate(partitions_done=Count("marks")).order_by("-business_date")


def get_run(*, business_date: date) -> CloseRun:
    """Return the run of one business date with its partitions in order. Raises CloseRun.DoesNotExist."""
    marks = Prefetch("marks", queryset=ClosePartition.objects.order_by("partition_no"))
    return CloseRun.objects.prefetch_related(marks).get(business_date=business_date)


def get_neighbours(*, business_date: date) -> tuple[date | None, date | None]:
    """Return the business dates closed before and after this one."""
    dates = CloseRun.objects.values_list("business_date", flat=True)
    before = dates.filter(business_date__lt=business_date).order_by("-business_date").first()
    after = dates.filter(business_date__gt=business_date).order_by("business_date").first()
    return before, after


def summarise(*, run: CloseRun, marks: Sequence[ClosePartition]) -> RunSummary:
    """Return the sums over the partitions of a run; steps stay in the order in which they ran."""
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    for mark in marks:
        counts.update({name: value for name, value in mark.counts.items() if isinstance(value, int)})
        for step, took in mark.step_seconds.items():
            seconds[step] = seconds.get(step, 0.0) + float(took)
    slowest = max(seconds.values(), default=0.0)
    steps = tuple(
        StepTiming(step, seconds[step], round(1000 * seconds[step] / slowest) if slowest else 0)
        for step in _in_order(seconds, STEP_ORDER)
    )
    return RunSummary(
        counts={name: counts[name] for name in _in_order(counts, COUNT_ORDER)},
        steps=steps,
        step_seconds=sum(seconds.values()),
        elapsed=run.finished_at - run.started_at if run.finished_at else None,
    )


def _in_order(names: Iterable[str], order: Sequence[str]) -> list[str]:
    """Return the names in `order`; what it does not know comes last."""
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def get_faults(*, business_date: date | None = None, only_open: bool = False) -> list[FaultyLoan]:
    """Return loans set aside, the latest first: on one business date, or those still open."""
    faults = FaultyLoan.objects.select_related("loan").order_by("-found_at")
    if business_date is not None:
        faults = faults.filter(business_date=business_date)
    return list(faults.filter(solved_at__isnull=True)[:500] if only_open else faults[:500])


def find_faults(*, only: str = "open", step: str = "", text: str = "") -> QuerySet[FaultyLoan]:
    """
    Return loans set aside, those still open first, then the latest; none of it read yet.

    `only` is open, solved or all; `text` is a loan's id, or the beginning of the id in the lender's earlier system.
    """
    faults = FaultyLoan.objects.select_related("loan__product_version__product")
    faults = faults.order_by(F("solved_at").desc(nulls_first=True), "-found_at", "-pk")
    if only != "all":
        faults = faults.filter(solved_at__isnull=only == "open")
    if step:
        faults = faults.filter(step=step)
    if wanted := text.strip():
        by_number = Q(loan_id=int(wanted)) if wanted.isdecimal() and len(wanted) < 18 else Q()
        faults = faults.filter(Q(loan__external_id__startswith=wanted) | by_number)
    return faults


def get_fault(*, fault_id: int) -> FaultyLoan:
    """Return one fault with its loan and product. Raises FaultyLoan.DoesNotExist."""
    return FaultyLoan.objects.select_related("loan__product_version__product").get(pk=fault_id)


def get_faults_of_loan(*, loan_id: int) -> list[FaultyLoan]:
    """Return every time a loan was set aside, the latest first."""
    return list(FaultyLoan.objects.filter(loan_id=loan_id).order_by("-found_at", "-pk"))


def get_open_alarms() -> list[CloseAlarm]:
    """Return the alarms that are not put right yet, the oldest day first; `has_run` says whether there is a run."""
    run = CloseRun.objects.filter(business_date=OuterRef("business_date"))
    alarms = CloseAlarm.objects.filter(solved_at__isnull=True).annotate(has_run=Exists(run))
    return list(alarms.order_by("business_date", "kind"))


def count_open_faults() -> int:
    """Return how many loans are set aside now."""
    return FaultyLoan.objects.filter(solved_at__isnull=True).count()


def get_last_finished_run() -> CloseRun | None:
    """Return the run of the latest day that is closed and checked, with its partitions."""
    return (
        CloseRun.objects.filter(finished_at__isnull=False).prefetch_related("marks").order_by("-business_date").first()
    )
