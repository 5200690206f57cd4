"""
How long it is between two dates, for annual rates: whole periods, and the odd days that are left.

Whole periods are counted back from the later date; the odd days lie at the front. That is the rule
of the European Union (Directive 2014/17/EU, Annex I, remark c) as well as that of the United States
(Regulation Z, Appendix J, paragraph b 5). A date at the end of a short month stands for the day the
series means: 31 January, 28 February, 31 March are one month apart each.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from postloan.kernel.calendars import add_months


class CountIn(StrEnum):
    """The periods in which a time is counted before the odd days are."""

    DAY = "day"  # days over 365, no whole periods
    DAY_365_25 = "day_365_25"  # days over 365.25, which Directive 98/7/EC allowed and older tables use
    WEEK = "week"  # a week is 1/52 of a year
    MONTH = "month"  # a month is 1/12 of a year
    YEAR = "year"


def is_month_end(day: date) -> bool:
    """Say whether `day` is the last of its month."""
    return (day + timedelta(days=1)).day == 1


def whole_months(*, start: date, end: date) -> int | None:
    """
    Return the number of months from `start` to `end` if it is whole, else None.

    >>> whole_months(start=date(2024, 12, 31), end=date(2025, 2, 28))
    2
    """
    clamped = is_month_end(end) and (start.day > end.day or is_month_end(start))
    if start.day != end.day and not clamped:
        return None
    return (end.year - start.year) * 12 + end.month - start.month


def series_day(days: Sequence[date]) -> int | None:
    """Return the day of the month that all these dates stand for, month ends included, else None."""
    wanted = max(day.day for day in days)
    fits = all(day.day == wanted or (is_month_end(day) and day.day < wanted) for day in days)
    return wanted if fits else None


def count_back(*, start: date, end: date, months: int, seed_day: int | None) -> tuple[int, date]:
    """
    Return how many whole periods of `months` fit between the dates, and where the first of them begins.

    They are counted back from `end`; `seed_day` is the day of the month that the series of `end` stands for.
    """
    exact = whole_months(start=start, end=end)
    if exact is not None and exact % months == 0:
        return exact // months, start
    seed = seed_day if seed_day is not None and (is_month_end(end) or end.day == seed_day) else end.day
    count = ((end.year - start.year) * 12 + end.month - start.month) // months
    begin = add_months(seed_date=end, months=-count * months, seed_day=seed)
    if begin < start:
        count -= 1
        begin = add_months(seed_date=end, months=-count * months, seed_day=seed)
    return count, begin


def years_between(*, start: date, end: date, count_in: CountIn, seed_day: int | None = None) -> Fraction:
    """
    Return the years between two dates: whole periods, and odd days over the 365 or 366 days of the year they end.

    That year is the one counted back from the last of the odd days. `CountIn.DAY` has no whole periods
    and always divides by 365, `DAY_365_25` by 365.25.

    >>> years_between(start=date(2012, 1, 12), end=date(2012, 2, 15), count_in=CountIn.MONTH)
    Fraction(401, 4380)
    """
    match count_in:
        case CountIn.DAY:
            return Fraction((end - start).days, 365)
        case CountIn.DAY_365_25:
            return Fraction((end - start).days * 4, 1461)
        case CountIn.WEEK:
            weeks, odd = divmod((end - start).days, 7)
            return Fraction(weeks, 52) + _odd_years(last=start + timedelta(days=odd), odd_days=odd)
        case CountIn.MONTH | CountIn.YEAR:
            months = 1 if count_in is CountIn.MONTH else 12
            count, begin = count_back(start=start, end=end, months=months, seed_day=seed_day)
            return Fraction(count * months, 12) + _odd_years(last=begin, odd_days=(begin - start).days)


def choose_count_in(days: Sequence[date]) -> CountIn:
    """Return months if all dates lie whole months after the first, else weeks if they lie whole weeks, else months."""
    first, *others = days
    if any(whole_months(start=first, end=day) is None for day in others) and all(
        (day - first).days % 7 == 0 for day in others
    ):
        return CountIn.WEEK
    return CountIn.MONTH


def _odd_years(*, last: date, odd_days: int) -> Fraction:
    year_before = add_months(seed_date=last, months=-12)
    return Fraction(odd_days, (last - year_before).days)
