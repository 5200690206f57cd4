"""
Build the schedules of many loans at once, in columns.

For the load of a book and for anything that meets a million loans: the common shapes (monthly
rows, remainder to the last) on NumPy int64, agreeing to the minor unit with `build_schedule`,
which stays the truth. The annuity is worked out in floats with a bound on their error; where the
bound reaches the edge of a rounding, that loan is worked out exactly. Interest is whole numbers
throughout. Memory: some 40 bytes a row, so hand over a large book in slices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from postloan.kernel.calendars import add_months_many, day_of_month_many
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import (
    INT64_MAX,
    SAFE_PRODUCT,
    Int64Array,
    Rounding,
    TooLargeForInt64,
    divide_rounded_many,
    divide_to_multiple_many,
)
from postloan.kernel.rates import PPM, Rate, RatePeriod
from postloan.kernel.schedules._annuity import equal_instalment_minor
from postloan.kernel.schedules._periods import lay_out
from postloan.kernel.schedules._terms import FirstPeriod, Method, ScheduleTerms, TermsRefused

DateArray = npt.NDArray[np.datetime64]
FloatArray = npt.NDArray[np.float64]

LOANS_AT_A_TIME = 4096  # a column of these stays in the processor's cache
RELATIVE_ERROR = 1e-11  # of the float annuity; measured below 1e-13 for 360 rows
ABSOLUTE_ERROR = 1e-9

YEAR_DAYS = {DayCount.ACT_360: 360, DayCount.ACT_364: 364, DayCount.ACT_365: 365}
MONTHS_OF_YEAR = {DayCount.SAME_AS_PERIOD: (1, 12), DayCount.PERIOD_30_360: (1, 12), DayCount.PERIOD_30_365: (30, 365)}


@dataclass(frozen=True, slots=True)
class ManyTerms:
    """The parameters that many loans share: those of one product version. Rows are monthly."""

    method: Method = Method.EQUAL_INSTALMENT
    rate_per: RatePeriod = "year"
    day_count: DayCount = DayCount.ACT_365
    instalment_day_count: DayCount | None = None
    first_period: FirstPeriod = FirstPeriod.BY_DAYS
    interest_rounding: Rounding = Rounding.HALF_UP
    instalment_rounding: Rounding = Rounding.HALF_UP
    instalment_multiple_minor: int = 1


@dataclass(frozen=True, slots=True)
class SchedulesMany:
    """
    The rows of many loans, end to end: those of loan i are `offsets[i]` to `offsets[i + 1]`.

    `instalment_minor` is per loan and 0 where the method has no equal instalment. The row's
    `from_date` is the due date before it, or the start date of the loan.
    """

    offsets: Int64Array
    instalment_no: Int64Array
    from_date: DateArray
    due_date: DateArray
    principal_minor: Int64Array
    interest_minor: Int64Array
    instalment_minor: Int64Array

    @property
    def loan_index(self) -> Int64Array:
        """For every row, the place of its loan in the input."""
        return np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int64), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class _Loans:
    """Input columns of some loans, all of one length; `count` rows each."""

    principal: Int64Array
    rate_ppm: Int64Array
    start_date: DateArray
    first_month: npt.NDArray[np.datetime64]  # a date in the month of the first due date
    seed_day: Int64Array
    given_instalment: Int64Array | None
    count: int

    def take(self, chosen: slice | Int64Array, count: int) -> "_Loans":
        given = self.given_instalment
        return _Loans(
            principal=self.principal[chosen],
            rate_ppm=self.rate_ppm[chosen],
            start_date=self.start_date[chosen],
            first_month=self.first_month[chosen],
            seed_day=self.seed_day[chosen],
            given_instalment=None if given is None else given[chosen],
            count=count,
        )


def build_schedules_many(
    *,
    terms: ManyTerms,
    principal_minor: Int64Array,
    rate_ppm: Int64Array,
    instalments: Int64Array,
    start_date: DateArray,
    first_due_date: DateArray | None = None,
    seed_day: Int64Array | None = None,
    instalment_minor: Int64Array | None = None,
) -> SchedulesMany:
    """
    Return the schedules of loans given as columns of one length.

    `instalment_minor` fixes the instalment of each loan (the last row takes the rest, and a loan
    repaid early has fewer rows). Without `first_due_date` the first row ends a month after the
    start, on the start's day or on `seed_day`.

    Raises:
        TermsRefused: naming the column or the parameter that is not supported here.
        TooLargeForInt64: if an amount is too large for columns; use `build_schedule` for that loan.
    """
    loans = _as_columns(principal_minor, rate_ppm, start_date, first_due_date, seed_day, instalment_minor)
    _check(terms=terms, loans=loans, instalments=instalments, first_due_date=first_due_date)
    rows_each = np.ones_like(instalments) if terms.method is Method.BULLET else instalments.astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(rows_each, dtype=np.int64)))
    out = _empty(offsets=offsets, loans=len(principal_minor))
    kept = np.ones(offsets[-1], dtype=np.bool_)
    for places, count in _slices(instalments):
        _fill(terms=terms, loans=loans.take(places, count), places=places, out=out, kept=kept)
    if kept.all():
        return out
    return _without_rows(out=out, kept=kept)


# --- columns in, columns out -------------------------------------------------------------------


def _as_columns(
    principal_minor: Int64Array,
    rate_ppm: Int64Array,
    start_date: DateArray,
    first_due_date: DateArray | None,
    seed_day: Int64Array | None,
    instalment_minor: Int64Array | None,
) -> _Loans:
    start = start_date.astype("datetime64[D]")
    if first_due_date is None:
        first_month = start.astype("datetime64[M]") + 1
        seed = day_of_month_many(dates=start)
    else:
        first_month = first_due_date.astype("datetime64[M]")
        seed = day_of_month_many(dates=first_due_date)
    return _Loans(
        principal=principal_minor.astype(np.int64),
        rate_ppm=rate_ppm.astype(np.int64),
        start_date=start,
        first_month=first_month.astype("datetime64[D]"),
        seed_day=seed if seed_day is None else seed_day.astype(np.int64),
        given_instalment=None if instalment_minor is None else instalment_minor.astype(np.int64),
        count=0,
    )


def _check(*, terms: ManyTerms, loans: _Loans, instalments: Int64Array, first_due_date: DateArray | None) -> None:
    supported = YEAR_DAYS.keys() | MONTHS_OF_YEAR.keys()
    for field, day_count in (("day_count", terms.day_count), ("instalment_day_count", terms.instalment_day_count)):
        if day_count is not None and day_count not in supported:
            raise TermsRefused(field, f"{day_count} has no array form; use build_schedule")
    if loans.given_instalment is not None and terms.method is not Method.EQUAL_INSTALMENT:
        raise TermsRefused("instalment_minor", "needs equal_instalment")
    _refuse_any(loans.principal < 1, "principal_minor", "must be positive")
    _refuse_any(loans.rate_ppm < 0, "rate_ppm", "must not be negative")
    _refuse_any(instalments < 1, "instalments", "must be at least 1")
    _refuse_any((loans.seed_day < 1) | (loans.seed_day > 31), "seed_day", "must be from 1 to 31")
    if first_due_date is not None:
        _refuse_any(first_due_date <= loans.start_date, "first_due_date", "must lie after start_date")
        seeded = add_months_many(seed_dates=first_due_date, months=0, seed_days=loans.seed_day)
        _refuse_any(seeded != first_due_date, "seed_day", "does not lead to first_due_date")
    if loans.given_instalment is not None:
        _refuse_any(loans.given_instalment < 1, "instalment_minor", "must be positive")


def _refuse_any(wrong: npt.NDArray[np.bool_], field: str, message: str) -> None:
    if wrong.any():
        raise TermsRefused(field, f"{message} (loan {int(wrong.argmax())} of the columns)")


def _empty(*, offsets: Int64Array, loans: int) -> SchedulesMany:
    rows = int(offsets[-1])
    return SchedulesMany(
        offsets=offsets,
        instalment_no=np.empty(rows, dtype=np.int64),
        from_date=np.empty(rows, dtype="datetime64[D]"),
        due_date=np.empty(rows, dtype="datetime64[D]"),
        principal_minor=np.empty(rows, dtype=np.int64),
        interest_minor=np.empty(rows, dtype=np.int64),
        instalment_minor=np.zeros(loans, dtype=np.int64),
    )


def _slices(instalments: Int64Array) -> Iterator[tuple[Int64Array, int]]:
    """Give the places of loans with the same number of instalments, a cacheful at a time."""
    order = np.argsort(instalments, kind="stable")
    counts, starts = np.unique(instalments[order], return_index=True)
    ends = np.append(starts, len(order))[1:]
    for count, start, end in zip(counts.tolist(), starts.tolist(), ends.tolist(), strict=True):
        for first in range(start, end, LOANS_AT_A_TIME):
            yield order[first : min(first + LOANS_AT_A_TIME, end)], count


def _without_rows(*, out: SchedulesMany, kept: npt.NDArray[np.bool_]) -> SchedulesMany:
    return SchedulesMany(
        offsets=np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))[out.offsets],
        instalment_no=out.instalment_no[kept],
        from_date=out.from_date[kept],
        due_date=out.due_date[kept],
        principal_minor=out.principal_minor[kept],
        interest_minor=out.interest_minor[kept],
        instalment_minor=out.instalment_minor,
    )


def _fill(
    *, terms: ManyTerms, loans: _Loans, places: Int64Array, out: SchedulesMany, kept: npt.NDArray[np.bool_]
) -> None:
    """Work out loans with the same number of rows and write them to their places."""
    time = _lay_out_many(terms=terms, loans=loans)
    rows = time.due.shape[0]
    instalment = _instalments(terms=terms, loans=loans, time=time)
    principal, interest, alive = _walk_many(terms=terms, loans=loans, time=time, instalment=instalment)
    numbers = np.arange(1, rows + 1, dtype=np.int64)[:, None]
    columns = (
        (out.instalment_no, numbers),
        (out.from_date, time.start),
        (out.due_date, time.due),
        (out.principal_minor, principal),
        (out.interest_minor, interest),
        (kept, alive),
    )
    for column, values in columns:
        _write(column=column, values=values, first_rows=out.offsets[places], rows=rows)
    if terms.method is Method.EQUAL_INSTALMENT:
        out.instalment_minor[places] = instalment


def _write(*, column: npt.NDArray[Any], values: npt.NDArray[Any], first_rows: Int64Array, rows: int) -> None:
    """Write values (rows by loans) end to end, loan after loan; in one piece where the loans are neighbours."""
    first, last = int(first_rows[0]), int(first_rows[-1])
    if last - first == (len(first_rows) - 1) * rows:
        column[first : last + rows].reshape(-1, rows)[:] = values.T
    else:
        column[first_rows[:, None] + np.arange(rows, dtype=np.int64)] = values.T


# --- time --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Time:
    """Rows by loans: dates, and the share of the rate's period as numerators over denominators."""

    start: DateArray
    due: DateArray
    numerators: list[Int64Array]
    denominators: list[Int64Array | int]
    formula_numerators: list[Int64Array]
    formula_denominators: list[Int64Array | int]


def _lay_out_many(*, terms: ManyTerms, loans: _Loans) -> _Time:
    months = np.arange(-1, loans.count, dtype=np.int64)[:, None]
    dates = add_months_many(seed_dates=loans.first_month, months=months, seed_days=loans.seed_day)
    nominal_start = dates[0]
    months_each = 1
    if terms.method is Method.BULLET:
        dates, months_each = dates[[0, -1]], loans.count
    nominal_days = (dates[1] - nominal_start).astype(np.int64)
    is_broken = nominal_start != loans.start_date
    dates[0] = loans.start_date
    days = (dates[1:] - dates[:-1]).astype(np.int64)
    broken = is_broken & (terms.first_period is FirstPeriod.BY_DAYS)
    interest = _shares(terms, terms.day_count, days, nominal_days, broken, months_each)
    formula_day_count = terms.instalment_day_count
    formula = interest
    if formula_day_count is not None:
        formula = _shares(terms, formula_day_count, days, nominal_days, np.zeros_like(broken), months_each)
    return _Time(dates[:-1], dates[1:], *interest, *formula)


def _shares(
    terms: ManyTerms,
    day_count: DayCount,
    days: Int64Array,
    nominal_days: Int64Array,
    broken: npt.NDArray[np.bool_],
    months_each: int,
) -> tuple[list[Int64Array], list[Int64Array | int]]:
    """Return numerators and denominators row by row, as `rate_share` gives them, reduced or not."""
    if terms.rate_per == "day":
        return list(days), [1] * len(days)
    if terms.rate_per == "year" and day_count in YEAR_DAYS:
        return list(days), [YEAR_DAYS[day_count]] * len(days)
    over, under = MONTHS_OF_YEAR[day_count] if terms.rate_per == "year" else (1, 1)
    regular = np.full(days.shape[1], over * months_each, dtype=np.int64)
    numerators, denominators = [regular] * len(days), [under] * len(days)
    if not broken.any():
        return numerators, [*denominators]
    first = np.where(broken, over * months_each * days[0], over * months_each)
    first_under = np.where(broken, under * nominal_days, under)
    return [first, *numerators[1:]], [first_under, *denominators[1:]]


# --- the equal instalment ----------------------------------------------------------------------


def _instalments(*, terms: ManyTerms, loans: _Loans, time: _Time) -> Int64Array:
    """Return what every loan pays per row: the instalment, or the equal part of principal."""
    if loans.given_instalment is not None:
        return loans.given_instalment
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        return np.zeros_like(loans.principal)
    no_rate = np.ones(len(loans.principal), dtype=np.bool_)
    if terms.method is Method.EQUAL_INSTALMENT:
        no_rate = loans.rate_ppm == 0
    divided = _equal_parts(terms=terms, loans=loans)
    if no_rate.all():
        return divided
    annuity = _float_annuity(loans=loans, time=time)
    rounded, is_sure = _round_floats(terms=terms, values=annuity)
    result = np.where(no_rate, divided, rounded)
    for place in np.flatnonzero(~is_sure & ~no_rate).tolist():
        result[place] = _exact_instalment(terms=terms, loans=loans, place=place)
    return result


def _equal_parts(*, terms: ManyTerms, loans: _Loans) -> Int64Array:
    parts = [
        divide_to_multiple_many(
            numerators=loans.principal, denominators=loans.count, multiple=multiple, rounding=terms.instalment_rounding
        )
        for multiple in (terms.instalment_multiple_minor, 1)
    ]
    return np.where(parts[0] == 0, parts[1], parts[0])


def _float_annuity(*, loans: _Loans, time: _Time) -> FloatArray:
    rate = loans.rate_ppm / PPM
    growth = np.ones_like(rate)
    annuity = np.zeros_like(rate)
    for over, under in zip(time.formula_numerators, time.formula_denominators, strict=True):
        factor = 1.0 + rate * over / under
        annuity = 1.0 + annuity * factor
        growth *= factor
    result: FloatArray = loans.principal * growth / annuity
    return result


def _round_floats(*, terms: ManyTerms, values: FloatArray) -> tuple[Int64Array, npt.NDArray[np.bool_]]:
    """Round, and say for which loans the error of the floats cannot have mattered."""
    parts = values / terms.instalment_multiple_minor
    nearest = np.rint(parts)
    error = np.abs(parts) * RELATIVE_ERROR + ABSOLUTE_ERROR
    if terms.instalment_rounding in (Rounding.UP, Rounding.CEILING):
        whole, edge = np.ceil(parts), np.abs(parts - nearest)
    elif terms.instalment_rounding in (Rounding.DOWN, Rounding.FLOOR):
        whole, edge = np.floor(parts), np.abs(parts - nearest)
    else:
        whole, edge = nearest, 0.5 - np.abs(parts - nearest)
    is_sure: npt.NDArray[np.bool_] = (edge > error) & (whole > 0)
    return whole.astype(np.int64) * terms.instalment_multiple_minor, is_sure


def _exact_instalment(*, terms: ManyTerms, loans: _Loans, place: int) -> int:
    one = _one_of_many(terms=terms, loans=loans, place=place)
    timed = lay_out(terms=one, count=loans.count)
    return equal_instalment_minor(
        principal_minor=one.principal_minor,
        factors=[row.instalment_factor for row in timed],
        rounding=terms.instalment_rounding,
        multiple_minor=terms.instalment_multiple_minor,
    )


def _one_of_many(*, terms: ManyTerms, loans: _Loans, place: int) -> ScheduleTerms:
    """Return the terms of one loan of the columns, for the one-loan form."""
    first_due = add_months_many(
        seed_dates=loans.first_month[place : place + 1], months=0, seed_days=loans.seed_day[place : place + 1]
    )
    first_due_date, start_date = first_due[0].item(), loans.start_date[place].item()
    assert isinstance(first_due_date, date)
    assert isinstance(start_date, date)
    return ScheduleTerms(
        principal_minor=int(loans.principal[place]),
        rate=Rate(int(loans.rate_ppm[place]), terms.rate_per),
        instalments=loans.count,
        start_date=start_date,
        first_due_date=first_due_date,
        seed_day=int(loans.seed_day[place]),
        method=terms.method,
        first_period=terms.first_period,
        day_count=terms.day_count,
        instalment_day_count=terms.instalment_day_count,
        interest_rounding=terms.interest_rounding,
        instalment_rounding=terms.instalment_rounding,
        instalment_multiple_minor=terms.instalment_multiple_minor,
    )


# --- the rows ----------------------------------------------------------------------------------


def _walk_many(
    *, terms: ManyTerms, loans: _Loans, time: _Time, instalment: Int64Array
) -> tuple[Int64Array, Int64Array, npt.NDArray[np.bool_]]:
    """Return principal, interest and "there is such a row", rows by loans."""
    _refuse_overflow(loans=loans, time=time)
    rows = len(time.due)
    principal = np.empty(time.due.shape, dtype=np.int64)
    interest = np.empty(time.due.shape, dtype=np.int64)
    alive = np.ones(time.due.shape, dtype=np.bool_)
    balance = loans.principal.copy()
    carried = np.zeros_like(balance)
    for row in range(rows):
        owed = carried + divide_rounded_many(
            numerators=balance * loans.rate_ppm * time.numerators[row],
            denominators=PPM * time.denominators[row],
            rounding=terms.interest_rounding,
        )
        if row == rows - 1:
            paid, asked = balance, owed
        elif terms.method is Method.EQUAL_INSTALMENT:
            asked = np.minimum(owed, instalment)
            paid = np.minimum(instalment - asked, balance)
        else:
            asked, paid = owed, np.minimum(instalment, balance)
        principal[row], interest[row] = paid, asked
        if loans.given_instalment is not None and row > 0:
            alive[row] = (balance > 0) | (carried > 0)
        carried = owed - asked
        balance = balance - paid
    return principal, interest, alive


def _refuse_overflow(*, loans: _Loans, time: _Time) -> None:
    """The balance never exceeds the principal, so one look at the largest products is enough; loan by loan if need be."""
    if not len(loans.principal):
        return
    largest = max(int(over.max()) for over in time.numerators)
    if int(loans.principal.max()) * int(loans.rate_ppm.max()) * largest <= INT64_MAX:
        return
    yearly = loans.principal.astype(np.float64) * loans.rate_ppm
    if max(float((yearly * over).max()) for over in time.numerators) > SAFE_PRODUCT:
        raise TooLargeForInt64("principal times rate times days does not fit 64 bits")
