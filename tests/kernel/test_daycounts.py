from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.daycounts import DayCount, Period, year_share
from postloan.kernel.rates import rate_share

dates = st.dates(date(1990, 1, 1), date(2060, 1, 1))


def years(day_count, first, end, *, first_day_counts=True, **kind):
    share = year_share(day_count=day_count, period=Period(first, end, **kind), first_day_counts=first_day_counts)
    return Fraction(*share)


@pytest.mark.parametrize(
    ("day_count", "first", "end", "expected"),
    [
        ("act_365", date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 365)),
        ("act_360", date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 360)),
        ("act_364", date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 364)),
        ("act_act", date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 366)),
        ("act_act", date(2023, 1, 1), date(2025, 1, 1), Fraction(2)),
        ("act_act_first_day", date(2023, 12, 15), date(2024, 1, 15), Fraction(31, 365)),
        ("30_360", date(2024, 2, 1), date(2024, 3, 1), Fraction(1, 12)),
        ("30_365", date(2024, 2, 1), date(2024, 3, 1), Fraction(30, 365)),
        ("30_act", date(2024, 2, 1), date(2024, 3, 1), Fraction(30, 366)),
        ("30e_360", date(2024, 1, 31), date(2024, 2, 29), Fraction(29, 360)),
        ("30e_360", date(2024, 1, 30), date(2024, 3, 31), Fraction(60, 360)),
        ("same_as_period", date(2024, 2, 1), date(2024, 3, 1), Fraction(1, 12)),
    ],
)
def test_the_year_share_of_a_row(day_count, first, end, expected):
    assert years(DayCount(day_count), first, end) == expected


def test_thirty_of_360_goes_by_period_and_not_by_date():
    row_of_29_days = years(DayCount.PERIOD_30_360, date(2024, 2, 1), date(2024, 3, 1))
    two_weeks = years(DayCount.PERIOD_30_360, date(2024, 2, 1), date(2024, 2, 15), every=2, unit="week")
    five_days = years(DayCount.PERIOD_30_360, date(2024, 2, 1), date(2024, 2, 6), every=5, unit="day")

    assert (row_of_29_days, two_weeks, five_days) == (Fraction(30, 360), Fraction(14, 360), Fraction(5, 360))


def test_across_new_year_the_split_follows_the_day_that_counts():
    first, end = date(2023, 12, 15), date(2024, 1, 15)

    disbursement_day_counts = years(DayCount.ACT_ACT, first, end)  # 17 days of 2023, 14 of 2024
    payment_day_counts = years(DayCount.ACT_ACT, first, end, first_day_counts=False)  # 16 and 15

    assert disbursement_day_counts == Fraction(17, 365) + Fraction(14, 366)
    assert payment_day_counts == Fraction(16, 365) + Fraction(15, 366)


def test_a_leap_year_by_row_by_29_february_and_never_are_three_totals():
    rows = [(date(2023, 12, 15), date(2024, 1, 15)), (date(2024, 1, 15), date(2024, 2, 15)),
            (date(2024, 2, 15), date(2024, 3, 15))]  # fmt: skip

    by_row, by_feb_29, never = (
        sum(years(day_count, *row) for row in rows)
        for day_count in (DayCount.ACT_ACT_FIRST_DAY, DayCount.ACT_365_FEB_29, DayCount.ACT_365)
    )

    assert by_row == Fraction(31, 365) + Fraction(60, 366)
    assert by_feb_29 == Fraction(62, 365) + Fraction(29, 366)
    assert never == Fraction(91, 365)
    assert len({by_row, by_feb_29, never}) == 3


@pytest.mark.parametrize(
    ("first", "end", "length"),
    [
        (date(2024, 2, 28), date(2024, 2, 29), 366),  # on the due date: inside
        (date(2024, 2, 29), date(2024, 3, 31), 365),  # on the first day: outside
        (date(2024, 1, 29), date(2024, 2, 28), 365),
        (date(2023, 6, 1), date(2024, 6, 1), 366),
        (date(2025, 2, 1), date(2025, 3, 1), 365),
    ],
)
def test_29_february_lies_in_a_row_after_its_first_day_and_up_to_its_due_date(first, end, length):
    assert years(DayCount.ACT_365_FEB_29, first, end) == Fraction((end - first).days, length)


def test_a_broken_row_counts_by_days_of_the_regular_one():
    half_a_month = Period(date(2024, 4, 16), date(2024, 5, 1), nominal_days=30)

    assert Fraction(*year_share(day_count=DayCount.PERIOD_30_360, period=half_a_month)) == Fraction(15, 360)
    assert Fraction(*year_share(day_count=DayCount.SAME_AS_PERIOD, period=half_a_month)) == Fraction(1, 24)


def test_a_rate_per_day_or_month_works_on_its_own_period():
    february = Period(date(2024, 2, 1), date(2024, 3, 1))
    two_weeks = Period(date(2024, 2, 1), date(2024, 2, 15), every=2, unit="week")

    for day_count in DayCount:
        assert rate_share(per="day", day_count=day_count, period=february) == (29, 1)
        assert rate_share(per="month", day_count=day_count, period=february) == (1, 1)
        assert rate_share(per="month", day_count=day_count, period=two_weeks) == (14, 30)


def test_a_daily_rate_is_not_a_yearly_rate_in_disguise():
    # 0.02 % a day is 7.3 % a year under act_365 only: under act_360 the same days cost more.
    year = Period(date(2023, 1, 1), date(2024, 1, 1))

    daily = 200 * Fraction(*rate_share(per="day", day_count=DayCount.ACT_360, period=year))
    yearly = 73_000 * Fraction(*rate_share(per="year", day_count=DayCount.ACT_360, period=year))

    assert daily == 73_000
    assert yearly > daily


ADDITIVE = (DayCount.ACT_360, DayCount.ACT_364, DayCount.ACT_365, DayCount.ACT_ACT)


@given(st.tuples(dates, dates, dates), st.sampled_from(ADDITIVE), st.booleans())
def test_two_halves_of_a_period_make_the_whole(three, day_count, first_day_counts):
    first, middle, end = sorted(three)

    whole = years(day_count, first, end, first_day_counts=first_day_counts)
    halves = [years(day_count, *half, first_day_counts=first_day_counts) for half in ((first, middle), (middle, end))]

    assert sum(halves) == whole


@given(dates, st.integers(0, 4000), st.sampled_from(tuple(DayCount)), st.booleans())
def test_a_share_is_never_negative_and_its_denominator_is_positive(first, days, day_count, first_day_counts):
    period = Period(first, first + timedelta(days=days))

    numerator, denominator = year_share(day_count=day_count, period=period, first_day_counts=first_day_counts)

    assert numerator >= 0
    assert denominator > 0


@given(dates, st.integers(0, 4000))
def test_which_day_counts_never_changes_how_many_days_there_are(first, days):
    period = Period(first, first + timedelta(days=days))

    for day_count in (DayCount.ACT_360, DayCount.ACT_365):
        assert year_share(day_count=day_count, period=period) == year_share(
            day_count=day_count, period=period, first_day_counts=False
        )
