"""What can be seen of a close while it runs: partition by partition, step by step, and the end to expect."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from postloan.close.models import CloseRun
from postloan.close.queries import STEP_ORDER


@dataclass(frozen=True)
class PartitionProgress:
    """One partition: waiting, in a phase at a worker since an instant, or done in so many seconds."""

    partition_no: int
    from_slot: int
    to_slot: int
    state: str  # waiting (not begun), done, or what it is at: wait, read, a step, write_positions, write
    worker: str
    since_at: datetime | None
    seconds: float | None


@dataclass(frozen=True)
class StepProgress:
    """
    One step over all partitions: in how many it is at work, the seconds of those that are done.

    `expected_seconds` is what it will have taken when all are done; None while none is.
    """

    step: str
    at_work: int
    seconds: float
    expected_seconds: float | None


@dataclass(frozen=True)
class Progress:
    """A run as it stands at an instant. `expected_end_at` is None while nothing is done yet and when all is."""

    run: CloseRun
    partitions: tuple[PartitionProgress, ...]
    steps: tuple[StepProgress, ...]
    done: int
    share_done_mille: int
    loans_done: int
    elapsed: timedelta
    expected_end_at: datetime | None


def get_progress(*, run: CloseRun, at: datetime) -> Progress:
    """
    Return how far a run is. The end is expected as if the rest took as long, partition for partition, as what is done.

    Of days closed in one pass ask for the last: its run is the one that workers report to.
    """
    marks = {mark.partition_no: mark for mark in run.marks.all()}
    at_work = {row.partition_no: row for row in run.at_work.all()}
    partitions: list[PartitionProgress] = []
    for number, (from_slot, to_slot) in enumerate(run.partitions):
        mark, work = marks.get(number), at_work.get(number)
        if mark:
            took = round(sum(float(each) for each in mark.step_seconds.values()), 3)
            row = PartitionProgress(number, from_slot, to_slot, "done", "", mark.finished_at, took)
        elif work:
            row = PartitionProgress(number, from_slot, to_slot, work.phase, work.worker, work.since_at, None)
        else:
            row = PartitionProgress(number, from_slot, to_slot, "waiting", "", None, None)
        partitions.append(row)
    done, total = len(marks), max(len(run.partitions), 1)
    elapsed = (run.finished_at or at) - run.started_at
    is_under_way = run.finished_at is None and 0 < done < total
    return Progress(
        run=run,
        partitions=tuple(partitions),
        steps=_steps(partitions, [mark.step_seconds for mark in marks.values()]),
        done=done,
        share_done_mille=1000 if run.finished_at else min(1000 * done // total, 999),
        loans_done=sum(int(mark.counts.get("loans", 0)) for mark in marks.values()),
        elapsed=elapsed,
        expected_end_at=at + elapsed * (total - done) / done if is_under_way else None,
    )


def _steps(partitions: Sequence[PartitionProgress], done: Sequence[Mapping[str, float]]) -> tuple[StepProgress, ...]:
    at_work = Counter(row.state for row in partitions)
    seconds: Counter[str] = Counter()
    for timings in done:
        seconds.update(timings)
    share = len(partitions) / len(done) if done else None
    return tuple(
        StepProgress(
            step=step,
            at_work=at_work[step],
            seconds=float(seconds[step]),
            expected_seconds=seconds[step] * share if share else None,
        )
        for step in STEP_ORDER
    )


def get_run_under_way() -> CloseRun | None:
    """Return the run that works now or was interrupted, the last day of its pass; None where all is closed."""
    return CloseRun.objects.filter(finished_at__isnull=True).order_by("-business_date").first()
