"""Local clocks: when a window of hours closes and opens, when days begin, over several time zones at once."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_END_OF_DAY = time.max


class NoSuchZone(ValueError):
    """The name is not a time zone of the IANA list."""


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name; anything else is refused."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchZone(f"{name} is not an IANA time zone") from error


def _known(name: str) -> str:
    zone(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known)]


def local_date(*, at: datetime, name: str) -> date:
    """Return the calendar date of an instant in a zone."""
    return at.astimezone(zone(name)).date()


def midnight(*, on: date, name: str) -> datetime:
    """Return the instant at which a local date begins; where the clock skips midnight, the first instant after."""
    return _instant(on=on, clock=time(0), name=name, fold=0)


def _instant(*, on: date, clock: time, name: str, fold: int) -> datetime:
    return datetime.combine(on, clock, tzinfo=zone(name)).replace(fold=fold).astimezone(UTC)


def closed_until(
    *, at: datetime, name: str, start: time, end: time, days: Iterable[int], start_closed: bool, end_closed: bool
) -> datetime | None:
    """
    Return until when hours of the local clock are closed at an instant; None when they are not.

    The clock is read to the second. An `end` at or before `start` lies on the next day; `days` (Monday is 1) are
    the days on which the hours begin. What is returned is the first instant of the first second that is open by
    these hours, or an earlier instant at which to look again (a clock set forward or back).
    """
    local = at.astimezone(zone(name))
    clock = local.time().replace(microsecond=0)
    wraps = end <= start
    after_start = clock >= start if start_closed else clock > start
    before_end = clock <= end if end_closed else clock < end
    if wraps:
        begun = local.date() if after_start else local.date() - DAY if before_end else None
    else:
        begun = local.date() if after_start and before_end else None
    if begun is None or begun.isoweekday() not in tuple(days):
        return None
    last = begun + DAY if wraps else begun
    if end == _END_OF_DAY:
        return _first_after(at=at, edges=[midnight(on=last + DAY, name=name)])
    extra = SECOND if end_closed else timedelta(0)
    edge = _instant(on=last, clock=end, name=name, fold=0) + extra
    if edge > at:
        return edge
    return _first_after(at=at, edges=[_instant(on=last, clock=end, name=name, fold=1) + extra])


def next_edge(*, at: datetime, name: str, edges: Iterable[time]) -> datetime:
    """Return the first instant after `at` at which the local clock shows one of these times, or is a second past it."""
    on = at.astimezone(zone(name)).date()
    found = [
        _instant(on=on + DAY * ahead, clock=edge, name=name, fold=fold) + extra
        for ahead in (0, 1)
        for edge in edges
        for fold in (0, 1)
        for extra in (timedelta(0), SECOND)
    ]
    found += [midnight(on=on + DAY, name=name)]
    return _first_after(at=at, edges=found)


def _first_after(*, at: datetime, edges: list[datetime]) -> datetime:
    later = [edge for edge in edges if edge > at]
    return min(later) if later else at + SECOND
