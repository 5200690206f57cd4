"""Events: a loan is looked at on every day on which something happens to it, and not before."""

import doctest
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import events
from postloan.kernel.ageing import AgeingTerms, bucket_index, days_past_due, is_reportable
from postloan.kernel.events import (
    EventTerms,
    LoanDates,
    next_event_date,
    next_event_dates_many,
    upcoming_events,
)
from postloan.kernel.penalties import LENDING_CLUB_LATE_FEE, PenaltyTerms, penalty_start_date
from postloan.kernel.reminders import ReminderCalendar, reminder_on

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "events.md"

dates = st.dates(date(2018, 1, 1), date(2018, 6, 30))
terms_of_events = st.builds(
    EventTerms,
    reminders=st.sampled_from([ReminderCalendar((-7, -3, 0)), ReminderCalendar(()), ReminderCalendar((-1, 4))]),
    ageing=st.builds(
        AgeingTerms,
        ageing_grace_days=st.integers(0, 5),
        counted_from=st.sampled_from(["day_one", "after_grace"]),
        reporting_grace_days=st.integers(0, 5),
    ),
    penalties=st.sampled_from(
        [(), (LENDING_CLUB_LATE_FEE,), (PenaltyTerms(rate_ppm=500, grace_days=3), LENDING_CLUB_LATE_FEE)]
    ),
)
open_instalments = st.lists(st.tuples(dates, st.integers(0, 8)), max_size=3)  # due date, days of a holiday after it


def loan_dates(ahead: list[date], opened: list[tuple[date, int]], others: list[date]) -> LoanDates:
    due_dates = [due_date for due_date, _ in opened]
    return LoanDates(
        due_dates_ahead=ahead,
        due_dates_open=due_dates,
        last_free_dates_open=[due_date + timedelta(days=holiday) for due_date, holiday in opened],
        past_due_since=min(due_dates, default=None),
        other_dates=others,
    )


loans = st.builds(
    loan_dates, ahead=st.lists(dates, max_size=2), opened=open_instalments, others=st.lists(dates, max_size=1)
)


def something_happens(*, day: date, loan: LoanDates, terms: EventTerms) -> bool:
    """Say, from each rule by itself, whether the close of `day` finds something that the day before did not."""

    def age(at: date) -> tuple[int, bool]:
        days = days_past_due(past_due_since=loan.past_due_since, business_date=at, terms=terms.ageing)
        return (
            bucket_index(days_past_due=days, bands=terms.ageing.bands),
            is_reportable(past_due_since=loan.past_due_since, business_date=at, terms=terms.ageing),
        )

    due_dates = [*loan.due_dates_ahead, *loan.due_dates_open]
    return (
        day in loan.due_dates_ahead
        or day in loan.other_dates
        or any(reminder_on(due_date=due, business_date=day, calendar=terms.reminders) for due in due_dates)
        or any(
            day == penalty_start_date(terms=penalty, last_free_date=free)
            for penalty in terms.penalties
            for free in loan.last_free_dates_open
        )
        or age(day) != age(day - timedelta(days=1))
    )


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(events)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@given(after=dates, loan=loans, terms=terms_of_events)
def test_something_happens_on_the_next_event_date_and_on_no_day_before_it(after, loan, terms):
    missed = any(due_date <= after for due_date in loan.due_dates_ahead)

    following = next_event_date(after=after, loan=loan, terms=terms)

    if missed:
        assert following == after + timedelta(days=1)
        return
    last = following or after + timedelta(days=400)
    quiet = [after + timedelta(days=number) for number in range(1, (last - after).days)]
    assert not [day for day in quiet if something_happens(day=day, loan=loan, terms=terms)]
    if following is not None:
        assert something_happens(day=following, loan=loan, terms=terms)


def test_a_due_date_that_went_by_unraised_is_an_event_of_the_very_next_day():
    loan = LoanDates(due_dates_ahead=[date(2018, 4, 1)])

    assert next_event_date(after=date(2018, 4, 9), loan=loan, terms=EventTerms()) == date(2018, 4, 10)


def test_month_end_is_not_an_event():
    loan = LoanDates(due_dates_ahead=[date(2018, 5, 20)])

    assert next_event_date(after=date(2018, 4, 15), loan=loan, terms=EventTerms()) == date(2018, 5, 13)


def test_a_loan_with_nothing_ahead_has_no_event():
    assert next_event_date(after=date(2018, 4, 15), loan=LoanDates(), terms=EventTerms()) is None


def test_with_weekly_instalments_the_reminder_of_the_one_after_next_is_not_lost():
    loan = LoanDates(due_dates_ahead=[date(2018, 4, 10), date(2018, 4, 12)])

    found = upcoming_events(after=date(2018, 4, 3), loan=loan, terms=EventTerms())

    assert (found[0].event_date, found[0].reason) == (date(2018, 4, 5), "reminder")


@pytest.mark.parametrize(
    ("after", "event_date", "reason"),
    [
        (date(2018, 4, 1), date(2018, 4, 2), "bucket_edge"),
        (date(2018, 4, 2), date(2018, 4, 17), "end_of_grace"),
        (date(2018, 4, 17), date(2018, 5, 2), "bucket_edge"),
        (date(2018, 5, 2), date(2018, 6, 1), "bucket_edge"),
    ],
)
def test_an_unpaid_last_instalment_meets_its_edges_and_its_late_fee(after, event_date, reason):
    loan = LoanDates(last_free_dates_open=[date(2018, 4, 1)], past_due_since=date(2018, 4, 1))

    first = upcoming_events(after=after, loan=loan, terms=EventTerms(penalties=(LENDING_CLUB_LATE_FEE,)))[0]

    assert (first.event_date, first.reason) == (event_date, reason)


@given(after=dates, many=st.lists(loans, max_size=6), terms=terms_of_events)
def test_the_next_event_dates_in_columns_are_those_of_each_loan(after, many, terms):
    opened = [
        (place, due_date, free)
        for place, loan in enumerate(many)
        for due_date, free in zip(loan.due_dates_open, loan.last_free_dates_open, strict=True)
    ]

    found = next_event_dates_many(
        after=after,
        terms=terms,
        due_dates_ahead=np.array(
            [[*loan.due_dates_ahead, None, None][:2] for loan in many], dtype="datetime64[D]"
        ).reshape(-1, 2),
        past_due_since=np.array([loan.past_due_since for loan in many], dtype="datetime64[D]"),
        open_loan_index=np.array([row[0] for row in opened], dtype=np.int64),
        open_due_dates=np.array([row[1] for row in opened], dtype="datetime64[D]"),
        open_last_free_dates=np.array([row[2] for row in opened], dtype="datetime64[D]"),
        other_dates=np.array([[*loan.other_dates, None][0] for loan in many], dtype="datetime64[D]"),
    )

    assert found.tolist() == [next_event_date(after=after, loan=loan, terms=terms) for loan in many]
