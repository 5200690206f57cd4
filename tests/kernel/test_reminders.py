"""Reminders: the right days, nothing about money that is not owed, one message for one day."""

import doctest
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import reminders
from postloan.kernel.reminders import (
    HOUSE_REMINDERS,
    NO_REMINDER,
    LoanReminder,
    ReminderCalendar,
    ReminderCalendarNotPossible,
    amount_to_remind_minor,
    amounts_to_remind_many,
    merge_reminders,
    message_index_many,
    next_reminder_date,
    next_reminder_dates_many,
    reminder_dates,
    reminder_index_many,
    reminder_on,
)

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "reminders.md"
DUE = date(2018, 3, 4)

dates = st.dates(date(2018, 1, 1), date(2018, 3, 31))
calendars = st.builds(
    lambda offsets: ReminderCalendar(tuple(sorted(offsets))), st.sets(st.integers(-15, 15), max_size=5)
)
some_reminders = st.lists(
    st.builds(
        LoanReminder,
        customer_id=st.integers(1, 3),
        loan_id=st.integers(1, 9),
        instalment_no=st.integers(1, 3),
        due_date=st.dates(DUE, DUE + timedelta(days=2)),
        kind=st.just("days_before_7"),
        currency=st.sampled_from(["CNY", "USD"]),
        amount_minor=st.integers(0, 3),
    ),
    max_size=12,
)


def reminder(customer_id: int = 7, loan_id: int = 1, amount_minor: int = 100, **more: object) -> LoanReminder:
    given_values = {"instalment_no": 1, "due_date": DUE, "kind": "due_today", "currency": "CNY", **more}
    return LoanReminder(customer_id=customer_id, loan_id=loan_id, amount_minor=amount_minor, **given_values)


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(reminders)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@pytest.mark.parametrize(
    ("business_date", "kind"),
    [
        (date(2018, 2, 24), None),
        (date(2018, 2, 25), "days_before_7"),  # across the end of February
        (date(2018, 3, 1), "days_before_3"),
        (date(2018, 3, 3), None),
        (date(2018, 3, 4), "due_today"),
        (date(2018, 3, 5), None),
    ],
)
def test_reminders_fall_seven_and_three_days_before_and_on_the_due_date(business_date, kind):
    assert reminder_on(due_date=DUE, business_date=business_date) == kind


def test_a_product_may_remind_on_other_days_also_after_the_due_date():
    calendar = ReminderCalendar(offsets_days=(-1, 2))

    assert calendar.kinds == ("days_before_1", "days_after_2")
    assert reminder_on(due_date=DUE, business_date=date(2018, 3, 6), calendar=calendar) == "days_after_2"


@pytest.mark.parametrize("wrong", [(0, -3), (-3, -3)])
def test_a_calendar_whose_days_do_not_rise_is_refused(wrong):
    with pytest.raises(ReminderCalendarNotPossible):
        ReminderCalendar(wrong)


@given(due_date=dates, after=dates, calendar=calendars)
def test_no_reminder_day_lies_between_a_day_and_the_next_reminder_date(due_date, after, calendar):
    following = next_reminder_date(due_date=due_date, after=after, calendar=calendar)

    later = [day for day in reminder_dates(due_date=due_date, calendar=calendar) if day > after]
    assert following == min(later, default=None)
    if following is not None:
        assert reminder_on(due_date=due_date, business_date=following, calendar=calendar) is not None


@pytest.mark.parametrize(
    ("open_minor", "unapplied_minor", "expected"),
    [(0, 0, 0), (100, 0, 100), (100, 40, 60), (100, 100, 0), (100, 500, 0)],
)
def test_nothing_is_asked_that_is_paid_or_already_here(open_minor, unapplied_minor, expected):
    assert amount_to_remind_minor(open_minor=open_minor, unapplied_minor=unapplied_minor) == expected


def test_several_loans_of_one_customer_due_the_same_day_make_one_message():
    messages = merge_reminders(
        reminders=[
            reminder(loan_id=2, amount_minor=250),
            reminder(customer_id=8, loan_id=3),
            reminder(loan_id=1),
            reminder(loan_id=4, due_date=DUE + timedelta(days=1)),
        ]
    )

    assert [(m.customer_id, m.due_date.day, [r.loan_id for r in m.reminders]) for m in messages] == [
        (7, 4, [1, 2]),
        (7, 5, [4]),
        (8, 4, [3]),
    ]
    assert messages[0].totals_minor == {"CNY": 350}


def test_currencies_in_one_message_are_never_added_together():
    [message] = merge_reminders(reminders=[reminder(loan_id=1), reminder(loan_id=2, currency="USD", amount_minor=9)])

    assert message.totals_minor == {"CNY": 100, "USD": 9}


def test_a_message_about_nothing_is_not_made():
    assert merge_reminders(reminders=[reminder(amount_minor=0)]) == ()


@given(found=some_reminders)
def test_merging_loses_and_doubles_no_money_and_gives_a_customer_one_message_a_day(found):
    messages = merge_reminders(reminders=found)

    keys = [(message.customer_id, message.due_date) for message in messages]
    assert len(set(keys)) == len(keys)
    totals: dict[str, int] = defaultdict(int)
    for message in messages:
        for currency, amount_minor in message.totals_minor.items():
            totals[currency] += amount_minor
    for currency in ("CNY", "USD"):
        assert totals[currency] == sum(one.amount_minor for one in found if one.currency == currency)


@given(found=some_reminders)
def test_messages_in_columns_are_those_of_the_grouping(found):
    wanted = [one for one in found if one.amount_minor > 0]

    message_index = message_index_many(
        customer_ids=np.array([one.customer_id for one in wanted], dtype=np.int64),
        due_dates=np.array([one.due_date for one in wanted], dtype="datetime64[D]"),
    )

    messages = merge_reminders(reminders=found)
    assert [(messages[place].customer_id, messages[place].due_date) for place in message_index.tolist()] == [
        (one.customer_id, one.due_date) for one in wanted
    ]
    assert set(message_index.tolist()) == set(range(len(messages)))


@given(
    rows=st.lists(st.tuples(st.none() | dates, st.integers(0, 500), st.integers(0, 500)), max_size=10),
    business_date=dates,
    calendar=calendars,
)
def test_reminders_in_columns_are_those_of_each_instalment(rows, business_date, calendar):
    due_dates = np.array([row[0] for row in rows], dtype="datetime64[D]")

    index = reminder_index_many(due_dates=due_dates, business_date=business_date, calendar=calendar)
    following = next_reminder_dates_many(due_dates=due_dates, after=business_date, calendar=calendar)
    amounts = amounts_to_remind_many(
        open_minor=np.array([row[1] for row in rows], dtype=np.int64),
        unapplied_minor=np.array([row[2] for row in rows], dtype=np.int64),
    )

    assert [None if place == NO_REMINDER else calendar.kinds[place] for place in index.tolist()] == [
        due_date and reminder_on(due_date=due_date, business_date=business_date, calendar=calendar)
        for due_date, _, _ in rows
    ]
    assert following.tolist() == [
        due_date and next_reminder_date(due_date=due_date, after=business_date, calendar=calendar)
        for due_date, _, _ in rows
    ]
    assert amounts.tolist() == [
        amount_to_remind_minor(open_minor=open_minor, unapplied_minor=unapplied) for _, open_minor, unapplied in rows
    ]


def test_the_house_reminds_on_three_days():
    assert HOUSE_REMINDERS.kinds == ("days_before_7", "days_before_3", "due_today")
