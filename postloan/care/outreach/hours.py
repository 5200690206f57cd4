"""
Decent hours: when a message that could leave at any time is let leave, in its reader's own time zone.

The contact rules say what is forbidden, the gate keeps them; these hours are courtesy, and stricter. A message that
was put off (no answer, the next channel's turn) does not ring at three in the morning because its wait ended then.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from postloan.care.outreach.models import Message

FROM, TO = time(9), time(21)
SILENT = frozenset({Message.Channel.INBOX})


def decent_time(*, at: datetime, time_zone: str, channel: str) -> datetime:
    """Return `at`, or the next opening of the decent hours after it; a notice in the portal wakes nobody."""
    if channel in SILENT:
        return at
    local = at.astimezone(ZoneInfo(time_zone))
    if FROM <= local.time() < TO:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= TO else 0)
    return datetime.combine(day, FROM, tzinfo=ZoneInfo(time_zone))
