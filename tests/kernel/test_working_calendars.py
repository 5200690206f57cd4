"""Lists of working days, and what they change in a product: the last free date, never the due date."""

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from postloan.kernel.calendars import WorkingCalendar
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.working_calendars import CALENDARS, listed_through

CN = CALENDARS["CN"]


def terms(**more: object) -> ProductTerms:
    return ProductTerms.model_validate(
        {
            "currency": "CNY",
            "holidays": {"calendar": "CN", "last_free": "following"},
            "penalty": {"rate_ppm": 500, "grace_days": 3},
        }
        | more
    )


# The notices of the State Council for these years.
@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2024, 10, 1), False),
        (date(2024, 10, 7), False),
        (date(2024, 10, 8), True),
        (date(2024, 10, 12), True),  # a Saturday worked instead
        (date(2024, 10, 13), False),
        (date(2025, 1, 26), True),  # a Sunday worked before the Spring Festival
        (date(2025, 2, 4), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 28), True),
        (date(2026, 3, 2), True),
    ],
)
def test_holidays_and_make_up_days_of_china(day, is_worked):
    assert CN.is_working_day(day) is is_worked


def test_a_make_up_day_is_a_day_of_the_weekend_and_no_holiday_is_one():
    assert all(day.weekday() >= 5 for day in CN.make_up_days)
    assert not CN.make_up_days & CN.holidays
    assert listed_through(name="CN") == date(2026, 12, 31)
    assert listed_through(name="weekends") is None


def test_the_last_free_date_moves_and_the_due_date_does_not():
    table = {
        date(2024, 10, 2): date(2024, 10, 8),  # National Day
        date(2024, 10, 12): date(2024, 10, 12),  # a working Saturday
        date(2024, 10, 19): date(2024, 10, 21),  # a weekend
        date(2024, 10, 22): date(2024, 10, 22),
    }

    one = {day: terms().last_free_date(due_date=day) for day in table}
    many = terms().last_free_dates(due_dates=np.array(list(table), dtype="datetime64[D]"))

    assert one == table
    assert many.tolist() == list(table.values())
    assert ProductTerms(currency="CNY").last_free_date(due_date=date(2024, 10, 2)) == date(2024, 10, 2)


def test_a_product_adds_days_to_a_list_that_has_not_them_yet():
    added = terms(holidays={"calendar": "CN", "last_free": "following", "more_holidays": ["2027-10-01"]})

    assert added.last_free_date(due_date=date(2027, 10, 1)) == date(2027, 10, 4)
    assert added.servicing_terms.calendar == WorkingCalendar(
        CN.holidays | {date(2027, 10, 1)}, CN.make_up_days, CN.weekend
    )


def test_grace_by_grade_is_of_the_loan_and_at_most_two_weeks():
    product = terms(grace_days_by_grade={"A": 7})

    assert product.with_grace(grace_days=product.grace_days_of(grade="A")).penalty.grace_days == 7
    assert product.with_grace(grace_days=product.grace_days_of(grade="C")).penalty.grace_days == 3
    with pytest.raises(ValidationError):
        terms(grace_days_by_grade={"A": 15})


@pytest.mark.parametrize("holidays", [{"calendar": "Moon"}, {"last_free": "following"}, {"calender": "CN"}])
def test_a_calendar_nobody_knows_is_refused(holidays):
    with pytest.raises(ValidationError):
        terms(holidays=holidays)
