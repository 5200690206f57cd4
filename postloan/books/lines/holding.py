"""Hold a line, and those above it, while it is changed or drawn on."""

from datetime import date

from django.db import connection

from postloan.books.ledger.queries import get_business_date
from postloan.books.lines.models import CreditLine


class UnknownLine(LookupError):
    """No credit line with this id."""


class ReasonMissing(ValueError):
    """A line is changed for a reason, in words."""


class ChangeInThePast(ValueError):
    """A change begins on a day whose books are closed; what held then is not rewritten."""


def hold_path(*, line_id: int) -> list[CreditLine]:
    """
    Lock the line and those above it, the root first, and return them, the line itself first.

    Everybody takes a tree from its root down, so two who meet in it wait for each other and never for ever.
    Refuses with UnknownLine.
    """
    assert connection.in_atomic_block, "lines are held for one transaction"
    with connection.cursor() as cursor:
        cursor.execute("SELECT line_id FROM line_path(%s) ORDER BY steps_up DESC", [line_id])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        raise UnknownLine(f"line {line_id}")
    held = [CreditLine.objects.select_for_update(no_key=True).get(pk=each) for each in ids]
    return held[::-1]


def refuse_past(*, from_date: date) -> None:
    """Refuse a change from a day before the business date (ChangeInThePast)."""
    business_date = get_business_date()
    if from_date < business_date:
        raise ChangeInThePast(f"{from_date} is before the business date {business_date}")


def refuse_without_reason(*, reason: str) -> None:
    """Refuse an empty reason (ReasonMissing)."""
    if not reason.strip():
        raise ReasonMissing("say why the line is changed")
