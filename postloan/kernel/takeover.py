"""
Where a loan stands when it is taken over from another core.

A tape tells a status word and a balance, not which rows of the plan are paid. The rule here finds how many rows are
settled: all that have fallen due for a loan that is current; for a late one the number that makes the days past due
lie in the band of its status word and, among those, whose planned balance is nearest to the balance of the tape. The
tape's word decides; where no row fits, the row nearest to the band is taken and said to be so.

Some tapes tell the month of a loan only. Its day is then spread over 1 to 28 by a seeded hash of its customer; for a
late loan, where that day was our own choice, a day is chosen that fits the band. The rule and its worked example are
in docs/rules/import.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from postloan.kernel.calendars import day_of_month_many
from postloan.kernel.money import Int64Array

DateArray = npt.NDArray[np.datetime64]
BoolArray = npt.NDArray[np.bool_]

SPREAD_DAYS = 28  # every month has them
NO_LIMIT = 1_000_000  # days past due of a band that is open above


@dataclass(frozen=True, slots=True)
class Settled:
    """How many rows are settled, and whether the days past due that follow are those of the status word."""

    rows: int
    fits: bool


def settled_rows(
    *,
    due_dates: Sequence[date],
    planned_balances_minor: Sequence[int],
    balance_minor: int,
    low_days: int,
    high_days: int,
    as_of: date,
) -> Settled:
    """
    Return how many rows of a plan are settled on `as_of`, for a loan with `balance_minor` left (> 0).

    `planned_balances_minor[n]` is the balance once n rows are settled, n from 0. A band of 0 to 0 days means
    current: all rows due are settled, but never the last one while a balance is left. Otherwise the oldest
    unsettled row must have fallen due; where none has, nothing is settled and nothing fits.

    >>> plan = [date(2018, 4, 10), date(2018, 5, 10), date(2018, 6, 10)]
    >>> settled_rows(due_dates=plan, planned_balances_minor=[300, 200, 100, 0], balance_minor=210,
    ...              low_days=16, high_days=60, as_of=date(2018, 6, 30))
    Settled(rows=1, fits=True)
    """
    fallen_due = sum(1 for due_date in due_dates if due_date <= as_of)
    if high_days == 0:
        rows = min(fallen_due, len(due_dates) - 1)
        return Settled(rows, rows == fallen_due)
    choices = []
    for rows in range(fallen_due):
        days = (as_of - due_dates[rows]).days
        outside_days = max(low_days - days, days - high_days, 0)
        choices.append((outside_days, abs(planned_balances_minor[rows] - balance_minor), rows))
    if not choices:
        return Settled(0, False)
    outside_days, _, rows = min(choices)
    return Settled(rows, outside_days == 0)


@dataclass(frozen=True, slots=True)
class SettledMany:
    """`Settled` for each loan."""

    rows: Int64Array
    fits: BoolArray


def settled_rows_many(
    *,
    due_dates: DateArray,
    planned_balances_minor: Int64Array,
    balance_minor: Int64Array,
    low_days: Int64Array,
    high_days: Int64Array,
    as_of: date,
) -> SettledMany:
    """
    Return `settled_rows` for each loan.

    `due_dates` has a line per loan, NaT after its last row; `planned_balances_minor` has one column more.
    """
    loans, most = due_dates.shape
    days = (np.datetime64(as_of, "D") - due_dates.astype("datetime64[D]")).astype(np.int64)
    is_row = ~np.isnat(due_dates)
    has_fallen_due = is_row & (days >= 0)
    fallen_due = has_fallen_due.sum(axis=1)
    is_current = high_days == 0
    current_rows = np.minimum(fallen_due, is_row.sum(axis=1) - 1)

    far = np.iinfo(np.int64).max
    outside = np.maximum(np.maximum(low_days[:, None] - days, days - high_days[:, None]), 0)
    outside = np.where(has_fallen_due, outside, far)
    nearest = outside.min(axis=1, initial=far) if most else np.full(loans, far)
    off = np.abs(planned_balances_minor[:, :most] - balance_minor[:, None])
    off = np.where(outside == nearest[:, None], off, far)
    late_rows = np.where(nearest == far, 0, off.argmin(axis=1) if most else 0)
    return SettledMany(
        rows=np.where(is_current, current_rows, late_rows).astype(np.int64),
        fits=np.where(is_current, current_rows == fallen_due, nearest == 0),
    )


def spread_day(*, key: str, seed: int) -> int:
    """
    Return a day of the month from 1 to 28 for whoever has `key`: always the same, evenly spread over the keys.

    >>> [spread_day(key=key, seed=1) for key in ("1", "2", "3")]
    [3, 23, 4]
    """
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % SPREAD_DAYS + 1


def fitting_days_many(
    *,
    disbursed_month: npt.NDArray[np.datetime64],
    spread_days: Int64Array,
    settled: Int64Array,
    rows: Int64Array,
    low_days: Int64Array,
    high_days: Int64Array,
    as_of: date,
) -> Int64Array:
    """
    Return for each late loan a day of the month that makes its days past due fit the band of its status word.

    Rows fall due monthly on the chosen day, the first in the month after `disbursed_month`. A day on which row
    `settled + 1` fits is preferred, then one on which any row fits, each time the first from the spread day on,
    going round at 28. Where no day fits, the spread day stays.
    """
    chosen = np.zeros_like(spread_days)
    for wanted in (settled + 1, None):
        for step in range(SPREAD_DAYS):
            days = (spread_days - 1 + step) % SPREAD_DAYS + 1
            row = wanted
            if row is None:
                row = _newest_row_in_band(disbursed_month, days, low_days, as_of)
            due = (disbursed_month.astype("datetime64[M]") + row).astype("datetime64[D]") + (days - 1)
            past = (np.datetime64(as_of, "D") - due).astype(np.int64)
            fits = (past >= low_days) & (past <= high_days) & (row >= 1) & (row <= rows)
            chosen = np.where((chosen == 0) & fits, days, chosen)
    return np.where(chosen == 0, spread_days, chosen)


def _newest_row_in_band(
    disbursed_month: npt.NDArray[np.datetime64], days: Int64Array, low_days: Int64Array, as_of: date
) -> Int64Array:
    """Return the number of the newest row that is at least `low_days` past due, if rows fall due on `days`."""
    latest = np.datetime64(as_of, "D") - low_days.astype("timedelta64[D]")
    months = (latest.astype("datetime64[M]") - disbursed_month.astype("datetime64[M]")).astype(np.int64)
    newest: Int64Array = months - (day_of_month_many(dates=latest) < days)
    return newest
