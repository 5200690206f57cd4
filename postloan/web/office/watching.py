"""
A night that is being closed, as those who watch it see it: how far, what is in hand, when it will end.

Pages ask again every second. One look is three short questions of the database,
and a page in the background does not ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from postloan.close.models import ClosePartition, CloseRun, PartitionAtWork

RECENT_PARTITIONS = 20  # the pace is theirs: a run that was killed and taken up again does not count its pause
SILENT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class NightSeen:
    """
    A run at one instant.

    `expected_at` is None until a partition is done; `silent_for` is None while
    something was heard of the run within SILENT_AFTER.
    """

    done: int
    total: int
    at_work: tuple[PartitionAtWork, ...]
    elapsed: timedelta
    expected_at: datetime | None
    silent_for: timedelta | None

    @property
    def share_mille(self) -> int:
        """How much is done, in thousandths."""
        return 1000 * self.done // self.total if self.total else 0

    @property
    def left(self) -> int:
        """Partitions nobody has in hand yet."""
        return max(self.total - self.done - len(self.at_work), 0)


def see_night(
    *, run: CloseRun, marks: Sequence[ClosePartition], at_work: Sequence[PartitionAtWork], at: datetime
) -> NightSeen:
    """Return how far a run is at the instant `at`."""
    done = {mark.partition_no for mark in marks}
    in_hand = tuple(row for row in at_work if row.partition_no not in done)
    heard_at = max([run.started_at, *(mark.finished_at for mark in marks), *(row.since_at for row in in_hand)])
    return NightSeen(
        done=len(done),
        total=len(run.partitions),
        at_work=in_hand,
        elapsed=at - run.started_at,
        expected_at=_expected_at(run=run, marks=marks, at=at),
        silent_for=at - heard_at if at - heard_at > SILENT_AFTER else None,
    )


def _expected_at(*, run: CloseRun, marks: Sequence[ClosePartition], at: datetime) -> datetime | None:
    """Return when the run ends at the pace of its latest partitions, never before `at`."""
    recent = sorted(mark.finished_at for mark in marks)[-RECENT_PARTITIONS:]
    if not recent:
        return None
    if len(recent) == RECENT_PARTITIONS:
        pace = (recent[-1] - recent[0]) / (RECENT_PARTITIONS - 1)
    else:
        pace = (recent[-1] - run.started_at) / len(recent)
    return max(recent[-1] + pace * (len(run.partitions) - len(marks)), at)
