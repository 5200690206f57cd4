"""
Interest rates as they are quoted.

A rate is a whole number of millionths with the period it was quoted for: 24 % a year is
(240_000, "year"), 0.05 % a day is (500, "day"). It is never converted into another period,
because the answer depends on the day count: 0.02 % a day is 7.3 % a year under act_365, 7.2 %
under act_360. Interest is simple within a row of a schedule. See docs/rules/rates_and_day_counts.md.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from postloan.kernel.daycounts import DayCount, Period, Share, day_share, month_share, year_share

RatePeriod: TypeAlias = Literal["year", "month", "day"]

PPM = 1_000_000

_WRITTEN = re.compile(
    r"\s*(?P<whole>\d+)(?:\.(?P<part>\d+))?\s*%\s*(?:(?:per|a|an|/)\s*(?P<per>[a-z]+))?\s*", re.IGNORECASE
)


class RateNotUnderstood(ValueError):
    """The text is no percentage, is finer than a millionth, or names another period than asked."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A simple interest rate as quoted: whole millionths per `per`."""

    ppm: int
    per: RatePeriod

    def __post_init__(self) -> None:
        assert isinstance(self.ppm, int), self.ppm
        assert self.ppm >= 0, self.ppm
        assert self.per in get_args(RatePeriod), self.per

    def __str__(self) -> str:
        whole, part = divmod(self.ppm, 10_000)
        written = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
        return f"{written} % per {self.per}"


def parse_rate(text: str, *, per: RatePeriod = "year") -> Rate:
    """
    Read a percentage such as "9.4822 %", "24% per year" or "0.05 % a day"; `per` where it is not said.

    >>> parse_rate("9.4822 %")
    Rate(ppm=94822, per='year')
    >>> parse_rate("0.05% per day")
    Rate(ppm=500, per='day')

    Raises:
        RateNotUnderstood: if it is no percentage, or has more than four decimals that are not zero.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise RateNotUnderstood(f"{text!r} is not a percentage")
    part = (match["part"] or "").rstrip("0")
    if len(part) > 4:
        raise RateNotUnderstood(f"{text!r} is finer than a millionth")
    return Rate(ppm=int(match["whole"]) * 10_000 + int(part.ljust(4, "0")), per=_read_period(match["per"], per))


def _read_period(written: str | None, otherwise: RatePeriod) -> RatePeriod:
    match (written or otherwise).lower():
        case "year" | "annum":
            return "year"
        case "month":
            return "month"
        case "day":
            return "day"
    raise RateNotUnderstood(f"{written!r} is not a period of a rate")


def rate_share(*, per: RatePeriod, day_count: DayCount, period: Period, first_day_counts: bool = True) -> Share:
    """
    Return the length of `period` in the periods of the rate.

    The day count applies to rates per year only; a rate per month or per day works on its own period.
    """
    match per:
        case "year":
            return year_share(day_count=day_count, period=period, first_day_counts=first_day_counts)
        case "month":
            return month_share(period=period)
        case "day":
            return day_share(period=period)
