"""
On which days a customer is reminded of an instalment, and of how much.

A reminder calendar is data: days relative to the due date (7 and 3 days before and the day itself unless the product
says otherwise), each with the name of its kind. Nothing is said about money that is not owed: an instalment that is
paid, or that money already received will cover, is not reminded. Several loans of one customer due on one day make
one message. The rule and its worked example are in docs/rules/reminders.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from postloan.kernel.money import Int64Array

DateArray = npt.NDArray[np.datetime64]

NO_DATE: Final = np.datetime64("NaT", "D")
NO_REMINDER: Final = -1


class ReminderCalendarNotPossible(ValueError):
    """The days of the calendar are not in rising order, or one is named twice."""


@dataclass(frozen=True, slots=True)
class ReminderCalendar:
    """
    Days relative to the due date on which a reminder falls: negative before it, 0 on it, positive after.

    Raises:
        ReminderCalendarNotPossible: unless the days rise.
    """

    offsets_days: tuple[int, ...]

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in pairwise(self.offsets_days)):
            raise ReminderCalendarNotPossible(f"the days must rise: {self.offsets_days}")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each reminder, in the order of the days."""
        return tuple(reminder_kind(offset_days=offset) for offset in self.offsets_days)


HOUSE_REMINDERS: Final = ReminderCalendar(offsets_days=(-7, -3, 0))


def reminder_kind(*, offset_days: int) -> str:
    """
    Return the name of the reminder that falls `offset_days` after the due date.

    >>> [reminder_kind(offset_days=days) for days in (-7, 0, 2)]
    ['days_before_7', 'due_today', 'days_after_2']
    """
    if offset_days == 0:
        return "due_today"
    return f"days_before_{-offset_days}" if offset_days < 0 else f"days_after_{offset_days}"


def reminder_on(*, due_date: date, business_date: date, calendar: ReminderCalendar = HOUSE_REMINDERS) -> str | None:
    """
    Return the kind of the reminder that falls on `business_date`, or None.

    >>> reminder_on(due_date=date(2018, 4, 8), business_date=date(2018, 4, 1))
    'days_before_7'
    """
    offset_days = (business_date - due_date).days
    return reminder_kind(offset_days=offset_days) if offset_days in calendar.offsets_days else None


def reminder_dates(*, due_date: date, calendar: ReminderCalendar = HOUSE_REMINDERS) -> tuple[date, ...]:
    """Return the days on which reminders for `due_date` fall, first to last."""
    return tuple(due_date + timedelta(days=offset) for offset in calendar.offsets_days)


def next_reminder_date(*, due_date: date, after: date, calendar: ReminderCalendar = HOUSE_REMINDERS) -> date | None:
    """
    Return the first reminder day later than `after`, or None.

    >>> next_reminder_date(due_date=date(2018, 4, 8), after=date(2018, 4, 1))
    datetime.date(2018, 4, 5)
    """
    return next((day for day in reminder_dates(due_date=due_date, calendar=calendar) if day > after), None)


def amount_to_remind_minor(*, open_minor: int, unapplied_minor: int) -> int:
    """
    Return what the customer still has to find: the open amount less money received and not yet applied, never < 0.

    0 means that no reminder goes out. Hand in only the unapplied money that older demands of the loan leave over.
    """
    assert open_minor >= 0 and unapplied_minor >= 0, (open_minor, unapplied_minor)
    return max(open_minor - unapplied_minor, 0)


@dataclass(frozen=True, slots=True)
class LoanReminder:
    """A reminder for one instalment of one loan."""

    customer_id: int
    loan_id: int
    instalment_no: int
    due_date: date
    kind: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CustomerReminder:
    """One message: everything one customer has to pay on one day. Currencies are never added together."""

    customer_id: int
    due_date: date
    kind: str
    reminders: tuple[LoanReminder, ...]

    @property
    def totals_minor(self) -> dict[str, int]:
        """The sum for each currency, in minor units."""
        totals: dict[str, int] = {}
        for reminder in self.reminders:
            totals[reminder.currency] = totals.get(reminder.currency, 0) + reminder.amount_minor
        return totals


def merge_reminders(*, reminders: Iterable[LoanReminder]) -> tuple[CustomerReminder, ...]:
    """
    Put the reminders of one customer for one due date into one message, by customer, due date and loan.

    A reminder of nothing is left out, and a message of nothing with it. Reminders of different kinds stay apart: they
    belong to different business dates.
    """

    def message_key(reminder: LoanReminder) -> tuple[int, date, str]:
        return reminder.customer_id, reminder.due_date, reminder.kind

    wanted = sorted(
        (reminder for reminder in reminders if reminder.amount_minor > 0),
        key=lambda reminder: (*message_key(reminder), reminder.loan_id, reminder.instalment_no),
    )
    return tuple(CustomerReminder(*key, reminders=tuple(group)) for key, group in groupby(wanted, key=message_key))


def reminder_index_many(
    *, due_dates: DateArray, business_date: date, calendar: ReminderCalendar = HOUSE_REMINDERS
) -> Int64Array:
    """Return for each due date the place in `calendar.kinds` of the reminder on `business_date`, or NO_REMINDER."""
    days = due_dates.astype("datetime64[D]")
    found = np.full(days.shape, NO_REMINDER, dtype=np.int64)
    for place, offset in enumerate(calendar.offsets_days):
        found[days == np.datetime64(business_date - timedelta(days=offset), "D")] = place
    return found


def next_reminder_dates_many(
    *, due_dates: DateArray, after: date, calendar: ReminderCalendar = HOUSE_REMINDERS
) -> DateArray:
    """Return `next_reminder_date` for each due date, NaT where there is none or no due date."""
    due = due_dates.astype("datetime64[D]")
    following = np.full(due.shape, NO_DATE)
    for offset in reversed(calendar.offsets_days):
        day = due + np.timedelta64(offset, "D")
        following = np.where(day > np.datetime64(after, "D"), day, following)
    return following


def amounts_to_remind_many(*, open_minor: Int64Array, unapplied_minor: Int64Array) -> Int64Array:
    """Return `amount_to_remind_minor` for each instalment."""
    assert bool((open_minor >= 0).all()) and bool((unapplied_minor >= 0).all())
    amounts: Int64Array = np.maximum(open_minor - unapplied_minor, 0)
    return amounts


def message_index_many(*, customer_ids: Int64Array, due_dates: DateArray) -> Int64Array:
    """
    Return for each reminder of one business date the number of the message it belongs to, from 0, without gaps.

    Reminders of one customer for one due date share a message; messages are numbered by customer and due date.
    """
    if not len(customer_ids):
        return np.zeros(0, dtype=np.int64)
    days = due_dates.astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((days, customer_ids))
    is_new = np.zeros(len(order), dtype=np.int64)
    is_new[1:] = (np.diff(customer_ids[order]) != 0) | (np.diff(days[order]) != 0)
    message_index = np.empty(len(order), dtype=np.int64)
    message_index[order] = np.cumsum(is_new)
    return message_index
