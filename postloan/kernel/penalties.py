"""
What lateness costs: a daily penalty on what is overdue, or a late fee once per instalment, after days of grace.

The clock starts at `last_free_date`, the last day on which payment is on time: the due date, or a later day where
that was a holiday. It is handed in beside the due date, so that a holiday moves neither interest nor days past due.
`grace_days` after it no penalty is owed; whoever pays by then pays none. After that, days are counted either from
the first day after `last_free_date` (`day_one`) or from the first day after the grace (`after_grace`). This grace is
one of four; the graces on ageing and on reporting are in ageing.py.

The penalty is simple, and exact: each instalment carries the sum of its overdue balance over the days counted
("minor-days"), is rounded once, and is charged the difference to what was raised before. Rule and worked example:
docs/rules/penalties.md.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from postloan.kernel.money import Int64Array, Rounding, divide_rounded, divide_rounded_many, multiply_many
from postloan.kernel.rates import PPM

DateArray = npt.NDArray[np.datetime64]

CountedFrom = Literal["day_one", "after_grace"]
Basis = Literal["overdue_principal", "overdue_total"]


class PenaltyNotPossible(ValueError):
    """A number of days, a rate, a share or an amount of the terms is negative, or a word is unknown."""


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """
    A penalty by the day: `rate_ppm` millionths per `rate_period_days` days (1 for a daily rate, 365 for a yearly one).

    `basis` says which open amount of an instalment the caller is to hand in: its principal, or all of it but the
    penalty itself. `cap_ppm` stops the penalty at a share of the overdue principal; None is no cap.

    Raises:
        PenaltyNotPossible: if a number is negative, the period has no day, or a word is unknown.
    """

    rate_ppm: int
    rate_period_days: int = 1
    basis: Basis = "overdue_principal"
    grace_days: int = 0
    counted_from: CountedFrom = "day_one"
    rounding: Rounding = Rounding.HALF_UP
    cap_ppm: int | None = None

    def __post_init__(self) -> None:
        if min(self.rate_ppm, self.grace_days, self.cap_ppm or 0) < 0 or self.rate_period_days < 1:
            raise PenaltyNotPossible("rate, grace and cap cannot be negative, and the period has at least one day")
        if self.counted_from not in get_args(CountedFrom) or self.basis not in get_args(Basis):
            raise PenaltyNotPossible(f"unknown basis {self.basis!r} or way of counting {self.counted_from!r}")


@dataclass(frozen=True, slots=True)
class LateFeeTerms:
    """
    A fee once per instalment: the greater of `minimum_minor` and `share_ppm` of what is unpaid, after the grace.

    `cap_ppm` stops it at a share of what is unpaid (1_000_000 is all of it); None is no cap.

    Raises:
        PenaltyNotPossible: if a number is negative.
    """

    grace_days: int
    minimum_minor: int = 0
    share_ppm: int = 0
    rounding: Rounding = Rounding.HALF_UP
    cap_ppm: int | None = None

    def __post_init__(self) -> None:
        if min(self.grace_days, self.minimum_minor, self.share_ppm, self.cap_ppm or 0) < 0:
            raise PenaltyNotPossible("grace, minimum, share and cap cannot be negative")


LENDING_CLUB_LATE_FEE = LateFeeTerms(grace_days=15, minimum_minor=1_500, share_ppm=50_000)
"""The greater of 15 dollars and 5 % of the unpaid instalment, once it is more than 15 days late."""


@dataclass(frozen=True, slots=True)
class OverdueCount:
    """
    What has been counted of one instalment: overdue minor units × days, up to and with `through_date`.

    The caller keeps it with the instalment. Before the overdue balance changes on a day, it counts to that day at the
    old balance; the close that follows then finds the day counted, so it does not matter which of them comes first.
    """

    minor_days: int = 0
    through_date: date | None = None


NOTHING_COUNTED = OverdueCount()


def penalty_start_date(*, terms: PenaltyTerms | LateFeeTerms, last_free_date: date) -> date:
    """
    Return the first day on which an unpaid instalment owes penalty or late fee: the day after the grace.

    >>> penalty_start_date(terms=LENDING_CLUB_LATE_FEE, last_free_date=date(2018, 4, 1))
    datetime.date(2018, 4, 17)
    """
    return last_free_date + timedelta(days=terms.grace_days + 1)


def count_overdue(
    *, terms: PenaltyTerms, overdue_minor: int, last_free_date: date, on_date: date, counted: OverdueCount
) -> OverdueCount:
    """
    Return the count carried on to `on_date`, with `overdue_minor` unpaid since the last count.

    The days are those between two dates, as for interest: paid one day after `last_free_date` is one day.

    Nothing is counted while the grace runs. The first count after it takes all the days that `counted_from` says,
    at the balance left when the grace ended. Counting the same day twice counts it once.
    """
    assert overdue_minor >= 0, overdue_minor
    if on_date < penalty_start_date(terms=terms, last_free_date=last_free_date):
        return counted
    counted_through = counted.through_date or _counting_begins_after(terms=terms, last_free_date=last_free_date)
    days = max((on_date - counted_through).days, 0)
    return OverdueCount(counted.minor_days + overdue_minor * days, max(on_date, counted_through))


def penalty_minor(*, terms: PenaltyTerms, minor_days: int) -> int:
    """
    Return the penalty for a count of minor-days, before any cap, in minor units.

    1,000.00 overdue for 10 days at 0.05 % a day:

    >>> penalty_minor(terms=PenaltyTerms(rate_ppm=500), minor_days=100_000 * 10)
    500
    """
    return divide_rounded(
        numerator=minor_days * terms.rate_ppm, denominator=PPM * terms.rate_period_days, rounding=terms.rounding
    )


def penalty_to_raise_minor(*, terms: PenaltyTerms, minor_days: int, raised_minor: int, cap_principal_minor: int) -> int:
    """
    Return the penalty to raise now: that for all the days counted, less what was raised before.

    `raised_minor` is all that was ever raised on the instalment, also what was paid or waived since: a waived penalty
    is not raised again. The cap is a share of `cap_principal_minor`, the overdue principal when the grace ended; it
    stops further penalty and never takes back any. Negative where a backdated receipt lowered the days counted.
    """
    accrued_minor = penalty_minor(terms=terms, minor_days=minor_days)
    if terms.cap_ppm is not None:
        cap_minor = divide_rounded(
            numerator=cap_principal_minor * terms.cap_ppm, denominator=PPM, rounding=Rounding.DOWN
        )
        accrued_minor = min(accrued_minor, max(cap_minor, raised_minor))
    return accrued_minor - raised_minor


def late_fee_to_raise_minor(
    *, terms: LateFeeTerms, unpaid_minor: int, last_free_date: date, on_date: date, was_raised: bool
) -> int:
    """
    Return the late fee to raise when `on_date` closes, in minor units; 0 while in grace, when paid or raised before.

    5 % of 800.00 is more than 15.00:

    >>> late_fee_to_raise_minor(terms=LENDING_CLUB_LATE_FEE, unpaid_minor=80_000, last_free_date=date(2018, 4, 1),
    ...                         on_date=date(2018, 4, 17), was_raised=False)
    4000
    """
    assert unpaid_minor >= 0, unpaid_minor
    if was_raised or unpaid_minor == 0 or on_date < penalty_start_date(terms=terms, last_free_date=last_free_date):
        return 0
    share_minor = divide_rounded(numerator=unpaid_minor * terms.share_ppm, denominator=PPM, rounding=terms.rounding)
    fee_minor = max(terms.minimum_minor, share_minor)
    if terms.cap_ppm is None:
        return fee_minor
    return min(
        fee_minor, divide_rounded(numerator=unpaid_minor * terms.cap_ppm, denominator=PPM, rounding=Rounding.DOWN)
    )


@dataclass(frozen=True, slots=True)
class PenaltiesMany:
    """For each instalment: what to raise now, and the count carried on (`through_dates` NaT while nothing counts)."""

    to_raise_minor: Int64Array
    minor_days: Int64Array
    through_dates: DateArray


def penalty_start_dates(*, terms: PenaltyTerms | LateFeeTerms, last_free_dates: DateArray) -> DateArray:
    """Return `penalty_start_date` for each instalment; NaT stays NaT."""
    starts: DateArray = np.add(last_free_dates.astype("datetime64[D]"), np.timedelta64(terms.grace_days + 1, "D"))
    return starts


def penalties_to_raise_many(
    *,
    terms: PenaltyTerms,
    overdue_minor: Int64Array,
    last_free_dates: DateArray,
    on_date: date,
    counted_minor_days: Int64Array,
    counted_through_dates: DateArray,
    raised_minor: Int64Array,
    cap_principal_minor: Int64Array,
) -> PenaltiesMany:
    """
    Count each instalment to `on_date` and return what to raise: `count_overdue` and
    `penalty_to_raise_minor` in columns. NaT in `counted_through_dates` means nothing was counted yet.

    Raises:
        money.TooLargeForInt64: if minor-days × rate does not fit 64 bits.
    """
    assert bool((overdue_minor >= 0).all())
    today = np.datetime64(on_date, "D")
    begins_after = last_free_dates.astype("datetime64[D]") + np.timedelta64(_days_not_counted(terms), "D")
    through = counted_through_dates.astype("datetime64[D]")
    through = np.where(np.isnat(through), begins_after, through)
    runs = penalty_start_dates(terms=terms, last_free_dates=last_free_dates) <= today
    days = np.where(runs, np.maximum((today - through).astype(np.int64), 0), 0)
    minor_days = counted_minor_days + multiply_many(factors=[overdue_minor, days])

    accrued_minor = divide_rounded_many(
        numerators=multiply_many(factors=[minor_days, terms.rate_ppm]),
        denominators=PPM * terms.rate_period_days,
        rounding=terms.rounding,
    )
    if terms.cap_ppm is not None:
        cap_minor = _share_many(amounts_minor=cap_principal_minor, ppm=terms.cap_ppm, rounding=Rounding.DOWN)
        accrued_minor = np.minimum(accrued_minor, np.maximum(cap_minor, raised_minor))
    return PenaltiesMany(
        to_raise_minor=accrued_minor - raised_minor,
        minor_days=minor_days,
        through_dates=np.where(runs, np.maximum(today, through), counted_through_dates).astype("datetime64[D]"),
    )


def late_fees_to_raise_many(
    *,
    terms: LateFeeTerms,
    unpaid_minor: Int64Array,
    last_free_dates: DateArray,
    on_date: date,
    was_raised: npt.NDArray[np.bool_],
) -> Int64Array:
    """Return `late_fee_to_raise_minor` for each instalment."""
    assert bool((unpaid_minor >= 0).all())
    is_late = penalty_start_dates(terms=terms, last_free_dates=last_free_dates) <= np.datetime64(on_date, "D")
    share_minor = _share_many(amounts_minor=unpaid_minor, ppm=terms.share_ppm, rounding=terms.rounding)
    fee_minor = np.maximum(terms.minimum_minor, share_minor)
    if terms.cap_ppm is not None:
        cap_minor = _share_many(amounts_minor=unpaid_minor, ppm=terms.cap_ppm, rounding=Rounding.DOWN)
        fee_minor = np.minimum(fee_minor, cap_minor)
    return np.where(is_late & ~was_raised & (unpaid_minor > 0), fee_minor, 0)


def _days_not_counted(terms: PenaltyTerms) -> int:
    return terms.grace_days if terms.counted_from == "after_grace" else 0


def _counting_begins_after(*, terms: PenaltyTerms, last_free_date: date) -> date:
    return last_free_date + timedelta(days=_days_not_counted(terms))


def _share_many(*, amounts_minor: Int64Array, ppm: int, rounding: Rounding) -> Int64Array:
    return divide_rounded_many(
        numerators=multiply_many(factors=[amounts_minor, ppm]), denominators=PPM, rounding=rounding
    )
