"""
The two dates of money received: from when the customer is credited, and in which day's books it stands.

The business date is not the clock. Money counts for the customer from the calendar day, in the lender's time zone, on
which it arrived (`value_date`); it is booked on the day the books are open for, or on the next one if it came after
the cut-off (`booking_date`). Books that are already closed are never reopened. Nothing here reads a clock or a time
zone database: the instant and the zone are handed in. See docs/rules/business_dates.md.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


class InstantWithoutTimeZone(ValueError):
    """An instant without a time zone says nothing about a date."""


@dataclass(frozen=True, slots=True)
class ReceiptDates:
    """When the customer is credited, and whose day's books the entry belongs to; value_date <= booking_date."""

    value_date: date
    booking_date: date


def local_date(*, at: datetime, zone: tzinfo) -> date:
    """
    Return the calendar date of the instant `at` in the lender's time zone.

    Raises:
        InstantWithoutTimeZone: if `at` carries no time zone.
    """
    return _local(at=at, zone=zone).date()


def receipt_dates(
    *, received_at: datetime, zone: tzinfo, cut_off: time | None, open_business_date: date
) -> ReceiptDates:
    """
    Return value date and booking date of money that arrived at `received_at`.

    At or after `cut_off` (a local time of day; None for midnight) it is booked on the following day. A day whose
    books are closed is passed over: the booking date is never before `open_business_date`.

    >>> from datetime import timezone
    >>> beijing = timezone(timedelta(hours=8))
    >>> receipt_dates(received_at=datetime(2018, 4, 1, 22, 30, tzinfo=beijing), zone=beijing, cut_off=time(22),
    ...               open_business_date=date(2018, 4, 1))
    ReceiptDates(value_date=datetime.date(2018, 4, 1), booking_date=datetime.date(2018, 4, 2))

    Raises:
        InstantWithoutTimeZone: if `received_at` carries no time zone.
    """
    local = _local(at=received_at, zone=zone)
    after_cut_off = cut_off is not None and local.time() >= cut_off
    belongs_to = local.date() + timedelta(days=1 if after_cut_off else 0)
    return ReceiptDates(value_date=local.date(), booking_date=max(belongs_to, open_business_date))


def _local(*, at: datetime, zone: tzinfo) -> datetime:
    if at.tzinfo is None:
        raise InstantWithoutTimeZone(at.isoformat())
    return at.astimezone(zone)
