"""
The working calendars of jurisdictions, as lists: holidays, and weekend days that are worked instead.

China: the yearly notices of the General Office of the State Council on the arrangement of holidays, days off in lieu
included, checked against the tables of the package chinesecalendar 1.11.0. A year that is not listed yet knows weekends
only; a product can bring further days (`HolidayRules`), so a new list needs no release. docs/rules/due_dates.md.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from postloan.kernel.calendars import WorkingCalendar

_CN_HOLIDAYS: Final = {
    2020: (
        "01-01 01-24 01-25 01-26 01-27 01-28 01-29 01-30 01-31 02-01 02-02 04-04 04-05 04-06 05-01 05-02 "
        "05-03 05-04 05-05 06-25 06-26 06-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07 10-08"
    ),
    2021: (
        "01-01 01-02 01-03 02-11 02-12 02-13 02-14 02-15 02-16 02-17 04-03 04-04 04-05 05-01 05-02 05-03 "
        "05-04 05-05 06-12 06-13 06-14 09-19 09-20 09-21 10-01 10-02 10-03 10-04 10-05 10-06 10-07"
    ),
    2022: (
        "01-01 01-02 01-03 01-31 02-01 02-02 02-03 02-04 02-05 02-06 04-03 04-04 04-05 04-30 05-01 05-02 "
        "05-03 05-04 06-03 06-04 06-05 09-10 09-11 09-12 10-01 10-02 10-03 10-04 10-05 10-06 10-07 12-31"
    ),
    2023: (
        "01-01 01-02 01-21 01-22 01-23 01-24 01-25 01-26 01-27 04-05 04-29 04-30 05-01 05-02 05-03 06-22 "
        "06-23 06-24 09-29 09-30 10-01 10-02 10-03 10-04 10-05 10-06 12-30 12-31"
    ),
    2024: (
        "01-01 02-10 02-11 02-12 02-13 02-14 02-15 02-16 02-17 04-04 04-05 04-06 05-01 05-02 05-03 05-04 "
        "05-05 06-10 09-15 09-16 09-17 10-01 10-02 10-03 10-04 10-05 10-06 10-07"
    ),
    2025: (
        "01-01 01-28 01-29 01-30 01-31 02-01 02-02 02-03 02-04 04-04 04-05 04-06 05-01 05-02 05-03 05-04 "
        "05-05 05-31 06-01 06-02 10-01 10-02 10-03 10-04 10-05 10-06 10-07 10-08"
    ),
    2026: (
        "01-01 01-02 01-03 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23 04-04 04-05 04-06 05-01 "
        "05-02 05-03 05-04 05-05 06-19 06-20 06-21 09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 "
        "10-07"
    ),
}
_CN_MAKE_UP_DAYS: Final = {
    2020: "01-19 04-26 05-09 06-28 09-27 10-10",
    2021: "02-07 02-20 04-25 05-08 09-18 09-26 10-09",
    2022: "01-29 01-30 04-02 04-24 05-07 10-08 10-09",
    2023: "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def _days(lists: Mapping[int, str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, days in lists.items() for day in days.split())


CALENDARS: Final[Mapping[str, WorkingCalendar]] = MappingProxyType(
    {
        "CN": WorkingCalendar(holidays=_days(_CN_HOLIDAYS), make_up_days=_days(_CN_MAKE_UP_DAYS)),
        "weekends": WorkingCalendar(),
    }
)


def listed_through(*, name: str) -> date | None:
    """Return the last day a calendar has a list for; None where it knows weekends only."""
    days = CALENDARS[name].holidays
    return date(max(days).year, 12, 31) if days else None
