"""Lay out the rows of a schedule in time, and give each its rate factor."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from postloan.kernel.calendars import first_due_date_on, step_date
from postloan.kernel.daycounts import DayCount, Period, Share
from postloan.kernel.rates import rate_share
from postloan.kernel.schedules._annuity import rate_factor
from postloan.kernel.schedules._terms import FirstPeriod, Method, ScheduleTerms

NO_SHARE = Share(0, 1)


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A row in time: its period, its share of the rate's period, and its factors."""

    period: Period
    share: Share
    factor: Share
    instalment_factor: Share  # what the annuity formula takes for this row


def lay_out(*, terms: ScheduleTerms, count: int) -> list[TimedRow]:
    """Return `count` rows (one row over all of them for a bullet loan)."""
    dates = _dates(terms)
    if terms.method is Method.BULLET:
        periods = [_bullet_period(terms=terms, dates=dates, count=count)]
    else:
        periods = [_period(terms=terms, dates=dates, row=row) for row in range(1, count + 1)]
    return [_timed(terms=terms, period=period, row=row) for row, period in enumerate(periods, start=1)]


def lay_out_endlessly(*, terms: ScheduleTerms) -> Iterator[TimedRow]:
    """Return rows for as long as they are asked for: the term follows from the instalment."""
    dates = _dates(terms)
    row = 0
    while True:
        row += 1
        yield _timed(terms=terms, period=_period(terms=terms, dates=dates, row=row), row=row)


@dataclass(frozen=True, slots=True)
class _Dates:
    seed_date: date  # steps are counted from here
    seed_day: int | None
    first_step: int  # steps from the seed to the first due date


def _dates(terms: ScheduleTerms) -> _Dates:
    if terms.first_due_date is not None:
        return _Dates(terms.first_due_date, terms.seed_day, 0)
    if terms.due_day is not None:
        first = first_due_date_on(
            start_date=terms.start_date, due_day=terms.due_day, minimum_days=terms.minimum_first_days
        )
        return _Dates(first, terms.seed_day or terms.due_day, 0)
    return _Dates(terms.start_date, terms.seed_day, 1)


def _due_date(*, terms: ScheduleTerms, dates: _Dates, row: int) -> date:
    return step_date(
        seed_date=dates.seed_date,
        steps=dates.first_step + row - 1,
        every=terms.every,
        unit=terms.unit,
        seed_day=dates.seed_day,
        month_end=terms.month_end,
    )


def _period(*, terms: ScheduleTerms, dates: _Dates, row: int) -> Period:
    to_date = _due_date(terms=terms, dates=dates, row=row)
    nominal_from = _due_date(terms=terms, dates=dates, row=row - 1)
    regular = Period(nominal_from, to_date, terms.every, terms.unit)
    return _broken(terms=terms, regular=regular) if row == 1 else regular


def _bullet_period(*, terms: ScheduleTerms, dates: _Dates, count: int) -> Period:
    nominal_from = _due_date(terms=terms, dates=dates, row=0)
    to_date = _due_date(terms=terms, dates=dates, row=count)
    return _broken(terms=terms, regular=Period(nominal_from, to_date, terms.every * count, terms.unit))


def _broken(*, terms: ScheduleTerms, regular: Period) -> Period:
    """Start the first period where the loan starts; say so if that is not its regular start."""
    if regular.from_date == terms.start_date:
        return regular
    by_days = terms.first_period is FirstPeriod.BY_DAYS
    return replace(regular, from_date=terms.start_date, nominal_days=regular.days if by_days else None)


def _timed(*, terms: ScheduleTerms, period: Period, row: int) -> TimedRow:
    if row <= terms.interest_free_rows:
        return TimedRow(period, NO_SHARE, NO_SHARE, NO_SHARE)
    share = _share(terms=terms, period=period, day_count=terms.day_count)
    factor = rate_factor(rate_ppm=terms.rate.ppm, share=share, digits=terms.factor_digits)
    if terms.instalment_day_count is None:
        return TimedRow(period, share, factor, factor)
    whole = replace(period, nominal_days=None)
    formula_share = _share(terms=terms, period=whole, day_count=terms.instalment_day_count)
    formula_factor = rate_factor(rate_ppm=terms.rate.ppm, share=formula_share, digits=terms.factor_digits)
    return TimedRow(period, share, factor, formula_factor)


def _share(*, terms: ScheduleTerms, period: Period, day_count: DayCount) -> Share:
    return rate_share(per=terms.rate.per, day_count=day_count, period=period, first_day_counts=terms.first_day_counts)
