"""
Accrue the interest of the running row of a schedule, to any date, exactly.

Nothing is rounded per day. What is posted is always the exact amount since the start of the row, rounded once, less
what was posted before; so three missed days equal three single ones, and the days of a row sum to its interest.
Days are half-open: `from_date` bears interest, `to_date` is the first day that does not. Whoever settles on a date
hands that date; a close that books its own day as well hands the day after.

Charge-off and non-accrual stop the accrual in the books (`stopped_from_date`), not the debt: the legal accrual is the
same call without it. The rule and its worked example are in docs/rules/accrual.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from postloan.kernel.daycounts import Share
from postloan.kernel.money import Int64Array, Rounding, divide_rounded, divide_rounded_many, multiply_many
from postloan.kernel.rates import PPM

DateArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Segment:
    """
    A stretch of days with one principal and one rate.

    `share` is the length of the stretch in periods of the rate, as `rates.rate_share` returns it: 10 days of a yearly
    rate under act_365 are Share(10, 365), 10 days of a daily rate are Share(10, 1).
    """

    principal_minor: int
    rate_ppm: int
    share: Share


def simple_interest_minor(*, principal_minor: int, rate_ppm: int, share: Share, rounding: Rounding) -> int:
    """
    Return simple interest over `share` periods of the rate, in minor units, rounded once.

    333.33 at 0.02 % a day for 30 days is 2.00; rounded each day it would come to 2.10:

    >>> simple_interest_minor(principal_minor=33_333, rate_ppm=200, share=Share(30, 1), rounding=Rounding.HALF_UP)
    200
    """
    numerator = principal_minor * rate_ppm * share.numerator
    return divide_rounded(numerator=numerator, denominator=PPM * share.denominator, rounding=rounding)


def segments_interest_minor(*, segments: Sequence[Segment], rounding: Rounding) -> int:
    """
    Return the simple interest of a row whose rate or principal changes inside it, in minor units.

    The segments are summed exactly and rounded once for the whole row.
    """
    exact = sum(
        (
            Fraction(segment.principal_minor * segment.rate_ppm * segment.share.numerator, segment.share.denominator)
            for segment in segments
        ),
        Fraction(0),
    )
    return divide_rounded(numerator=exact.numerator, denominator=exact.denominator * PPM, rounding=rounding)


def row_interest_accrued_minor(
    *,
    interest_minor: int,
    from_date: date,
    due_date: date,
    to_date: date,
    rounding: Rounding,
    stopped_from_date: date | None = None,
) -> int:
    """
    Return how much of a row's known interest has accrued before `to_date`, in minor units.

    It runs evenly from `from_date` to `due_date`, is 0 before the row and never more than the row; from
    `stopped_from_date` on nothing accrues. A row of no days has all its interest from its date on.

    >>> row_interest_accrued_minor(interest_minor=200, from_date=date(2018, 3, 1), due_date=date(2018, 3, 31),
    ...                            to_date=date(2018, 3, 8), rounding=Rounding.HALF_UP)
    47
    """
    assert from_date <= due_date, (from_date, due_date)
    end = to_date if stopped_from_date is None else min(to_date, stopped_from_date)
    row_days = (due_date - from_date).days
    if row_days == 0:
        return interest_minor if end > from_date else 0
    elapsed_days = min(max((end - from_date).days, 0), row_days)
    return divide_rounded(numerator=interest_minor * elapsed_days, denominator=row_days, rounding=rounding)


def accrual_to_post_minor(*, accrued_minor: int, posted_minor: int) -> int:
    """
    Return what is to be posted now: accrued since the start of the row, less what was posted before.

    Negative where a backdated event (receipt, rate cut, stop of accrual) lowered what had accrued: the difference
    is given back today, the past is not edited.
    """
    return accrued_minor - posted_minor


def simple_interest_many(
    *,
    principal_minor: Int64Array,
    rate_ppm: Int64Array | int,
    share_numerators: Int64Array | int,
    share_denominators: Int64Array | int,
    rounding: Rounding,
) -> Int64Array:
    """
    Return `simple_interest_minor` element by element.

    Raises:
        money.TooLargeForInt64: if a product of principal, rate and days does not fit 64 bits.
    """
    numerators = multiply_many(factors=[principal_minor, rate_ppm, share_numerators])
    denominators = multiply_many(factors=[np.asarray(share_denominators, dtype=np.int64), PPM])
    return divide_rounded_many(numerators=numerators, denominators=denominators, rounding=rounding)


def row_interest_accrued_many(
    *,
    interest_minor: Int64Array,
    from_dates: DateArray,
    due_dates: DateArray,
    to_date: date,
    rounding: Rounding,
    stopped_from_dates: DateArray | None = None,
) -> Int64Array:
    """
    Return `row_interest_accrued_minor` for each row, all to one date; NaT in `stopped_from_dates` means not stopped.

    Raises:
        money.TooLargeForInt64: if interest × days does not fit 64 bits.
    """
    begin = _day_numbers(from_dates)
    row_days = _day_numbers(due_dates) - begin
    assert bool((row_days >= 0).all()), "a row ends before it begins"
    end = np.full(len(begin), _day_number(to_date), dtype=np.int64)
    if stopped_from_dates is not None:
        is_stopped = ~np.isnat(stopped_from_dates)
        end = np.where(is_stopped, np.minimum(end, _day_numbers(stopped_from_dates)), end)

    # A row of no days counts as one day long: nothing on its date, all of it from the next day on.
    length = np.maximum(row_days, 1)
    elapsed = np.clip(end - begin, 0, length)
    numerators = multiply_many(factors=[interest_minor, elapsed])
    return divide_rounded_many(numerators=numerators, denominators=length, rounding=rounding)


def accrual_to_post_many(*, accrued_minor: Int64Array, posted_minor: Int64Array) -> Int64Array:
    """Return `accrual_to_post_minor` for each row."""
    return accrued_minor - posted_minor


def _day_number(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _day_numbers(days: DateArray) -> Int64Array:
    return days.astype("datetime64[D]").astype(np.int64)
