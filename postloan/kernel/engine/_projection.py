"""
Work out what the rows to come will demand, as things stand today.

Row by row from the running one: interest on what is owed day by day, plus what the row before had no room for;
principal is what interest leaves of the instalment (or as planned), never more than is left. The last row that is
still open takes the rest. A row paid early keeps what it was paid; interest that its days bear after all goes on to
the next row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from postloan.kernel.engine._interest import mixed_factor, own_interest, whole_factor
from postloan.kernel.engine._state import FEE, FOR_EVER, INTEREST, PENALTY, PRINCIPAL, Row, State
from postloan.kernel.money import divide_rounded, round_to_multiple
from postloan.kernel.schedules import (
    InterestMethod,
    Method,
    Remainder,
    annuity_of,
    round_instalment,
    split_equally,
)

MOST_ROUNDS = 3  # of smoothing


def overdue_until(state: State, today: date) -> date | None:
    """Return the day until which overdue principal is taken to stay unpaid."""
    running = state.running
    match state.terms.servicing.overdue_interest:
        case "none":
            return None
        case "to_date":
            return today
        case "whole_row":
            return running.due_date if running is not None else None


def project(state: State) -> None:
    """Set what every row to come demands, if nothing more is paid before it is due."""
    if not state.is_stale:
        return
    state.is_stale = False
    rows = [row for row in state.rows[state.current :] if row.bears_interest]
    if rows:
        _walk_all(state, rows)
        if all(row.is_closed for row in rows) and _is_something_left(state, rows):
            rows[-1].is_closed, rows[-1].paid_on = False, None
            _walk_all(state, rows)
    for row in state.rows[state.current :]:
        row.due[PENALTY] = row.brought[PENALTY] + _extra(row, "penalty:")
        row.due[FEE] = row.brought[FEE] + _extra(row, "")


def _walk_all(state: State, rows: list[Row]) -> None:
    overdue_to = overdue_until(state, state.today)
    for _ in _walk(state, rows, to_date=FOR_EVER, overdue_to=overdue_to, keep=True):
        pass


def project_again(state: State) -> None:
    """Project after a change that was made by hand."""
    state.is_stale = True
    project(state)


def _is_something_left(state: State, rows: list[Row]) -> bool:
    """Say whether rows that are all paid leave principal or interest that no row asks for."""
    last = rows[-1]
    moved = last.base_open + sum(amount for _, amount in last.base_moves)
    return moved + last.early_principal > last.due[PRINCIPAL] or last.carry_out > 0


def _extra(row: Row, prefix: str) -> int:
    return sum(amount for name, amount in row.planned_fees if name.startswith("penalty:") == (prefix == "penalty:"))


@dataclass(frozen=True, slots=True)
class Payable:
    """What a row may be paid before its due date: interest that has accrued, and principal."""

    row: Row
    interest_minor: int
    principal_minor: int


def payable_in_advance(state: State, on_date: date) -> list[Payable]:
    """Return what each open row to come may be paid on a day, nearest first; interest of later rows is not owed."""
    return list(payables_nearest_first(state, on_date))


def payables_nearest_first(state: State, on_date: date) -> Iterator[Payable]:
    """Yield what each open row to come may be paid, worked out only as far as it is asked for."""
    rows = [row for row in state.rows[state.current :] if row.bears_interest]
    if not rows:
        return
    to_date = on_date
    if state.terms.servicing.row_interest == "as_scheduled":
        to_date = FOR_EVER
    elif state.terms.servicing.payoff == "whole_row":
        to_date = rows[0].due_date
    dues = _walk(state, rows, to_date=to_date, overdue_to=overdue_until(state, on_date), keep=False)
    for row, (interest, principal) in zip(rows, dues, strict=True):
        if not row.is_closed:
            yield Payable(row, interest - row.paid[INTEREST] - row.waived[INTEREST], principal - row.paid[PRINCIPAL])


def _walk(
    state: State, rows: list[Row], *, to_date: date, overdue_to: date | None, keep: bool
) -> Iterator[tuple[int, int]]:
    """Yield interest and principal due of each row; with `keep` write them (and the balances) into the rows."""
    last_open = next((row for row in reversed(rows) if not row.is_closed), None)
    base, carry = rows[0].base_open, rows[0].carry_in
    paid_ahead = sum(paid_ahead_by(row) for row in rows)
    for place, row in enumerate(rows):
        if keep:
            row.base_open, row.carry_in = base, carry
        own = 0
        if row.from_date < to_date or (place == 0 and row.days == 0):
            opened, row.base_open = row.base_open, base
            own = own_interest(state, row, to_date=to_date, overdue_to=overdue_to if place == 0 else None)
            row.base_open = opened
        asked = max(own + carry + row.brought[INTEREST], 0)
        moved = base + sum(amount for _, amount in row.base_moves)
        left = moved + row.early_principal
        paid_ahead -= paid_ahead_by(row)
        here = asked if row.plan_interest_minor is not None else max(asked - paid_ahead, 0)
        interest, principal = _dues(row, asked=here, left=left, is_last=row is last_open)
        carry = asked - interest
        base = moved - (principal - row.early_principal)
        if keep:
            row.own_minor, row.carry_out = own, carry
            row.due[INTEREST], row.due[PRINCIPAL] = interest, principal
        yield interest, principal


def paid_ahead_by(row: Row) -> int:
    """Return interest of earlier days that a row paid in advance has paid: an earlier row does not ask it again."""
    if row.plan_interest_minor is not None:
        return 0
    return max(row.paid[INTEREST] + row.waived[INTEREST] - row.brought[INTEREST], 0)


def _dues(row: Row, *, asked: int, left: int, is_last: bool) -> tuple[int, int]:
    """Return interest and principal of one row; `left` is principal not yet placed, with what it paid early."""
    paid_interest, paid_principal = row.paid[INTEREST] + row.waived[INTEREST], row.paid[PRINCIPAL]
    if row.is_closed:
        return max(paid_interest, 0), paid_principal
    if is_last:
        return max(asked, paid_interest), max(left, paid_principal)
    if row.instalment_minor is None:
        planned = (row.plan_principal_minor or 0) + row.credit_minor
        return max(asked, paid_interest), max(min(planned, left), paid_principal)
    room = row.instalment_minor + row.credit_minor + row.brought[INTEREST]
    interest = min(asked, room)
    if paid_principal > max(room - asked, 0):
        interest = paid_interest
    interest = max(interest, paid_interest)
    return interest, max(min(room - interest, left), paid_principal, 0)


# --- plans that are worked out anew ---------------------------------------------------------------


def solve_plan(state: State, *, opening: int, from_date: date, rows: list[Row] | None = None) -> None:
    """
    Spread `opening` over the rows to come again, by the method of the product; the dates stay.

    `from_date` is the day from which the running row bears interest on it (rows before it keep their instalment).
    """
    whole = [row for row in state.rows[state.current :] if row.bears_interest]
    open_rows = rows if rows is not None else [row for row in whole if not row.is_closed]
    if state.terms.servicing.row_interest == "as_scheduled" and rows is None and whole:
        _plan_again(state, whole, opening=opening, from_date=from_date)
        return
    if not open_rows:
        return
    terms = state.terms.schedule
    if terms.method is Method.EQUAL_INSTALMENT and terms.interest_method is InterestMethod.DECLINING:
        _solve_instalment(state, open_rows, opening=opening, from_date=from_date)
        return
    _solve_principal(state, open_rows, opening=opening)


def _plan_again(state: State, rows: list[Row], *, opening: int, from_date: date) -> None:
    """Work out a plan whose interest stays as planned: as if nothing had been paid early."""
    twin = state.copy()
    plan = [row for row in twin.rows[twin.current :] if row.bears_interest]
    for row in plan:
        row.base_moves = [move for move in row.base_moves if move[1] > 0]
        row.early_principal, row.paid, row.is_closed = 0, [0, 0, 0, 0], False
        row.plan_interest_minor = None
    twin.terms = replace(state.terms, servicing=replace(state.terms.servicing, row_interest="days_borrowed"))
    solve_plan(twin, opening=opening, from_date=from_date)
    project_again(twin)
    for row, planned in zip(rows, plan, strict=True):
        row.instalment_minor = None
        row.plan_principal_minor = planned.due[PRINCIPAL]
        row.plan_interest_minor = planned.due[INTEREST] - planned.brought[INTEREST]
        if row.paid[PRINCIPAL] < planned.due[PRINCIPAL]:
            row.is_closed, row.paid_on = False, None


def _solve_principal(state: State, rows: list[Row], *, opening: int) -> None:
    terms = state.terms.schedule
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        parts: tuple[int, ...] = (*(0 for _ in rows[:-1]), opening)
    else:
        remainder = Remainder.FIRST if terms.remainder is Remainder.FIRST else Remainder.LAST
        parts = split_equally(
            amount_minor=opening,
            rows=len(rows),
            rounding=terms.instalment_rounding,
            remainder=remainder,
            multiple_minor=terms.instalment_multiple_minor,
        ).parts_minor
    for row, part in zip(rows, parts, strict=True):
        row.instalment_minor, row.plan_principal_minor = None, part


def _solve_instalment(state: State, rows: list[Row], *, opening: int, from_date: date) -> None:
    terms = state.terms.schedule
    factors = [mixed_factor(state, row, from_date=max(from_date, row.from_date)) for row in rows]
    exact = annuity_of(principal_minor=opening, balloon_minor=min(terms.balloon_minor, opening), factors=factors)
    instalment = round_instalment(
        exact=exact, rounding=terms.instalment_rounding, multiple_minor=terms.instalment_multiple_minor
    )
    _set_instalment(rows, instalment)
    if terms.remainder is Remainder.SMOOTHED:
        _smooth(state, rows, instalment)


def _set_instalment(rows: list[Row], instalment: int) -> None:
    for row in rows:
        paid = row.paid[INTEREST] + row.paid[PRINCIPAL]
        if instalment >= paid:
            row.instalment_minor, row.plan_principal_minor = instalment, None


def _smooth(state: State, rows: list[Row], instalment: int) -> None:
    """Move the instalment while that brings the last row nearer to it; at most three times."""
    terms, count = state.terms.schedule, len(rows)
    project_again(state)
    for _ in range(MOST_ROUNDS):
        difference = rows[-1].due[INTEREST] + rows[-1].due[PRINCIPAL] - instalment - terms.balloon_minor
        if count // 2 == 0 or abs(difference) <= count // 2:
            return
        share = divide_rounded(numerator=difference, denominator=count, rounding=terms.instalment_rounding)
        moved = round_to_multiple(
            amount_minor=instalment + share,
            multiple_minor=terms.instalment_multiple_minor,
            rounding=terms.instalment_rounding,
        ) or (instalment + share)
        _set_instalment(rows, moved)
        project_again(state)
        after = rows[-1].due[INTEREST] + rows[-1].due[PRINCIPAL] - moved - terms.balloon_minor
        if abs(after) >= abs(difference):
            _set_instalment(rows, instalment)
            project_again(state)
            return
        instalment = moved


def factor_of(state: State, row: Row, rate_ppm: int) -> tuple[int, int]:
    """Return the factor of a whole row at one rate (for explanations)."""
    share = whole_factor(state, row, rate_ppm)
    return share.numerator, share.denominator
