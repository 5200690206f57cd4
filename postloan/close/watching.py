"""What can be seen of a close while it runs: each partition's phase, the share done, the end to expect."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from postloan.close.models import CloseRun


@dataclass(frozen=True)
class PartitionProgress:
    """One partition: waiting, in a phase at a worker since an instant, or done in so many seconds."""

    partition_no: int
    from_slot: int
    to_slot: int
    state: str  # waiting, read, work, write or done
    worker: str
    since_at: datetime | None
    seconds: float | None


@dataclass(frozen=True)
class Progress:
    """A run as it stands at an instant. `expected_end_at` is None while nothing is done yet and when all is."""

    run: CloseRun
    partitions: tuple[PartitionProgress, ...]
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
        done=done,
        share_done_mille=1000 if run.finished_at else min(1000 * done // total, 999),
        loans_done=sum(int(mark.counts.get("loans", 0)) for mark in marks.values()),
        elapsed=elapsed,
        expected_end_at=at + elapsed * (total - done) / done if is_under_way else None,
    )


def get_run_under_way() -> CloseRun | None:
    """Return the run that works now or was interrupted, the last day of its pass; None where all is closed."""
    return CloseRun.objects.filter(finished_at__isnull=True).order_by("-business_date").first()
