"""
How old a loan's arrears are: days past due, buckets, and the day on which the bucket next changes.

Days past due are the business date less the oldest unpaid due date and never below zero: the due date itself is
day 0, read when the day closes. Nothing is counted up night by night; whoever misses a week of nights reads the same
number. Bucket bands are data: the house's M0, M1 … are one set, the status words of a lender's tape another.

Two kinds of grace live here and must not be mistaken for each other (nor for the grace on penalties, penalties.py):
`ageing_grace_days` makes days past due start late, `reporting_grace_days` only keeps the arrears out of reports.
The rule and its worked example are in docs/rules/ageing.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from postloan.kernel.money import Int64Array

DateArray = npt.NDArray[np.datetime64]

CountedFrom = Literal["day_one", "after_grace"]

NO_DATE: Final = np.datetime64("NaT", "D")


class BandsNotPossible(ValueError):
    """The bands do not start at day 0, do not rise, or share a name."""


class GraceNotPossible(ValueError):
    """A number of days of grace is negative, or the way of counting after it is unknown."""


@dataclass(frozen=True, slots=True)
class Band:
    """A bucket: its name and the days past due with which it begins; it ends where the next one begins."""

    name: str
    from_days: int


@dataclass(frozen=True, slots=True)
class Bands:
    """
    A set of buckets, best first.

    Raises:
        BandsNotPossible: unless the first begins at 0, each next one later, and every name is its own.
    """

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        starts = self.starts
        if not starts or starts[0] != 0:
            raise BandsNotPossible("the first band must begin at day 0")
        if any(later <= earlier for earlier, later in pairwise(starts)):
            raise BandsNotPossible(f"each band must begin after the one before: {starts}")
        if len({band.name for band in self.bands}) != len(self.bands):
            raise BandsNotPossible("two bands share a name")

    @property
    def starts(self) -> tuple[int, ...]:
        """The first day of each band."""
        return tuple(band.from_days for band in self.bands)


HOUSE_BANDS: Final = Bands(
    (
        Band("M0", 0),
        Band("M1", 1),
        Band("M2", 31),
        Band("M3", 61),
        Band("M4", 91),
        Band("M5", 121),
        Band("M6", 151),
        Band("M6+", 181),
    )
)
"""M0 is nothing past due, M1 is 1–30 days, M2 is 31–60 … M6+ is more than 180."""

LENDING_CLUB_BANDS: Final = Bands(
    (
        Band("Current", 0),
        Band("In Grace Period", 1),
        Band("Late (16-30 days)", 16),
        Band("Late (31-120 days)", 31),
        Band("Default", 121),
    )
)
"""The status words of a Lending Club tape as bands; "Charged Off" is an event there, not an age."""


@dataclass(frozen=True, slots=True)
class AgeingTerms:
    """
    How a product ages its arrears.

    While no more than `ageing_grace_days` have gone by, days past due read 0. After that they count either from the
    due date (`day_one`: they jump to grace + 1) or from the end of the grace (`after_grace`: they begin at 1).
    Arrears are reported only once more than `reporting_grace_days` calendar days past the due date have gone by.

    Raises:
        GraceNotPossible: if a number of days is negative or `counted_from` is unknown.
    """

    bands: Bands = HOUSE_BANDS
    ageing_grace_days: int = 0
    counted_from: CountedFrom = "after_grace"
    reporting_grace_days: int = 0

    def __post_init__(self) -> None:
        if self.ageing_grace_days < 0 or self.reporting_grace_days < 0:
            raise GraceNotPossible("days of grace cannot be negative")
        if self.counted_from not in get_args(CountedFrom):
            raise GraceNotPossible(f"unknown way of counting {self.counted_from!r}")


HOUSE_AGEING: Final = AgeingTerms()


def oldest_unpaid_due_date(*, dues: Iterable[tuple[date, int]], business_date: date) -> date | None:
    """
    Return `past_due_since`: the oldest due date, on or before `business_date`, with anything unpaid, or None.

    `dues` are pairs of due date and open amount in minor units. On the due date itself the answer is that date and
    the days past due are still 0.
    """
    return min(
        (due_date for due_date, open_minor in dues if open_minor > 0 and due_date <= business_date), default=None
    )


def days_past_due(*, past_due_since: date | None, business_date: date, terms: AgeingTerms = HOUSE_AGEING) -> int:
    """
    Return the days past due when `business_date` closes; 0 if nothing is unpaid.

    >>> days_past_due(past_due_since=date(2018, 4, 1), business_date=date(2018, 4, 1))
    0
    >>> days_past_due(past_due_since=date(2018, 4, 1), business_date=date(2018, 5, 2))
    31
    """
    if past_due_since is None:
        return 0
    calendar_days = (business_date - past_due_since).days
    if calendar_days <= terms.ageing_grace_days:
        return 0
    return calendar_days - (terms.ageing_grace_days if terms.counted_from == "after_grace" else 0)


def bucket_index(*, days_past_due: int, bands: Bands = HOUSE_BANDS) -> int:
    """Return the place of the bucket in `bands`: 0 for the best."""
    assert days_past_due >= 0, days_past_due
    return sum(1 for start in bands.starts if start <= days_past_due) - 1


def bucket(*, days_past_due: int, bands: Bands = HOUSE_BANDS) -> str:
    """
    Return the name of the bucket.

    >>> [bucket(days_past_due=days) for days in (0, 1, 30, 31, 500)]
    ['M0', 'M1', 'M1', 'M2', 'M6+']
    """
    return bands.bands[bucket_index(days_past_due=days_past_due, bands=bands)].name


def is_reportable(*, past_due_since: date | None, business_date: date, terms: AgeingTerms) -> bool:
    """Say whether the arrears are old enough to be reported; the grace on ageing has no part in it."""
    return past_due_since is not None and (business_date - past_due_since).days > terms.reporting_grace_days


def reportable_from_date(*, past_due_since: date | None, terms: AgeingTerms) -> date | None:
    """Return the first day on which the arrears are reportable if nothing is paid; None if nothing is unpaid."""
    if past_due_since is None:
        return None
    return past_due_since + timedelta(days=terms.reporting_grace_days + 1)


def bucket_entry_dates(*, past_due_since: date, terms: AgeingTerms = HOUSE_AGEING) -> tuple[date, ...]:
    """Return the first day in each bucket but the best, if nothing is paid; buckets jumped over share a day."""
    return tuple(past_due_since + timedelta(days=days) for days in _entry_days(terms))


def next_bucket_edge_date(
    *, past_due_since: date | None, business_date: date, terms: AgeingTerms = HOUSE_AGEING
) -> date | None:
    """
    Return the next date after `business_date` on which the bucket gets worse if nothing is paid.

    None if nothing is unpaid or the loan is in the worst bucket already.

    >>> next_bucket_edge_date(past_due_since=date(2018, 4, 1), business_date=date(2018, 4, 1))
    datetime.date(2018, 4, 2)
    >>> next_bucket_edge_date(past_due_since=date(2018, 4, 1), business_date=date(2018, 4, 2))
    datetime.date(2018, 5, 2)
    """
    if past_due_since is None:
        return None
    edges = bucket_entry_dates(past_due_since=past_due_since, terms=terms)
    return next((edge for edge in edges if edge > business_date), None)


def oldest_unpaid_due_date_many(
    *, loan_index: Int64Array, due_dates: DateArray, open_minor: Int64Array, loans: int, business_date: date
) -> DateArray:
    """
    Return `oldest_unpaid_due_date` for each of `loans` loans, NaT where nothing is unpaid.

    The instalments lie flat in any order; `loan_index` is the place of the instalment's loan.
    """
    days = due_dates.astype("datetime64[D]")
    counts = (open_minor > 0) & (days <= np.datetime64(business_date, "D"))
    far = np.iinfo(np.int64).max
    oldest = np.full(loans, far, dtype=np.int64)
    np.minimum.at(oldest, loan_index[counts], days[counts].astype(np.int64))
    oldest[oldest == far] = np.iinfo(np.int64).min  # NaT
    return oldest.astype("datetime64[D]")


def days_past_due_many(
    *, past_due_since: DateArray, business_date: date, terms: AgeingTerms = HOUSE_AGEING
) -> Int64Array:
    """Return `days_past_due` for each loan; NaT in `past_due_since` means nothing is unpaid."""
    calendar_days = _calendar_days_many(past_due_since=past_due_since, business_date=business_date)
    late = calendar_days > terms.ageing_grace_days
    not_counted = terms.ageing_grace_days if terms.counted_from == "after_grace" else 0
    return np.where(late, calendar_days - not_counted, 0)


def bucket_index_many(*, days_past_due: Int64Array, bands: Bands = HOUSE_BANDS) -> Int64Array:
    """Return `bucket_index` for each loan."""
    places = np.searchsorted(np.array(bands.starts, dtype=np.int64), days_past_due, side="right") - 1
    return places.astype(np.int64)


def is_reportable_many(*, past_due_since: DateArray, business_date: date, terms: AgeingTerms) -> npt.NDArray[np.bool_]:
    """Return `is_reportable` for each loan."""
    days = _calendar_days_many(past_due_since=past_due_since, business_date=business_date)
    return days > terms.reporting_grace_days


def reportable_from_dates_many(*, past_due_since: DateArray, terms: AgeingTerms) -> DateArray:
    """Return `reportable_from_date` for each loan; NaT stays NaT."""
    since = past_due_since.astype("datetime64[D]")
    reportable: DateArray = np.add(since, np.timedelta64(terms.reporting_grace_days + 1, "D"))
    return reportable


def next_bucket_edge_date_many(
    *, past_due_since: DateArray, business_date: date, terms: AgeingTerms = HOUSE_AGEING
) -> DateArray:
    """Return `next_bucket_edge_date` for each loan, NaT where there is none."""
    since = past_due_since.astype("datetime64[D]")
    entry_days = np.array(_entry_days(terms), dtype=np.int64)
    calendar_days = (np.datetime64(business_date, "D") - since).astype(np.int64)  # NaT becomes the lowest int64
    place = np.searchsorted(entry_days, calendar_days, side="right")
    has_next = ~np.isnat(since) & (place < len(entry_days))
    steps = np.append(entry_days, 0)[np.where(has_next, place, len(entry_days))]
    return np.where(has_next, since + steps.astype("timedelta64[D]"), NO_DATE).astype("datetime64[D]")


def _entry_days(terms: AgeingTerms) -> tuple[int, ...]:
    """Return the calendar days past the due date with which each bucket but the best begins."""
    grace = terms.ageing_grace_days
    starts = terms.bands.starts[1:]
    if terms.counted_from == "after_grace":
        return tuple(grace + start for start in starts)
    return tuple(max(grace + 1, start) for start in starts)


def _calendar_days_many(*, past_due_since: DateArray, business_date: date) -> Int64Array:
    """Return the calendar days from the oldest unpaid due date; 0 where nothing is unpaid or it lies ahead."""
    since = past_due_since.astype("datetime64[D]")
    days = (np.datetime64(business_date, "D") - since).astype(np.int64)
    return np.where(np.isnat(since), 0, np.maximum(days, 0))
