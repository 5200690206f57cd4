"""Deliver the reminders that wait."""

from datetime import datetime, timedelta

from postloan.care.outreach import operations as outreach
from postloan.care.reminders.writing import PURPOSE


def deliver_reminders(
    *, at: datetime, by: str, lease: timedelta = timedelta(minutes=10), limit: int = 400
) -> outreach.Delivery:
    """Take up to `limit` waiting reminders of each channel through delivery; call again until the total is 0."""
    return outreach.deliver_messages(purpose=PURPOSE, at=at, by=by, lease=lease, limit=limit)
