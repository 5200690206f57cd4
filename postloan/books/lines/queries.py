"""Questions about credit lines: limit, used, available and price on a day, and the dated changes behind them."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from postloan.books.ledger.chart import AccountNo
from postloan.books.lines.models import CreditLine, Drawdown, LimitChange, PriceChange, StateChange
from postloan.kernel.credit_lines import (
    Availability,
    LimitStep,
    LineFigures,
    LineState,
    PriceStep,
    StateStep,
    limit_on,
    price_on,
    state_on,
)
from postloan.kernel.rates import Rate, RatePeriod

_TREE = """
    WITH RECURSIVE tree AS (
        SELECT id, id AS top_id FROM lines_creditline WHERE id = ANY(%(lines)s)
        UNION ALL
        SELECT child.id, tree.top_id FROM lines_creditline child JOIN tree ON child.parent_id = tree.id
    )
"""
_USED_NOW = f"""{_TREE}
    SELECT top_id, sum(CASE WHEN draw.state = 'reserved' THEN draw.amount_minor
                            WHEN loan.status = 'charged_off' THEN loan.principal_minor
                            ELSE loan.principal_outstanding_minor END)::bigint
    FROM tree JOIN lines_drawdown draw ON draw.line_id = tree.id AND draw.state <> 'released'
    LEFT JOIN loans_loan loan ON loan.id = draw.loan_id
    GROUP BY top_id
"""
# As of a day: what was on its way then, and the principal that the ledger says was owed.
_USED_AS_OF = f"""{_TREE}
    SELECT top_id, sum(CASE
        WHEN draw.resolved_date IS NULL OR draw.resolved_date > %(as_of)s THEN draw.amount_minor
        WHEN draw.state = 'drawn' THEN (
            SELECT coalesce(sum(CASE WHEN posting.debit_id = %(principal)s THEN amount_minor ELSE -amount_minor END), 0)
            FROM ledger_posting posting JOIN ledger_journalentry entry ON entry.id = posting.entry_id
            WHERE posting.loan_id = draw.loan_id AND entry.business_date <= %(as_of)s
              AND %(principal)s IN (posting.debit_id, posting.credit_id))
        ELSE 0 END)::bigint
    FROM tree JOIN lines_drawdown draw ON draw.line_id = tree.id AND draw.reserved_date <= %(as_of)s
    GROUP BY top_id
"""


def get_line(*, line_id: int) -> CreditLine:
    """Return the line with its product. Raises CreditLine.DoesNotExist."""
    return CreditLine.objects.select_related("product").get(pk=line_id)


def find_lines(*, customer_id: int) -> list[CreditLine]:
    """Return the lines of a customer, those above before those under them."""
    return list(CreditLine.objects.filter(customer_id=customer_id).select_related("product").order_by("pk"))


def get_path(*, line_id: int) -> list[CreditLine]:
    """Return the line and those above it, itself first, the root last. Raises CreditLine.DoesNotExist."""
    path = [get_line(line_id=line_id)]
    while path[-1].parent_id is not None:
        path.append(get_line(line_id=path[-1].parent_id))
    return path


def get_limit(*, line_id: int, on_date: date) -> int:
    """Return the line's own limit on a day in minor units, raises included; what is above it is left out."""
    return _limits(line_ids=[line_id], on_date=on_date)[line_id]


def get_used(*, line_id: int, as_of: date | None = None) -> int:
    """
    Return what is used of a line and the lines under it, in minor units.

    Used is principal owed on its draws and what is reserved for money on its way; interest, fees and penalties
    use nothing. Now, or when the books of `as_of` had closed.
    """
    return _used(line_ids=[line_id], as_of=as_of)[line_id]


def get_available(*, line_id: int, on_date: date) -> Availability:
    """
    Return what can be drawn on a day by what is used now, with the figures of every line that it follows from.

    `on_date` is the business date, or a day to come: a raise that has ended by then is not counted.
    """
    path = get_path(line_id=line_id)
    ids = [line.pk for line in path]
    return _availability(path=path, on_date=on_date, used=_used(line_ids=ids, as_of=None))


def get_available_as_of(*, line_id: int, as_of: date) -> Availability:
    """Return what could be drawn when `as_of`, a closed day, was over: limits of that day, principal by the ledger."""
    path = get_path(line_id=line_id)
    return _availability(path=path, on_date=as_of, used=_used(line_ids=[line.pk for line in path], as_of=as_of))


def get_price(*, line_id: int, on_date: date) -> Rate | None:
    """Return the rate of a draw on that day; None where the line has no price and the product's holds."""
    return price_on(
        steps=[
            PriceStep(change.pk, change.from_date, Rate(change.rate_ppm, _period(change.rate_per)))
            for change in PriceChange.objects.filter(line_id=line_id)
        ],
        on_date=on_date,
    )


def get_limit_changes(*, line_id: int) -> list[LimitChange]:
    """Return the dated changes of a limit in the order in which they were recorded."""
    return list(LimitChange.objects.filter(line_id=line_id).order_by("pk"))


def get_limit_steps(*, line_id: int) -> list[LimitStep]:
    """Return the same as the kernel takes them."""
    return [_limit_step(change) for change in get_limit_changes(line_id=line_id)]


def get_state_changes(*, line_id: int) -> list[StateChange]:
    """Return the dated changes of a line's state in the order in which they were recorded."""
    return list(StateChange.objects.filter(line_id=line_id).order_by("pk"))


def get_drawdowns(*, line_id: int) -> list[Drawdown]:
    """Return the draws on a line with their loans, the latest first."""
    return list(Drawdown.objects.filter(line_id=line_id).select_related("loan").order_by("-pk"))


def _availability(*, path: Sequence[CreditLine], on_date: date, used: dict[int, int]) -> Availability:
    ids = [line.pk for line in path]
    limits, states = _limits(line_ids=ids, on_date=on_date), _states(line_ids=ids, on_date=on_date)
    return Availability(
        path=tuple(
            LineFigures(
                line_id=line.pk,
                limit_minor=limits[line.pk],
                used_minor=used[line.pk],
                state=states[line.pk],
                is_running=line.opened_date <= on_date < line.expires_date,
            )
            for line in path
        )
    )


def _limits(*, line_ids: Sequence[int], on_date: date) -> dict[int, int]:
    steps: dict[int, list[LimitStep]] = {line_id: [] for line_id in line_ids}
    for change in LimitChange.objects.filter(line_id__in=line_ids):
        steps[change.line_id].append(_limit_step(change))
    return {line_id: limit_on(steps=of_line, on_date=on_date) for line_id, of_line in steps.items()}


def _limit_step(change: LimitChange) -> LimitStep:
    return LimitStep(change.pk, change.from_date, change.to_date, change.amount_minor)


def _states(*, line_ids: Sequence[int], on_date: date) -> dict[int, LineState]:
    steps: dict[int, list[StateStep]] = {line_id: [] for line_id in line_ids}
    for change in StateChange.objects.filter(line_id__in=line_ids):
        steps[change.line_id].append(StateStep(change.pk, change.from_date, _state(change.state)))
    return {line_id: state_on(steps=of_line, on_date=on_date) for line_id, of_line in steps.items()}


def _used(*, line_ids: Sequence[int], as_of: date | None) -> dict[int, int]:
    sql = _USED_NOW if as_of is None else _USED_AS_OF
    with connection.cursor() as cursor:
        cursor.execute(sql, {"lines": list(line_ids), "as_of": as_of, "principal": int(AccountNo.LOAN_PRINCIPAL)})
        return dict.fromkeys(line_ids, 0) | dict(cursor.fetchall())


def _state(text: str) -> LineState:
    match text:
        case "open" | "frozen" | "closed":
            return text
    raise AssertionError(text)


def _period(text: str) -> RatePeriod:
    match text:
        case "year" | "month" | "day":
            return text
    raise AssertionError(text)
