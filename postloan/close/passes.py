"""What one worker is handed: a pass (the days to close) and a partition (the slots to close them for)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Partition:
    """A run of slots, `from_slot` inclusive to `to_slot` exclusive, and its number within the run of the day."""

    partition_no: int
    from_slot: int
    to_slot: int


@dataclass(frozen=True)
class Pass:
    """The days closed in one go, from `from_date` on, one for each run id. Most nights it is one day."""

    from_date: date
    run_ids: tuple[int, ...]

    @property
    def through_date(self) -> date:
        """The last day of the pass."""
        return self.from_date + timedelta(days=len(self.run_ids) - 1)

    def days(self) -> Iterator[tuple[int, date]]:
        """Yield each run with its business date, in order."""
        for place, run_id in enumerate(self.run_ids):
            yield run_id, self.from_date + timedelta(days=place)


@dataclass(frozen=True)
class Fault:
    """A loan that could not be worked out: in which step, and why."""

    loan_id: int
    step: str
    reason: str
