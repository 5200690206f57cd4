"""Deadlines and retention: by when something is answered, how long a record is kept."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple

from postloan.kernel.calendars import add_months
from postloan.kernel.contactrules._rules import DeadlineRule, RetentionRule

_DAY = timedelta(days=1)
_SATURDAY = 6


def working_days_after(*, on: date, days: int, holidays: Collection[date] = ()) -> date:
    """
    Return the date so many working days after another: Saturdays, Sundays and the holidays given do not count.

    >>> working_days_after(on=date(2026, 3, 5), days=5)
    datetime.date(2026, 3, 12)
    """
    while days > 0:
        on += _DAY
        if on.isoweekday() < _SATURDAY and on not in holidays:
            days -= 1
    return on


class Stage(NamedTuple):
    """One stage of a deadline: the last day of it, and how many extensions it took to get there."""

    due_date: date
    extensions: int


def deadline_stages(*, rule: DeadlineRule, start_date: date, holidays: Collection[date] = ()) -> tuple[Stage, ...]:
    """
    Return the last day of each stage of a deadline, the first without extension; `start_date` itself is not counted.

    `extended_days` of the rule are totals from the start, not additions.
    """
    totals = (rule.days, *rule.extended_days)
    if rule.working_days:
        return tuple(
            Stage(working_days_after(on=start_date, days=total, holidays=holidays), n) for n, total in enumerate(totals)
        )
    return tuple(Stage(start_date + _DAY * total, n) for n, total in enumerate(totals))


class Keeping(NamedTuple):
    """Until when a record must be kept, and from when it must be gone; None where the rule sets none."""

    until_date: date | None
    gone_by_date: date | None


def keeping(*, rule: RetentionRule, from_date: date, on_hold: bool = False) -> Keeping:
    """
    Return how long a record is kept, counted in calendar months from `from_date`.

    A legal hold lifts the upper end: what is on hold is never due for erasure.
    """
    least = None if rule.at_least_months is None else add_months(seed_date=from_date, months=rule.at_least_months)
    most = (
        None if rule.at_most_months is None or on_hold else add_months(seed_date=from_date, months=rule.at_most_months)
    )
    return Keeping(least, most)


def validation_period_end(
    *,
    sent_date: date,
    received_date: date | None = None,
    holidays: Collection[date] = (),
    days: int = 30,
    mail_days: int = 5,
) -> date:
    """
    Return the last day of the validation period of 12 CFR 1006.34(b)(5).

    It ends 30 days after the consumer receives the notice; receipt may be assumed on any date at least five days after
    sending, Saturdays, Sundays and legal public holidays not counted.

    >>> validation_period_end(sent_date=date(2026, 3, 5))
    datetime.date(2026, 4, 11)
    """
    received = received_date or working_days_after(on=sent_date, days=mail_days, holidays=holidays)
    return received + _DAY * days
