"""Change the limit of a line from a day on, or raise it for a while."""

import sys
from datetime import date, datetime

from django.db import transaction

from postloan.books.lines.holding import hold_path, refuse_past, refuse_without_reason
from postloan.books.lines.models import LimitChange
from postloan.books.lines.operations._open_line import LimitNotPossible
from postloan.books.lines.queries import get_limit_steps
from postloan.ground.audit import operations as audit
from postloan.kernel.credit_lines import LimitStep, limit_on


class RaiseNeverRuns(ValueError):
    """A temporary raise is more than nothing and ends after it begins."""


def change_limit(*, line_id: int, limit_minor: int, from_date: date, reason: str, by: str, at: datetime) -> LimitChange:
    """
    Return the change: from `from_date` on the line's permanent limit is `limit_minor`; raises that run stay on top.

    A limit may fall below what is used: nothing can be drawn then until enough principal is paid.
    Refusals: UnknownLine, LimitNotPossible, ChangeInThePast, ReasonMissing.
    """
    if limit_minor < 0:
        raise LimitNotPossible(f"{limit_minor}")
    return _record(
        line_id=line_id, amount_minor=limit_minor, from_date=from_date, to_date=None, reason=reason, by=by, at=at
    )


def raise_temporarily(
    *, line_id: int, amount_minor: int, from_date: date, to_date: date, reason: str, by: str, at: datetime
) -> LimitChange:
    """
    Return the change: `amount_minor` is added to the limit from `from_date` to the day before `to_date`.

    It ends by its date; nothing has to run for that. What was drawn stays owed as agreed.
    Refusals: UnknownLine, RaiseNeverRuns, ChangeInThePast, ReasonMissing.
    """
    if amount_minor <= 0 or to_date <= from_date:
        raise RaiseNeverRuns(f"{amount_minor} from {from_date} to {to_date}")
    return _record(
        line_id=line_id, amount_minor=amount_minor, from_date=from_date, to_date=to_date, reason=reason, by=by, at=at
    )


@transaction.atomic
def _record(
    *, line_id: int, amount_minor: int, from_date: date, to_date: date | None, reason: str, by: str, at: datetime
) -> LimitChange:
    refuse_without_reason(reason=reason)
    refuse_past(from_date=from_date)
    line = hold_path(line_id=line_id)[0]
    steps = get_limit_steps(line_id=line.pk)
    new = LimitStep(no=sys.maxsize, from_date=from_date, to_date=to_date, amount_minor=amount_minor)
    change = LimitChange.objects.create(
        line=line,
        kind=LimitChange.Kind.PERMANENT if to_date is None else LimitChange.Kind.TEMPORARY,
        from_date=from_date,
        to_date=to_date,
        amount_minor=amount_minor,
        limit_before_minor=limit_on(steps=steps, on_date=from_date),
        limit_after_minor=limit_on(steps=[*steps, new], on_date=from_date),
        reason=reason,
        by=by,
        recorded_at=at,
    )
    audit.record_act(
        by=by,
        action="change_limit" if to_date is None else "raise_temporarily",
        subject_kind="credit_line",
        subject_id=line.pk,
        at=at,
        details={
            "from_date": from_date.isoformat(),
            "to_date": to_date and to_date.isoformat(),
            "limit_before_minor": change.limit_before_minor,
            "limit_after_minor": change.limit_after_minor,
        },
    )
    return change
