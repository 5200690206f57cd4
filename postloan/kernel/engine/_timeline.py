"""Let time pass over a loan: rows fall due, held money pays them, lateness costs, interest is earned."""

from datetime import date

from postloan.kernel.calendars import shift_date
from postloan.kernel.engine._books import apply_row_due, close_if_paid, raise_to
from postloan.kernel.engine._ledger import post
from postloan.kernel.engine._money import apply_held
from postloan.kernel.engine._projection import project
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PRINCIPAL, Row, State
from postloan.kernel.penalties import (
    count_overdue,
    late_fee_to_raise_minor,
    penalty_start_date,
    penalty_to_raise_minor,
)


def last_free_date(state: State, due_date: date) -> date:
    """Return the last day on which a payment is on time."""
    servicing = state.terms.servicing
    if servicing.calendar is None:
        return due_date
    return shift_date(day=due_date, calendar=servicing.calendar, shift=servicing.last_free)


def pass_time(state: State, to_date: date, *, lateness_to: date | None = None) -> None:
    """
    Carry the loan on to a day: everything that happens by itself up to it, in order.

    `lateness_to` is the last day of which lateness is charged, where that is not `to_date`.
    """
    charge_to = to_date if lateness_to is None else min(lateness_to, to_date)
    while True:
        row_due = state.rows[state.current].due_date if state.current < len(state.rows) else None
        row_due = row_due if row_due is not None and row_due <= to_date else None
        late_fee = _next_late_fee(state)
        late_fee = late_fee if late_fee is not None and late_fee <= charge_to else None
        points = [day for day in (row_due, late_fee) if day is not None]
        if not points:
            break
        day = min(points)
        state.today = day
        if day == late_fee and (row_due is None or late_fee < row_due):
            charge_lateness(state, day)
            post(state, event_id="", kind="late_fee", on_date=day)
        else:
            _row_falls_due(state, day, charge_to)
    if state.today != to_date or state.terms.servicing.overdue_interest != "none":
        state.today = to_date
        running = state.running
        if running is not None and (running.over_open or running.over_moves):
            state.is_stale = True
        project(state)


def _row_falls_due(state: State, day: date, charge_to: date) -> None:
    running = state.running
    if running is not None and (running.over_open or running.over_moves):
        state.is_stale = True
    project(state)
    post(state, event_id="", kind="accrual", on_date=day)
    row = state.rows[state.current]
    apply_row_due(state, row, on_date=day)
    state.current += 1
    state.is_stale = True
    running = state.running
    if running is not None and state.terms.servicing.overdue_interest != "none":
        state.is_stale = True
        running.over_open = sum(each.open_of(PRINCIPAL) for each in state.rows if each.is_due)
    close_if_paid(state, row, day)
    post(state, event_id="", kind="due", on_date=day)
    if state.held:
        charge_lateness(state, min(day, charge_to))
        apply_held(state, day)
        note_closed(state, day)
        post(state, event_id="", kind="apply_held", on_date=day)


def note_closed(state: State, on_date: date) -> None:
    """Note the first day on which nothing is owed any more, now or later."""
    if state.charged_off_on is not None:
        _keep_off_book(state)
    owes = state.open_principal > 0 or any(row.open_minor > 0 for row in state.rows)
    if owes:
        state.closed_on = None
    elif state.closed_on is None:
        state.closed_on = on_date
        state.arrears_moved = []


def _keep_off_book(state: State) -> None:
    """After a charge-off all principal is off the books, however the plan spreads it; more of it is a further loss."""
    for row in state.rows:
        row.written[PRINCIPAL] = max(row.open_of(PRINCIPAL), 0)
    more = sum(row.written[PRINCIPAL] for row in state.rows) - state.totals.written[PRINCIPAL]
    state.totals.written[PRINCIPAL] += more
    state.totals.loss += more


def _next_late_fee(state: State) -> date | None:
    terms = state.terms.servicing.late_fee
    if terms is None or state.penalty_stops_on is not None:
        return None
    starts = [
        penalty_start_date(terms=terms, last_free_date=row.last_free_date)
        for row in state.rows
        if row.is_due and not row.had_late_fee and _bears_penalty(row) and _overdue(row) > 0
    ]
    return min(starts, default=None)


def charge_lateness(state: State, on_date: date) -> None:
    """Raise what lateness has cost up to a day, on every row that is past due."""
    servicing = state.terms.servicing
    if servicing.penalty is None and servicing.late_fee is None:
        return
    day = on_date if state.penalty_stops_on is None else min(on_date, state.penalty_stops_on)
    for row in state.rows:
        if row.is_due and not row.is_closed and row.due_date < on_date and _bears_penalty(row):
            _charge_penalty(state, row, day)
            _charge_late_fee(state, row, day)


def _charge_penalty(state: State, row: Row, day: date) -> None:
    terms = state.terms.servicing.penalty
    if terms is None:
        return
    overdue = row.open_of(PRINCIPAL) if terms.basis == "overdue_principal" else _overdue(row)
    counted = count_overdue(
        terms=terms, overdue_minor=overdue, last_free_date=row.last_free_date, on_date=day, counted=row.counted
    )
    if counted == row.counted:
        return
    if row.cap_principal is None:
        row.cap_principal = row.open_of(PRINCIPAL)
    row.counted = counted
    raised = row.raised[PENALTY] - _by_hand(row)
    more = penalty_to_raise_minor(
        terms=terms, minor_days=counted.minor_days, raised_minor=raised, cap_principal_minor=row.cap_principal
    )
    _raise_penalty(state, row, more, day)


def _charge_late_fee(state: State, row: Row, day: date) -> None:
    terms = state.terms.servicing.late_fee
    if terms is None:
        return
    fee = late_fee_to_raise_minor(
        terms=terms,
        unpaid_minor=_overdue(row),
        last_free_date=row.last_free_date,
        on_date=day,
        was_raised=row.had_late_fee,
    )
    if fee:
        row.had_late_fee = True
        row.planned_fees = (*row.planned_fees, ("penalty:late_fee", fee))
        _raise_penalty(state, row, fee, day)


def _raise_penalty(state: State, row: Row, more: int, day: date) -> None:
    if more:
        row.due[PENALTY] += more
        raise_to(state, row, PENALTY, row.due[PENALTY], on_date=day)
        close_if_paid(state, row, day)


def _by_hand(row: Row) -> int:
    """Return the penalties of a row that the days did not make."""
    return sum(amount for name, amount in row.planned_fees if name.startswith("penalty:"))


def _overdue(row: Row) -> int:
    return row.open_of(PRINCIPAL) + row.open_of(INTEREST) + row.open_of(FEE)


def _bears_penalty(row: Row) -> bool:
    return row.kind in ("regular", "down_payment")
