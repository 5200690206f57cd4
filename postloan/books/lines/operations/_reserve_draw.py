"""Reserve an amount on a line for a draw, then tie it to its loan or release it."""

from datetime import date, datetime

from django.db import connection, transaction

from postloan.books.lines.holding import hold_path
from postloan.books.lines.models import Drawdown
from postloan.books.lines.queries import get_available
from postloan.books.loans.models import Loan
from postloan.ground.audit import operations as audit
from postloan.kernel.credit_lines import LineFigures


class DrawRefused(ValueError):
    """A draw that a line does not allow; each reason has its name."""


class NotADrawAmount(DrawRefused):
    """The amount of a draw is zero or negative."""


class LineFrozen(DrawRefused):
    """The line, or one above it, is frozen."""


class LineClosed(DrawRefused):
    """The line, or one above it, is closed."""


class LineExpired(DrawRefused):
    """The line, or one above it, does not run on that day: expired, or not open yet."""


class LimitExceeded(DrawRefused):
    """The line, or one above it, has less left than asked for; `available_minor` says how much."""

    def __init__(self, *, line_id: int, available_minor: int) -> None:
        super().__init__(f"line {line_id} has {available_minor} left")
        self.line_id = line_id
        self.available_minor = available_minor


class DrawReferenceReused(DrawRefused):
    """The reference is already on a draw of another line or amount."""


class DrawSettledBefore(ValueError):
    """The draw is tied to another loan, or was released."""


@transaction.atomic
def reserve_draw(*, line_id: int, amount_minor: int, on_date: date, reference: str, by: str, at: datetime) -> Drawdown:
    """
    Return the draw that now holds `amount_minor` of the line and of every line above it.

    `on_date` is the business date: limit and state of that day hold. The same reference again returns the draw it
    was given. Refusals: UnknownLine, NotADrawAmount, LineFrozen, LineClosed, LineExpired, LimitExceeded,
    DrawReferenceReused.
    """
    if amount_minor <= 0:
        raise NotADrawAmount(f"{amount_minor}")
    line = hold_path(line_id=line_id)[0]
    if known := Drawdown.objects.filter(reference=reference).first():
        if (known.line_id, known.amount_minor) != (line_id, amount_minor):
            raise DrawReferenceReused(reference)
        return known
    for figures in get_available(line_id=line_id, on_date=on_date).path:
        _refuse_draw(figures=figures, amount_minor=amount_minor)
    draw = Drawdown.objects.create(
        line=line, reference=reference, amount_minor=amount_minor, reserved_date=on_date, reserved_at=at
    )
    audit.record_act(
        by=by,
        action="reserve_draw",
        subject_kind="credit_line",
        subject_id=line_id,
        at=at,
        details={"draw": draw.pk, "amount_minor": amount_minor},
    )
    return draw


@transaction.atomic
def settle_draw(*, draw_id: int, loan: Loan, on_date: date, by: str, at: datetime) -> Drawdown:
    """
    Return the draw, tied to its loan: from now on the loan's principal counts as used.

    Harmless twice. Refuses (DrawSettledBefore) a draw tied to another loan or released.
    """
    draw = Drawdown.objects.select_for_update().get(pk=draw_id)
    if draw.loan_id == loan.pk:
        return draw
    if draw.state != Drawdown.State.RESERVED:
        raise DrawSettledBefore(f"draw {draw_id} is {draw.state}")
    draw.state, draw.loan, draw.resolved_date = Drawdown.State.DRAWN, loan, on_date
    draw.save(update_fields=["state", "loan", "resolved_date"])
    _record(draw=draw, action="settle_draw", by=by, at=at)
    return draw


@transaction.atomic
def release_draw(*, draw_id: int, on_date: date, by: str, at: datetime) -> Drawdown:
    """
    Return the draw, released: no money left, and its amount is available again.

    Harmless twice. Refuses (DrawSettledBefore) a draw that is tied to a loan.
    """
    draw = Drawdown.objects.select_for_update().get(pk=draw_id)
    if draw.state == Drawdown.State.RELEASED:
        return draw
    if draw.state != Drawdown.State.RESERVED:
        raise DrawSettledBefore(f"draw {draw_id} is {draw.state}")
    draw.state, draw.resolved_date = Drawdown.State.RELEASED, on_date
    draw.save(update_fields=["state", "resolved_date"])
    _record(draw=draw, action="release_draw", by=by, at=at)
    return draw


def _refuse_draw(*, figures: LineFigures, amount_minor: int) -> None:
    """Refuse by name what one line of the path does not allow."""
    if not figures.is_running:
        raise LineExpired(f"line {figures.line_id}")
    match figures.state:
        case "frozen":
            raise LineFrozen(f"line {figures.line_id}")
        case "closed":
            raise LineClosed(f"line {figures.line_id}")
    if amount_minor > figures.available_minor:
        raise LimitExceeded(line_id=figures.line_id, available_minor=figures.available_minor)


def _record(*, draw: Drawdown, action: str, by: str, at: datetime) -> None:
    assert connection.in_atomic_block
    audit.record_act(
        by=by,
        action=action,
        subject_kind="credit_line",
        subject_id=draw.line_id,
        at=at,
        details={"draw": draw.pk, "loan": draw.loan_id},
    )
