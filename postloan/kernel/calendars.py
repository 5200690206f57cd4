"""
When instalments fall due, and what a holiday changes.

Every due date is counted from the seed, never from the due date before it: 31 January, 29 February,
31 March. A month without the seed's day ends early (Civil Code of China, Articles 201 and 202, say
the same). Three dates are kept apart, because a single shifted field moves interest and days past
due by accident: `due_date` (what the contract says and what interest runs to), `last_free_date`
(last day to pay without penalty) and `collect_date` (day of the direct debit). Holidays are data.
The rule page is docs/rules/due_dates.md.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from postloan.kernel.daycounts import DAYS_OF_UNIT, Unit

# No civil calendar rests for longer than this; beyond it the holiday data are wrong.
LONGEST_REST_DAYS = 60


class MonthEnd(StrEnum):
    """What a seed on the last day of its month means, and a month that lacks the seed's day."""

    SAME_DAY = "same_day"  # 30 June, 30 July, 30 August; 31 January, 28 February, 31 March
    ROLLS_OVER = "rolls_over"  # 31 January, 1 March, 31 March, 1 May
    STAYS_MONTH_END = "stays_month_end"  # 30 June, 31 July, 31 August


class Shift(StrEnum):
    """Where a date goes that falls on a day without business."""

    NONE = "none"
    FOLLOWING = "following"  # first business day after it
    MODIFIED_FOLLOWING = "modified_following"  # the same, but not into the next month: then back
    PRECEDING = "preceding"  # last business day before it


class NoBusinessDays(ValueError):
    """The calendar rests for two months on end: the holiday data are wrong."""


class DemandDates(NamedTuple):
    """The three dates of one instalment."""

    due_date: date
    last_free_date: date
    collect_date: date


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """
    Days without business, as data: a public list for one jurisdiction and span of years.

    `weekend` holds weekdays (Monday is 0). A day in `make_up_days` is worked although it falls
    on a weekend; a day in `holidays` is free whatever else is said of it.
    """

    holidays: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def is_working_day(self, day: date) -> bool:
        """Say whether business is done on `day`."""
        if day in self.holidays:
            return False
        return day in self.make_up_days or day.weekday() not in self.weekend


def add_months(*, seed_date: date, months: int, seed_day: int | None = None) -> date:
    """
    Return the day `months` after the month of `seed_date`, on `seed_day` (that of the seed if None).

    A month without that day gives its last day.

    >>> [add_months(seed_date=date(2024, 1, 31), months=n).isoformat() for n in (1, 2, 3)]
    ['2024-02-29', '2024-03-31', '2024-04-30']
    """
    year, month = divmod(seed_date.year * 12 + seed_date.month - 1 + months, 12)
    wanted = seed_date.day if seed_day is None else seed_day
    assert 1 <= wanted <= 31, wanted
    return date(year, month + 1, min(wanted, calendar.monthrange(year, month + 1)[1]))


def step_date(
    *,
    seed_date: date,
    steps: int,
    every: int = 1,
    unit: Unit = "month",
    seed_day: int | None = None,
    month_end: MonthEnd = MonthEnd.SAME_DAY,
) -> date:
    """Return the date `steps` periods after (or, if negative, before) the seed, counted from the seed."""
    if unit != "month":
        return seed_date + timedelta(days=steps * every * DAYS_OF_UNIT[unit])
    if month_end is MonthEnd.STAYS_MONTH_END and seed_day is None and _is_month_end(seed_date):
        seed_day = 31
    if month_end is MonthEnd.ROLLS_OVER:
        return _roll_over(seed_date=seed_date, months=steps * every, seed_day=seed_day or seed_date.day)
    return add_months(seed_date=seed_date, months=steps * every, seed_day=seed_day)


def due_dates(
    *,
    first_due_date: date,
    count: int,
    every: int = 1,
    unit: Unit = "month",
    seed_day: int | None = None,
    month_end: MonthEnd = MonthEnd.SAME_DAY,
) -> list[date]:
    """
    Return `count` due dates; the first is the seed.

    `seed_day` keeps a day that the first date could not show: a first due date of 29 February
    with `seed_day=31` goes on with 31 March.

    >>> dates = due_dates(first_due_date=date(2024, 2, 29), count=3, seed_day=31)
    >>> [day.isoformat() for day in dates]
    ['2024-02-29', '2024-03-31', '2024-04-30']
    """
    return [
        step_date(seed_date=first_due_date, steps=step, every=every, unit=unit, seed_day=seed_day, month_end=month_end)
        for step in range(count)
    ]


def first_due_date_on(*, start_date: date, due_day: int, minimum_days: int = 1) -> date:
    """
    Return the first date on day `due_day` of a month that lies `minimum_days` or more after `start_date`.

    This is the due-day rule of a product ("always on the 15th"); the first period is broken unless
    the loan starts on that day.

    >>> first_due_date_on(start_date=date(2024, 1, 20), due_day=31, minimum_days=15)
    datetime.date(2024, 2, 29)
    """
    earliest = start_date + timedelta(days=minimum_days)
    same_month = add_months(seed_date=earliest, months=0, seed_day=due_day)
    if same_month >= earliest:
        return same_month
    return add_months(seed_date=earliest, months=1, seed_day=due_day)


def shift_date(*, day: date, calendar: WorkingCalendar, shift: Shift) -> date:
    """
    Return `day`, or the business day that `shift` puts in its place.

    Raises:
        NoBusinessDays: if there is none within two months.
    """
    if shift is Shift.NONE or calendar.is_working_day(day):
        return day
    if shift is Shift.PRECEDING:
        return _nearest_working_day(day=day, calendar=calendar, step=-1)
    following = _nearest_working_day(day=day, calendar=calendar, step=1)
    if shift is Shift.MODIFIED_FOLLOWING and following.month != day.month:
        return _nearest_working_day(day=day, calendar=calendar, step=-1)
    return following


def demand_dates(
    *,
    due_date: date,
    calendar: WorkingCalendar,
    last_free: Shift = Shift.FOLLOWING,
    collect: Shift = Shift.FOLLOWING,
) -> DemandDates:
    """
    Return the three dates of an instalment; `due_date` itself is never moved.

    The default for `last_free` is the law of China where the contract is silent: a period that
    ends on a statutory holiday ends on the day after it (Civil Code, Article 203); contracts may
    say otherwise (Article 204).
    """
    return DemandDates(
        due_date=due_date,
        last_free_date=shift_date(day=due_date, calendar=calendar, shift=last_free),
        collect_date=shift_date(day=due_date, calendar=calendar, shift=collect),
    )


def add_months_many(
    *, seed_dates: npt.NDArray[np.datetime64], months: npt.NDArray[np.int64] | int, seed_days: npt.NDArray[np.int64]
) -> npt.NDArray[np.datetime64]:
    """Return `add_months` element by element, on datetime64[D] with the seed day of each."""
    month = seed_dates.astype("datetime64[M]").astype(np.int64) + np.asarray(months, dtype=np.int64)
    if month.size == 0:
        return month.astype("datetime64[D]")
    # One short table of month starts: converting every date by itself is ten times slower.
    first_month = int(month.min())
    starts = np.arange(first_month, int(month.max()) + 2).astype("datetime64[M]").astype("datetime64[D]")
    lengths = np.diff(starts).astype(np.int64)
    place = month - first_month
    last_day: npt.NDArray[np.datetime64] = starts[place] + (np.minimum(seed_days, lengths[place]) - 1)
    return last_day


def day_of_month_many(*, dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return the day of the month, 1 to 31, of each date."""
    days = dates.astype("datetime64[D]")
    of_month: npt.NDArray[np.int64] = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return of_month


def _roll_over(*, seed_date: date, months: int, seed_day: int) -> date:
    """Return the seed's day of the month, or the first of the next month where it is missing."""
    clamped = add_months(seed_date=seed_date, months=months, seed_day=seed_day)
    return clamped if clamped.day == seed_day else clamped + timedelta(days=1)


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _nearest_working_day(*, day: date, calendar: WorkingCalendar, step: int) -> date:
    for candidate in _days_from(day, step):
        if calendar.is_working_day(candidate):
            return candidate
    raise NoBusinessDays(day)


def _days_from(day: date, step: int) -> Iterator[date]:
    return (day + timedelta(days=step * n) for n in range(1, LONGEST_REST_DAYS + 1))
