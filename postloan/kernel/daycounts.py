"""
How much of a year (or of a month, or how many days) lies between two dates.

A day count answers with a fraction of whole numbers, never with a float, and does not reduce it,
so that a page can show "31 of 365". Periods are half-open: the first day is inside, the last is
the first day outside. Where the calendar year of a day matters, `first_day_counts` says whether
the day of disbursement bears interest (our default) or the day of payment does (the default of
Apache Fineract); the number of days is the same either way, the split at New Year is not.

Rules with `30_` count 30 days a month **by period, not by date**: a monthly row is 30 days whatever
the calendar says, a row of two weeks 14, a row of five days 5. `30e_360` is the rule by date.
The rule page is docs/rules/rates_and_day_counts.md.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

Unit: TypeAlias = Literal["month", "week", "day"]

DAYS_OF_UNIT: dict[Unit, int] = {"month": 30, "week": 7, "day": 1}
UNITS_OF_YEAR: dict[Unit, int] = {"month": 12, "week": 52, "day": 365}


class DayCount(StrEnum):
    """A rule for the length of a period in years: days, then length of the year."""

    ACT_360 = "act_360"
    ACT_364 = "act_364"
    ACT_365 = "act_365"
    ACT_365_FEB_29 = "act_365_feb_29"  # 366 only where 29 February lies in (from_date, to_date]
    ACT_ACT = "act_act"  # every day over the length of its own calendar year
    ACT_ACT_FIRST_DAY = "act_act_first_day"  # all days over the length of the year of from_date
    PERIOD_30_360 = "30_360"
    PERIOD_30_364 = "30_364"
    PERIOD_30_365 = "30_365"
    PERIOD_30_365_FEB_29 = "30_365_feb_29"
    PERIOD_30_ACT = "30_act"  # 30 days a month over the length of the year of from_date
    EUROPEAN_30E_360 = "30e_360"  # by date: day 31 is taken for day 30
    SAME_AS_PERIOD = "same_as_period"  # a month is 1/12, a week 1/52, a day 1/365


class Share(NamedTuple):
    """A part of a year (or of another period) as whole numbers, not reduced."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Period:
    """
    One row of a schedule in time: dates, and what the row is meant to be.

    `every` and `unit` say what a regular row is (`every=2, unit="week"`). `nominal_days` is set
    on a broken row: how many days the regular row in its place would have. The row then counts
    for days / nominal_days of a regular one under the rules that go by period.
    """

    from_date: date
    to_date: date
    every: int = 1
    unit: Unit = "month"
    nominal_days: int | None = None

    @property
    def days(self) -> int:
        """Calendar days from `from_date` inclusive to `to_date` exclusive."""
        return (self.to_date - self.from_date).days


def year_share(*, day_count: DayCount, period: Period, first_day_counts: bool = True) -> Share:
    """
    Return the length of `period` in years.

    >>> february = Period(date(2024, 2, 1), date(2024, 3, 1))
    >>> year_share(day_count=DayCount.ACT_365, period=february)
    Share(numerator=29, denominator=365)
    >>> year_share(day_count=DayCount.PERIOD_30_360, period=february)
    Share(numerator=30, denominator=360)
    """
    match day_count:
        case DayCount.ACT_ACT:
            return _split_by_year(period=period, first_day_counts=first_day_counts)
        case DayCount.EUROPEAN_30E_360:
            return Share(_days_30e(period.from_date, period.to_date), 360)
        case DayCount.SAME_AS_PERIOD:
            return _of_regular(period=period, numerator=period.every, denominator=UNITS_OF_YEAR[period.unit])
    year_days = _year_days(day_count=day_count, period=period)
    if day_count.value.startswith("act_"):
        return Share(period.days, year_days)
    return _of_regular(period=period, numerator=DAYS_OF_UNIT[period.unit] * period.every, denominator=year_days)


def month_share(*, period: Period) -> Share:
    """
    Return the length of `period` in months, for a rate quoted per month.

    Monthly rows are whole months by their place in the schedule; a broken one counts by days of
    the regular row; rows of weeks or days count 30 days to the month.
    """
    if period.unit == "month":
        return _of_regular(period=period, numerator=period.every, denominator=1)
    return Share(period.days, 30)


def day_share(*, period: Period) -> Share:
    """Return the length of `period` in days, for a rate quoted per day."""
    return Share(period.days, 1)


def length_of_year(*, year: int) -> int:
    """Return 366 for a leap year, else 365."""
    return 366 if calendar.isleap(year) else 365


def _of_regular(*, period: Period, numerator: int, denominator: int) -> Share:
    """Scale the share of a regular row by the days of a broken one."""
    if period.nominal_days is None:
        return Share(numerator, denominator)
    return Share(numerator * period.days, denominator * period.nominal_days)


def _year_days(*, day_count: DayCount, period: Period) -> int:
    match day_count:
        case DayCount.ACT_360 | DayCount.PERIOD_30_360:
            return 360
        case DayCount.ACT_364 | DayCount.PERIOD_30_364:
            return 364
        case DayCount.ACT_365 | DayCount.PERIOD_30_365:
            return 365
        case DayCount.ACT_ACT_FIRST_DAY | DayCount.PERIOD_30_ACT:
            return length_of_year(year=period.from_date.year)
        case DayCount.ACT_365_FEB_29 | DayCount.PERIOD_30_365_FEB_29:
            return 366 if _contains_feb_29(period) else 365
    raise AssertionError(day_count)


def _contains_feb_29(period: Period) -> bool:
    """Say whether 29 February lies after `from_date` and on or before `to_date`."""
    years = range(period.from_date.year, period.to_date.year + 1)
    leap_days = (date(year, 2, 29) for year in years if calendar.isleap(year))
    return any(period.from_date < leap_day <= period.to_date for leap_day in leap_days)


def _split_by_year(*, period: Period, first_day_counts: bool) -> Share:
    """Put every interest day over the length of its own year; one common denominator for the sum."""
    shift = timedelta(days=0 if first_day_counts else 1)
    first, end = period.from_date + shift, period.to_date + shift
    in_common = in_leap = 0
    while first < end:
        year_end = min(end, date(first.year + 1, 1, 1))
        if calendar.isleap(first.year):
            in_leap += (year_end - first).days
        else:
            in_common += (year_end - first).days
        first = year_end
    if in_leap == 0:
        return Share(in_common, 365)
    if in_common == 0:
        return Share(in_leap, 366)
    return Share(in_common * 366 + in_leap * 365, 365 * 366)


def _days_30e(first: date, end: date) -> int:
    months = (end.year - first.year) * 12 + end.month - first.month
    return months * 30 + min(end.day, 30) - min(first.day, 30)
