"""
The next date on which the close has something to do for a loan.

The nightly close reads only the loans whose `next_event_date` has come, so the cost of a night grows with what
happens and not with the size of the book. The date is the earliest of: the next due date, the reminder days of the
instalments ahead, the end of the grace of what is unpaid, the next edge of a bucket, the day on which arrears become
reportable, and whatever the caller adds (a promise, the end of a pause). Month end is not among them: it is for
every loan. A due date that has gone by without being raised is an event of the very next day, never lost.

The rule and its worked example are in docs/rules/events.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from postloan.kernel.ageing import (
    HOUSE_AGEING,
    AgeingTerms,
    next_bucket_edge_date,
    next_bucket_edge_date_many,
    reportable_from_date,
    reportable_from_dates_many,
)
from postloan.kernel.money import Int64Array
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms, penalty_start_date, penalty_start_dates
from postloan.kernel.reminders import HOUSE_REMINDERS, ReminderCalendar, next_reminder_dates_many, reminder_dates

DateArray = npt.NDArray[np.datetime64]
Reason = Literal["due", "reminder", "end_of_grace", "bucket_edge", "reportable", "other"]

NO_DATE: Final = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class EventTerms:
    """The parts of a product's terms that make dates."""

    reminders: ReminderCalendar = HOUSE_REMINDERS
    ageing: AgeingTerms = HOUSE_AGEING
    penalties: tuple[PenaltyTerms | LateFeeTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class LoanDates:
    """
    What is known of one loan when a business date has closed.

    `due_dates_ahead` are those not raised yet, as far ahead as a reminder may fall (with monthly instalments and
    reminders of 7 days the next one will do). `last_free_dates_open` has an entry for each instalment raised and not
    paid; `past_due_since` is its oldest due date. `due_dates_open` is needed only where reminders fall after the due
    date. `other_dates` are events known to the caller.
    """

    due_dates_ahead: Sequence[date] = ()
    due_dates_open: Sequence[date] = ()
    last_free_dates_open: Sequence[date] = ()
    past_due_since: date | None = None
    other_dates: Sequence[date] = ()


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A date on which the close has something to do, and why."""

    event_date: date
    reason: Reason


def upcoming_events(*, after: date, loan: LoanDates, terms: EventTerms) -> tuple[Event, ...]:
    """
    Return the events later than `after` that are known of a loan if nothing is paid, earliest first.

    Of the bucket edges only the next one is listed.
    """
    tomorrow = after + timedelta(days=1)
    found = {Event(max(due_date, tomorrow), "due") for due_date in loan.due_dates_ahead}
    for due_date in (*loan.due_dates_ahead, *loan.due_dates_open):
        found |= {Event(day, "reminder") for day in reminder_dates(due_date=due_date, calendar=terms.reminders)}
    for last_free_date in loan.last_free_dates_open:
        for penalty in terms.penalties:
            start = penalty_start_date(terms=penalty, last_free_date=last_free_date)
            found.add(Event(start, "end_of_grace"))
    edge = next_bucket_edge_date(past_due_since=loan.past_due_since, business_date=after, terms=terms.ageing)
    if edge is not None:
        found.add(Event(edge, "bucket_edge"))
    reportable = reportable_from_date(past_due_since=loan.past_due_since, terms=terms.ageing)
    if reportable is not None:
        found.add(Event(reportable, "reportable"))
    found |= {Event(day, "other") for day in loan.other_dates}
    return tuple(sorted(event for event in found if event.event_date > after))


def next_event_date(*, after: date, loan: LoanDates, terms: EventTerms) -> date | None:
    """
    Return the earliest date later than `after` on which the close has something to do, or None.

    >>> loan = LoanDates(due_dates_ahead=[date(2018, 5, 1)], past_due_since=date(2018, 4, 1))
    >>> next_event_date(after=date(2018, 4, 2), loan=loan, terms=EventTerms())
    datetime.date(2018, 4, 24)
    """
    return next((event.event_date for event in upcoming_events(after=after, loan=loan, terms=terms)), None)


def next_event_dates_many(
    *,
    after: date,
    terms: EventTerms,
    due_dates_ahead: DateArray,
    past_due_since: DateArray,
    open_loan_index: Int64Array,
    open_due_dates: DateArray,
    open_last_free_dates: DateArray,
    other_dates: DateArray | None = None,
) -> DateArray:
    """
    Return `next_event_date` for each loan, NaT where there is none.

    `due_dates_ahead` and `other_dates` have an element per loan, or a row per loan with several dates; NaT fills what
    a loan has not. The instalments raised and not paid lie flat, in any order: `open_loan_index` is the place of the
    instalment's loan.
    """
    ahead = _rows(due_dates_ahead)
    tomorrow = np.datetime64(after + timedelta(days=1), "D")
    by_loan = [
        np.maximum(ahead, tomorrow),  # NaT stays NaT
        next_reminder_dates_many(due_dates=ahead, after=after, calendar=terms.reminders),
        _rows(next_bucket_edge_date_many(past_due_since=past_due_since, business_date=after, terms=terms.ageing)),
        _rows(reportable_from_dates_many(past_due_since=past_due_since, terms=terms.ageing)),
    ]
    if other_dates is not None:
        by_loan.append(_rows(other_dates))
    by_instalment = [
        penalty_start_dates(terms=penalty, last_free_dates=open_last_free_dates) for penalty in terms.penalties
    ]
    by_instalment.append(next_reminder_dates_many(due_dates=open_due_dates, after=after, calendar=terms.reminders))

    earliest = np.full(len(past_due_since), NO_DATE)
    for dates in by_loan:
        assert len(dates) == len(earliest), (len(dates), len(earliest))
        for column in np.where(dates >= tomorrow, dates, NO_DATE).T:
            earliest = np.fmin(earliest, column)  # fmin passes over NaT
    for dates in by_instalment:
        is_ahead = dates >= tomorrow
        np.fmin.at(earliest, open_loan_index[is_ahead], dates[is_ahead])
    return earliest


def _rows(dates: DateArray) -> DateArray:
    """Return dates with a row per loan."""
    days = dates.astype("datetime64[D]")
    return days[:, None] if days.ndim == 1 else days
