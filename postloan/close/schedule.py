"""
When the queue does what a lender does every day (setting SCHEDULE): the hours, what is due, what comes next.

Work is looked for by what was not done, not by what the clock strikes: a machine that slept through an hour does the
work when it wakes. Of several hours that were missed only the last is made up for; each work does all there is to do.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from postloan.close.models import ScheduledWork

TRIED_AGAIN_AFTER = timedelta(minutes=5)


class NotAnHour(ValueError):
    """An hour of the setting SCHEDULE is not HH:MM."""


@dataclass(frozen=True)
class Due:
    """Work whose hour has come and which is not done."""

    name: str
    due_at: datetime


@dataclass(frozen=True)
class Planned:
    """One work of the schedule: its hours in the lender's time zone, how it went last, when it is done next."""

    name: str
    hours: tuple[time, ...]
    last: ScheduledWork | None
    next_at: datetime | None


def hours_of(*, name: str) -> tuple[time, ...]:
    """Return the hours of a work, in order; none where it is not scheduled. Refuses with NotAnHour."""
    words = [word.strip() for word in settings.SCHEDULE.get(name, "").split(",")]
    try:
        return tuple(sorted(time.fromisoformat(word) for word in words if word))
    except ValueError as error:
        raise NotAnHour(f"{name}: {error}") from error


def find_due(*, at: datetime) -> list[Due]:
    """Return the work that is to be begun or tried again at `at`. What runs is left to its worker."""
    found = []
    for name in settings.SCHEDULE:
        due_at = _last_hour(name=name, at=at)
        if due_at is None:
            continue
        known = ScheduledWork.objects.filter(name=name, due_at=due_at).first()
        rests = known is not None and known.state in {ScheduledWork.State.WAITING, ScheduledWork.State.FAILED}
        if known is None or (rests and known.finished_at and known.finished_at + TRIED_AGAIN_AFTER <= at):
            found.append(Due(name=name, due_at=due_at))
    return found


def get_schedule(*, at: datetime) -> list[Planned]:
    """Return every work with its last and next time, in the order of the setting."""
    return [
        Planned(
            name=name,
            hours=hours_of(name=name),
            last=ScheduledWork.objects.filter(name=name).order_by("-due_at").first(),
            next_at=_next_hour(name=name, at=at),
        )
        for name in settings.SCHEDULE
    ]


def day_to_close(*, due_at: datetime) -> date:
    """
    Return the business date that the close of an hour is for: that day, or the day before where the hour is a morning's.

    >>> from datetime import UTC
    >>> day_to_close(due_at=datetime(2018, 7, 1, 15, 55, tzinfo=UTC))  # 23:55 in Shanghai
    datetime.date(2018, 7, 1)
    """
    here = timezone.localtime(due_at, timezone.get_default_timezone())
    return here.date() if here.hour >= 12 else here.date() - timedelta(days=1)


def _last_hour(*, name: str, at: datetime) -> datetime | None:
    return max((moment for moment in _moments(name, at) if moment <= at), default=None)


def _next_hour(*, name: str, at: datetime) -> datetime | None:
    return min((moment for moment in _moments(name, at) if moment > at), default=None)


def _moments(name: str, at: datetime) -> list[datetime]:
    zone = timezone.get_default_timezone()
    today = timezone.localtime(at, zone).date()
    days = [today + timedelta(days=place) for place in (-1, 0, 1)]
    return [timezone.make_aware(datetime.combine(day, hour), zone) for day in days for hour in hours_of(name=name)]
