"""
The unit-period of a transaction and the time in unit-periods (Regulation Z, Appendix J, paragraphs b 3 to b 5).

The unit-period is the interval between payments (or between advances) that occurs most often, the
smaller one where two occur equally often; where none occurs twice, the average interval rounded to
a standard one. A single payment of a single advance has its term as unit-period, a year at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, TypeAlias

from postloan.kernel.annual_rates._times import count_back, series_day, whole_months

UnitKind: TypeAlias = Literal["day", "week", "semimonth", "month", "year", "term"]

_DAYS: dict[UnitKind, int] = {"day": 1, "week": 7, "semimonth": 15, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """`every` of a kind; `per_year` is how many there are in a year. A `term` is the whole transaction, `every` days."""

    kind: UnitKind
    every: int
    per_year: Fraction

    @property
    def days(self) -> int:
        """About how long it is, for comparing one with another."""
        return self.every if self.kind == "term" else _DAYS[self.kind] * self.every


DAY = UnitPeriod("day", 1, Fraction(365))
SEMIMONTH = UnitPeriod("semimonth", 1, Fraction(24))
YEAR = UnitPeriod("year", 1, Fraction(1))
WEEKS = tuple(UnitPeriod("week", every, Fraction(52, every)) for every in range(1, 53))
MONTHS = tuple(UnitPeriod("month", every, Fraction(12, every)) for every in range(1, 12))
STANDARD = (DAY, SEMIMONTH, YEAR, *WEEKS, *MONTHS)


def find_unit_period(*, advances: Sequence[date], payments: Sequence[date]) -> UnitPeriod:
    """Return the unit-period of a transaction from its dates of advance and of payment, each in order of time."""
    if len(advances) == 1 and len(payments) == 1:
        return _of_single_payment(start=advances[0], end=payments[0])
    series = [[*advances], [min(advances[0], payments[0]), *payments]]
    counts = dict.fromkeys(STANDARD, 0)
    lengths = []
    for days in series:
        for place in range(len(days) - 1):
            lengths.append((days[place + 1] - days[place]).days)
            for unit in _units_at(days, place):
                counts[unit] += 1
    best = max(counts.values())
    if best > 1:
        return min((unit for unit, count in counts.items() if count == best), key=lambda unit: unit.days)
    average = Fraction(sum(lengths), len(lengths))
    return min(STANDARD, key=lambda unit: (abs(unit.days - average), unit.days))


def unit_periods_between(*, start: date, end: date, unit: UnitPeriod, seed_day: int | None) -> tuple[int, Fraction]:
    """
    Return the full unit-periods between two dates and the fraction of one that is left.

    >>> monthly = UnitPeriod("month", 1, Fraction(12))
    >>> unit_periods_between(start=date(1978, 2, 10), end=date(1978, 4, 1), unit=monthly, seed_day=1)
    (1, Fraction(19, 30))
    """
    days = (end - start).days
    match unit.kind:
        case "term":
            return divmod_fraction(Fraction(days, unit.every))
        case "day" | "week":
            return divmod_fraction(Fraction(days, unit.days))
        case "year":
            count, begin = count_back(start=start, end=end, months=12, seed_day=seed_day)
            months = whole_months(start=start, end=begin)
            return count, Fraction((begin - start).days, 365) if months is None else Fraction(months, 12)
        case "month" | "semimonth":
            months_back, begin = count_back(start=start, end=end, months=1, seed_day=seed_day)
            length = 15 if unit.kind == "semimonth" else 30 * unit.every
            if length == 30:
                return months_back, Fraction((begin - start).days, 30)
            return divmod_fraction(Fraction(30 * months_back + (begin - start).days, length))


def seed_day_of(payments: Sequence[date]) -> int | None:
    """Return the day of the month that the payments stand for, None where they have none in common."""
    return series_day(payments)


def divmod_fraction(periods: Fraction) -> tuple[int, Fraction]:
    """Split a number of periods into whole ones and the rest."""
    whole = periods.numerator // periods.denominator
    return whole, periods - whole


def _of_single_payment(*, start: date, end: date) -> UnitPeriod:
    """Return the term as unit-period: of whole months 12 over their number, else 365 over the days; a year at most."""
    days, months = (end - start).days, whole_months(start=start, end=end)
    if months is not None and months < 12:
        return UnitPeriod("term", days, Fraction(12, months))
    if months is None and days < 365:
        return UnitPeriod("term", days, Fraction(365, days))
    return YEAR


def _units_at(days: Sequence[date], place: int) -> list[UnitPeriod]:
    """Return every standard interval that the days at `place` and after it are apart."""
    start, end = days[place], days[place + 1]
    found: list[UnitPeriod] = []
    apart = (end - start).days
    if apart == 1:
        found.append(DAY)
    if apart % 7 == 0 and apart <= 364:
        found.append(WEEKS[apart // 7 - 1])
    months = whole_months(start=start, end=end)
    if months is not None and 0 < months <= 12:
        found.append(YEAR if months == 12 else MONTHS[months - 1])
    if 13 <= apart <= 16 and _halves_a_month(days, place):
        found.append(SEMIMONTH)
    return found


def _halves_a_month(days: Sequence[date], place: int) -> bool:
    """Say whether every other date around `place` lies a month apart."""
    after = place + 2 < len(days) and whole_months(start=days[place], end=days[place + 2]) == 1
    before = place > 0 and whole_months(start=days[place - 1], end=days[place + 1]) == 1
    return after or before
