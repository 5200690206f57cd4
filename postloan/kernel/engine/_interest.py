"""
The interest of a row: what is owed, day by day, times the rate of the day, rounded once for the row.

The balance changes on the day money comes in or goes out, the rate on the day it changes, and a pause takes days
away. All stretches of a row are summed exactly. Under day counts that go by period a stretch is its days over the
days of the row.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from postloan.kernel.accrual import row_interest_accrued_minor
from postloan.kernel.daycounts import Period, Share
from postloan.kernel.engine._state import Row, State
from postloan.kernel.money import divide_rounded
from postloan.kernel.rates import rate_share
from postloan.kernel.schedules import rate_factor


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a row with one balance and one rate; `factor` is the rate for these days."""

    from_date: date
    to_date: date
    balance_minor: int
    rate_ppm: int
    factor: Share

    @property
    def days(self) -> int:
        """Calendar days of the stretch."""
        return (self.to_date - self.from_date).days


def own_interest(state: State, row: Row, *, to_date: date, overdue_to: date | None = None) -> int:
    """
    Return the interest of the row's own days before `to_date`, rounded once, less what was demanded before.

    `overdue_to` is the day until which overdue principal is taken to stay unpaid (None: to the end).
    """
    if row.plan_interest_minor is not None:
        whole = row_interest_accrued_minor(
            interest_minor=row.plan_interest_minor,
            from_date=row.from_date,
            due_date=row.due_date,
            to_date=to_date,
            rounding=state.terms.schedule.interest_rounding,
        )
        if to_date >= row.due_date:
            whole = row.plan_interest_minor
        return whole - row.demanded_minor
    if not row.base_moves and not row.over_open and not row.over_moves and to_date >= row.due_date:
        simple = _simple(state, row)
        if simple is not None:
            return simple - row.demanded_minor
    sums: dict[int, int] = {}  # numerators by denominator: stretches of one rate share theirs
    for each in stretches(state, row, to_date=to_date, overdue_to=overdue_to):
        under = each.factor.denominator
        sums[under] = sums.get(under, 0) + each.balance_minor * each.factor.numerator
    exact = sum((Fraction(over, under) for under, over in sums.items()), Fraction(0))
    return round_interest(state, exact) - row.demanded_minor


def round_interest(state: State, exact: Fraction) -> int:
    """Round once, as the product rounds interest."""
    return divide_rounded(
        numerator=exact.numerator, denominator=exact.denominator, rounding=state.terms.schedule.interest_rounding
    )


def _simple(state: State, row: Row) -> int | None:
    """Return the interest of a row with one balance and one rate throughout, or None."""
    if len(state.rates) > 1 and any(row.from_date < day < row.due_date for day, _ in state.rates):
        return None
    if state.pauses and any(first < row.due_date and end > row.from_date for first, end in state.pauses):
        return None
    factor = whole_factor(state, row, rate_on(state, row.from_date))
    return divide_rounded(
        numerator=row.base_open * factor.numerator,
        denominator=factor.denominator,
        rounding=state.terms.schedule.interest_rounding,
    )


def rate_on(state: State, day: date) -> int:
    """Return the rate in force on a day, in millionths."""
    found = state.rates[0][1]
    for from_date, ppm in state.rates:
        if from_date > day:
            break
        found = ppm
    return found


def whole_factor(state: State, row: Row, rate_ppm: int) -> Share:
    """Return the rate times the whole row."""
    return _factor(rate_ppm, row.share, state.terms.schedule.factor_digits)


@lru_cache(maxsize=4096)
def _factor(rate_ppm: int, share: Share, digits: int | None) -> Share:
    return rate_factor(rate_ppm=rate_ppm, share=share, digits=digits)


def stretch_factor(state: State, row: Row, from_date: date, to_date: date) -> Share:
    """Return the rate times a part of the row; 0 in a pause or where the row bears no interest."""
    if row.share.numerator == 0 or any(first <= from_date < end for first, end in state.pauses):
        return Share(0, 1)
    rate_ppm = rate_on(state, from_date)
    terms = state.terms.schedule
    if row.splits_year:
        part = rate_share(
            per=terms.rate.per,
            day_count=terms.day_count,
            period=Period(from_date, to_date),
            first_day_counts=terms.first_day_counts,
        )
        return rate_factor(rate_ppm=rate_ppm, share=part, digits=terms.factor_digits)
    whole = whole_factor(state, row, rate_ppm)
    if row.days == 0:
        return Share(0, 1)
    return Share(whole.numerator * (to_date - from_date).days, whole.denominator * row.days)


def stretches(state: State, row: Row, *, to_date: date, overdue_to: date | None = None) -> list[Stretch]:
    """Return the stretches of a row before `to_date`, in order."""
    end = min(max(to_date, _earliest_end(state, row)), row.due_date)
    edges = {row.from_date, end}
    edges |= {day for day, _ in row.base_moves}
    edges |= {day for day, _ in row.over_moves}
    edges |= {day for day, _ in state.rates}
    for pause in state.pauses:
        edges |= set(pause)
    if overdue_to is not None:
        edges.add(overdue_to)
    days = sorted(day for day in edges if row.from_date <= day <= end)
    moves: dict[date, int] = {}
    for day, amount in row.base_moves:
        moves[day] = moves.get(day, 0) + amount
    late: dict[date, int] = {}
    for day, amount in row.over_moves:
        late[day] = late.get(day, 0) + amount
    found, base, over = [], row.base_open, row.over_open
    for first, last in pairwise(days):
        base += moves.get(first, 0)
        over += late.get(first, 0)
        is_overdue = overdue_to is None or first < overdue_to
        factor = stretch_factor(state, row, first, last)
        found.append(Stretch(first, last, base + (over if is_overdue else 0), rate_on(state, first), factor))
    return found


def _earliest_end(state: State, row: Row) -> date:
    """Return the day before which interest never ends: a loan may bear interest for some days at least."""
    return min(state.opened_on + timedelta(days=state.terms.servicing.minimum_interest_days), row.due_date)


def mixed_factor(state: State, row: Row, *, from_date: date, to_date: date | None = None) -> Share:
    """Return the factor of the days of a row from a date on, whatever rates and pauses they meet."""
    end = row.due_date if to_date is None else to_date
    edges = {from_date, end}
    edges |= {day for day, _ in state.rates}
    for pause in state.pauses:
        edges |= set(pause)
    days = sorted(day for day in edges if from_date <= day <= end)
    total = Fraction(0)
    for first, last in pairwise(days):
        factor = stretch_factor(state, row, first, last)
        total += Fraction(factor.numerator, factor.denominator)
    return Share(total.numerator, total.denominator)
