from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.calendars import (
    MonthEnd,
    NoBusinessDays,
    Shift,
    WorkingCalendar,
    add_months,
    add_months_many,
    day_of_month_many,
    demand_dates,
    due_dates,
    first_due_date_on,
    shift_date,
    step_date,
)

dates = st.dates(date(1990, 1, 1), date(2060, 1, 1))

# National Day 2024 in China: free 1 to 7 October, worked on Sunday 29 September and Saturday 12 October.
NATIONAL_DAY = WorkingCalendar(
    holidays=frozenset(date(2024, 10, day) for day in range(1, 8)),
    make_up_days=frozenset({date(2024, 9, 29), date(2024, 10, 12)}),
)


def test_the_31st_comes_back_after_february():
    assert due_dates(first_due_date=date(2024, 1, 31), count=4) == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip


def test_in_a_common_year_the_30th_falls_on_28_february_and_comes_back():
    assert due_dates(first_due_date=date(2023, 1, 30), count=3) == [
        date(2023, 1, 30), date(2023, 2, 28), date(2023, 3, 30),
    ]  # fmt: skip


def test_a_seed_day_survives_a_first_date_that_could_not_show_it():
    assert due_dates(first_due_date=date(2024, 2, 29), count=2, seed_day=31)[1] == date(2024, 3, 31)
    assert due_dates(first_due_date=date(2024, 2, 29), count=2)[1] == date(2024, 3, 29)


def test_a_customer_who_changes_the_day_gets_a_new_seed():
    before = due_dates(first_due_date=date(2024, 1, 31), count=2)
    after = due_dates(first_due_date=date(2024, 3, 15), count=2, seed_day=15)

    assert before + after == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 15), date(2024, 4, 15)]


def test_a_month_end_may_stay_a_month_end():
    june = {"first_due_date": date(2024, 6, 30), "count": 2}

    assert due_dates(**june)[1] == date(2024, 7, 30)
    assert due_dates(**june, month_end=MonthEnd.STAYS_MONTH_END)[1] == date(2024, 7, 31)


@pytest.mark.parametrize(
    ("seed", "count", "last"),
    [  # apache/fineract, LoanMonthEndDueDateStrategy.feature, C111048 and C111049
        (date(2025, 1, 31), 3, [date(2025, 3, 1), date(2025, 3, 31), date(2025, 5, 1)]),
        (date(2024, 2, 29), 12, [date(2024, 12, 29), date(2025, 1, 29), date(2025, 3, 1)]),
        (date(2025, 1, 28), 3, [date(2025, 2, 28), date(2025, 3, 28), date(2025, 4, 28)]),
        (date(2025, 1, 30), 3, [date(2025, 3, 1), date(2025, 3, 30), date(2025, 4, 30)]),
    ],
)
def test_a_missing_day_may_roll_into_the_next_month_without_moving_the_seed(seed, count, last):
    dates = [step_date(seed_date=seed, steps=n, month_end=MonthEnd.ROLLS_OVER) for n in range(1, count + 1)]

    assert dates[-3:] == last


def test_weeks_and_days_step_by_days():
    assert step_date(seed_date=date(2024, 2, 28), steps=2, every=2, unit="week") == date(2024, 3, 27)
    assert step_date(seed_date=date(2024, 2, 28), steps=-1, every=5, unit="day") == date(2024, 2, 23)


@given(dates, st.integers(-500, 500), st.integers(1, 31))
def test_adding_months_never_leaves_the_month(seed_date, months, seed_day):
    moved = add_months(seed_date=seed_date, months=months, seed_day=seed_day)

    assert (moved.year * 12 + moved.month) - (seed_date.year * 12 + seed_date.month) == months
    assert moved.day == seed_day or (moved.day < seed_day and (moved + timedelta(days=1)).day == 1)


@given(st.lists(st.tuples(dates, st.integers(-500, 500), st.integers(1, 31)), max_size=10))
def test_adding_months_to_many_dates_agrees(cases):
    seeds, months, days = zip(*cases, strict=True) if cases else ((), (), ())

    together = add_months_many(
        seed_dates=np.array(seeds, dtype="datetime64[D]"),
        months=np.array(months, dtype=np.int64),
        seed_days=np.array(days, dtype=np.int64),
    )

    assert together.tolist() == [add_months(seed_date=s, months=m, seed_day=d) for s, m, d in cases]


@given(st.lists(dates, max_size=10))
def test_the_day_of_the_month_of_many_dates_agrees(days):
    assert day_of_month_many(dates=np.array(days, dtype="datetime64[D]")).tolist() == [day.day for day in days]


@given(dates, st.integers(1, 31), st.integers(1, 60))
def test_a_due_day_rule_gives_the_first_such_day_far_enough_away(start_date, due_day, minimum_days):
    first = first_due_date_on(start_date=start_date, due_day=due_day, minimum_days=minimum_days)

    assert (first - start_date).days >= minimum_days
    assert first == add_months(seed_date=first, months=0, seed_day=due_day)
    before = add_months(seed_date=first, months=-1, seed_day=due_day)
    assert (before - start_date).days < minimum_days


def test_a_holiday_moves_the_last_free_day_and_the_debit_but_not_the_due_date():
    due, last_free, collect = demand_dates(due_date=date(2024, 10, 2), calendar=NATIONAL_DAY)

    assert due == date(2024, 10, 2)
    assert last_free == date(2024, 10, 8)  # Civil Code, Article 203: the day after the holiday
    assert collect == date(2024, 10, 8)


def test_a_contract_may_leave_the_last_free_day_where_it_is():
    agreed = demand_dates(
        due_date=date(2024, 10, 2), calendar=NATIONAL_DAY, last_free=Shift.NONE, collect=Shift.PRECEDING
    )

    assert agreed == (date(2024, 10, 2), date(2024, 10, 2), date(2024, 9, 30))


def test_a_make_up_saturday_is_a_working_day():
    assert NATIONAL_DAY.is_working_day(date(2024, 10, 12))
    assert not NATIONAL_DAY.is_working_day(date(2024, 10, 13))
    assert shift_date(day=date(2024, 10, 12), calendar=NATIONAL_DAY, shift=Shift.FOLLOWING) == date(2024, 10, 12)


def test_modified_following_stays_in_the_month():
    weekends = WorkingCalendar()  # 31 August 2024 is a Saturday

    assert shift_date(day=date(2024, 8, 31), calendar=weekends, shift=Shift.FOLLOWING) == date(2024, 9, 2)
    assert shift_date(day=date(2024, 8, 31), calendar=weekends, shift=Shift.MODIFIED_FOLLOWING) == date(2024, 8, 30)


def test_a_calendar_without_working_days_is_refused():
    always_closed = WorkingCalendar(weekend=frozenset(range(7)))

    with pytest.raises(NoBusinessDays):
        shift_date(day=date(2024, 8, 31), calendar=always_closed, shift=Shift.FOLLOWING)
