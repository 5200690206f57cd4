"""Business dates: the day of the money and the day of the books are two dates, and neither is the clock."""

import doctest
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import business_dates
from postloan.kernel.business_dates import InstantWithoutTimeZone, local_date, receipt_dates

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "business_dates.md"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(business_dates)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2018, 4, 1, 23, 59, 59, tzinfo=SHANGHAI), date(2018, 4, 1)),
        (datetime(2018, 4, 2, 0, 0, 1, tzinfo=SHANGHAI), date(2018, 4, 2)),
        (datetime(2018, 4, 1, 15, 59, 59, tzinfo=UTC), date(2018, 4, 1)),
        (datetime(2018, 4, 1, 16, 0, 1, tzinfo=UTC), date(2018, 4, 2)),
    ],
)
def test_a_second_before_midnight_in_shanghai_is_another_day_than_a_second_after(at, expected):
    assert local_date(at=at, zone=SHANGHAI) == expected


@pytest.mark.parametrize(
    ("clock", "open_date", "value_date", "booking_date"),
    [
        (time(21, 59, 59), date(2018, 4, 1), date(2018, 4, 1), date(2018, 4, 1)),
        (time(22, 0, 0), date(2018, 4, 1), date(2018, 4, 1), date(2018, 4, 2)),
        (time(23, 59, 59), date(2018, 4, 1), date(2018, 4, 1), date(2018, 4, 2)),
        (time(12, 0, 0), date(2018, 4, 3), date(2018, 4, 1), date(2018, 4, 3)),
        (time(12, 0, 0), date(2018, 3, 28), date(2018, 4, 1), date(2018, 4, 1)),
    ],
)
def test_money_after_the_cut_off_is_credited_today_and_booked_tomorrow(clock, open_date, value_date, booking_date):
    found = receipt_dates(
        received_at=datetime.combine(date(2018, 4, 1), clock, tzinfo=SHANGHAI),
        zone=SHANGHAI,
        cut_off=time(22),
        open_business_date=open_date,
    )

    assert (found.value_date, found.booking_date) == (value_date, booking_date)


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(InstantWithoutTimeZone):
        local_date(at=datetime(2018, 4, 1, 12), zone=SHANGHAI)


@given(
    at=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    cut_off=st.none() | st.times(),
    days_open=st.integers(-5, 5),
)
def test_no_receipt_is_booked_before_it_came_or_into_closed_books(at, cut_off, days_open):
    open_date = at.date() + timedelta(days=days_open)

    found = receipt_dates(received_at=at, zone=SHANGHAI, cut_off=cut_off, open_business_date=open_date)

    assert found.value_date == local_date(at=at, zone=SHANGHAI)
    assert found.booking_date >= max(found.value_date, open_date)
