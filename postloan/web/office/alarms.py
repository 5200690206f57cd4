"""What is not as it should be, said once: days late in a row are one line, not one each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from postloan.books.mirror.queries import get_open_file_alarms
from postloan.close.models import CloseAlarm
from postloan.close.queries import count_open_faults, get_open_alarms


@dataclass(frozen=True)
class AlarmLine:
    """Days with the same alarm; `run_date` is the last of them that has a run to look at."""

    kind: str
    days: tuple[date, ...]
    run_date: date | None


@dataclass(frozen=True)
class Alarms:
    """What the office is told above its pages."""

    lines: tuple[AlarmLine, ...]
    open_faults: int
    missing_files: int


def get_alarms() -> Alarms:
    """Return what is open: alarms of days by kind, and how many loans are set aside."""
    return Alarms(
        lines=tuple(_lines(get_open_alarms())),
        open_faults=count_open_faults(),
        missing_files=len(get_open_file_alarms()),
    )


def _lines(alarms: Iterable[CloseAlarm]) -> Iterable[AlarmLine]:
    by_kind: dict[str, list[CloseAlarm]] = {kind: [] for kind in CloseAlarm.Kind.values}
    for alarm in alarms:
        by_kind[alarm.kind].append(alarm)
    not_begun = {alarm.business_date for alarm in by_kind[CloseAlarm.Kind.NOT_STARTED]}
    for kind, found in by_kind.items():
        told = [
            alarm for alarm in found if kind != CloseAlarm.Kind.NOT_FINISHED or alarm.business_date not in not_begun
        ]
        if told:
            with_run = [alarm.business_date for alarm in told if getattr(alarm, "has_run", False)]
            yield AlarmLine(
                kind=kind,
                days=tuple(alarm.business_date for alarm in told),
                run_date=with_run[-1] if with_run else None,
            )
