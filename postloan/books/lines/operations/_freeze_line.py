"""Freeze a line, let it be drawn on again, or close it for good."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.lines.holding import hold_path, refuse_past, refuse_without_reason
from postloan.books.lines.models import CreditLine, StateChange
from postloan.books.lines.queries import get_available
from postloan.ground.audit import operations as audit
from postloan.kernel.credit_lines import LineState


class LineClosedForGood(ValueError):
    """A line that is closed is not opened again; the customer is given a new one."""


def freeze_line(*, line_id: int, from_date: date, reason: str, by: str, at: datetime) -> StateChange:
    """
    Return the change: from `from_date` on nothing is drawn on the line or on those under it. Repayments go on.

    Refusals: UnknownLine, LineClosedForGood, ChangeInThePast, ReasonMissing.
    """
    return _record(line_id=line_id, state="frozen", from_date=from_date, reason=reason, by=by, at=at)


def unfreeze_line(*, line_id: int, from_date: date, reason: str, by: str, at: datetime) -> StateChange:
    """Return the change: the line can be drawn on again. Refusals: as freeze_line."""
    return _record(line_id=line_id, state="open", from_date=from_date, reason=reason, by=by, at=at)


def close_line(*, line_id: int, from_date: date, reason: str, by: str, at: datetime) -> StateChange:
    """Return the change: the line ends; what is owed on it stays owed. Refusals: as freeze_line."""
    return _record(line_id=line_id, state="closed", from_date=from_date, reason=reason, by=by, at=at)


@transaction.atomic
def _record(*, line_id: int, state: LineState, from_date: date, reason: str, by: str, at: datetime) -> StateChange:
    refuse_without_reason(reason=reason)
    refuse_past(from_date=from_date)
    line = hold_path(line_id=line_id)[0]
    _refuse_closed(line=line, from_date=from_date)
    change = StateChange.objects.create(
        line=line, state=state, from_date=from_date, reason=reason, by=by, recorded_at=at
    )
    audit.record_act(
        by=by,
        action=f"line_{state}",
        subject_kind="credit_line",
        subject_id=line.pk,
        at=at,
        details={"from_date": from_date.isoformat()},
    )
    return change


def _refuse_closed(*, line: CreditLine, from_date: date) -> None:
    if get_available(line_id=line.pk, on_date=from_date).path[0].state == "closed":
        raise LineClosedForGood(f"line {line.pk}")
