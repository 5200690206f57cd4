"""
Raise, pay, waive and write off: the only places that change a component of a row, each with its total.

What stays true: due = paid + waived + open for the customer; what is off the books (`written`) is a part of what is
open; every total of the state is the sum over its rows.
"""

from datetime import date

from postloan.kernel.allocation import COMPONENTS
from postloan.kernel.engine._interest import own_interest
from postloan.kernel.engine._projection import overdue_until
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PRINCIPAL, Applied, Held, Row, State


def earned_interest(state: State, on_date: date) -> int:
    """Return all interest the loan has borne before `on_date`, exact to the running row, as the debt knows it."""
    running = state.running
    if running is None or on_date <= running.from_date:
        return state.totals.earned_before
    overdue_to = overdue_until(state, on_date)
    return state.totals.earned_before + own_interest(state, running, to_date=on_date, overdue_to=overdue_to)


def earned_on_book(state: State, on_date: date) -> int:
    """Return the interest the books have earned: nothing more from the day they stop."""
    if state.book_stops_on is not None and on_date >= state.book_stops_on:
        return state.earned_at_stop
    return earned_interest(state, on_date)


def raise_to(state: State, row: Row, place: int, amount: int, *, on_date: date) -> None:
    """Demand `amount` of a component in all (what older rows brought was demanded before)."""
    delta = amount - row.brought[place] - row.raised[place]
    if delta == 0:
        return
    row.raised[place] += delta
    state.totals.raised[place] += delta
    if place == PRINCIPAL:
        return
    on_book = delta
    if delta < 0:
        on_book = delta + min(-delta, row.written[place])
    elif state.book_stops_on is not None and place == INTEREST:
        room = earned_on_book(state, on_date) - state.totals.raised_on_book[INTEREST] - state.totals.accrued_written
        on_book = min(delta, max(room, 0))
    elif state.charged_off_on is not None:
        on_book = 0
    state.totals.raised_on_book[place] += on_book
    off_book = delta - on_book
    row.written[place] += off_book
    state.totals.written[place] += off_book


def apply_row_due(state: State, row: Row, *, on_date: date) -> None:
    """Demand a row whose due date has come; its own interest is earned from now on for good."""
    if row.bears_interest:
        state.totals.earned_before += row.own_minor
    for place in (PENALTY, FEE, INTEREST):
        raise_to(state, row, place, row.due[place], on_date=on_date)
    row.is_due = True


def pay_part(state: State, row: Row, place: int, amount: int, *, event_id: str, on_date: date) -> None:
    """Let money pay a part of a row; before the due date, what it pays is demanded first."""
    if amount == 0:
        return
    if not row.is_due and place != PRINCIPAL:
        raise_to(
            state,
            row,
            place,
            max(row.paid[place] + amount + row.waived[place], row.brought[place] + row.raised[place]),
            on_date=on_date,
        )
    state.is_stale = state.is_stale or not row.is_due
    row.paid[place] += amount
    state.totals.paid[place] += amount
    recovered = min(amount, row.written[place])
    if recovered:
        row.written[place] -= recovered
        state.totals.written[place] -= recovered
        if state.charged_off_on is not None:
            state.totals.recovered += recovered
        else:
            state.totals.income_on_payment += recovered
    if on_date < row.due_date:
        row.paid_early += amount
    elif on_date > row.due_date:
        row.paid_late += amount
    if place == PRINCIPAL:
        _principal_paid(state, row, amount, on_date)
    state.applied.append(Applied(event_id, row.no, COMPONENTS[place], amount, on_date))


def _principal_paid(state: State, row: Row, amount: int, on_date: date) -> None:
    """Let the balance that bears interest follow: early money from its day on, late money where overdue bears some."""
    running = state.running
    if not row.is_due or _ends_overdue(state, True):
        state.is_stale = True
    if not row.is_due and row.bears_interest:
        assert running is not None
        running.base_moves.append((max(on_date, running.from_date), -amount))
        row.early_principal += amount
    elif running is not None and _ends_overdue(state, on_date <= running.from_date):
        running.over_moves.append((max(on_date, running.from_date), -amount))
    left = amount
    for place, (day, open_minor) in enumerate(state.arrears_moved):
        part = min(left, open_minor)
        state.arrears_moved[place] = (day, open_minor - part)
        left -= part


def _ends_overdue(state: State, is_on_time: bool) -> bool:
    """Say whether principal paid now stops bearing interest within the running row."""
    mode = state.terms.servicing.overdue_interest
    return mode == "to_date" or (mode == "whole_row" and is_on_time)


def waive_part(state: State, row: Row, place: int, amount: int, *, event_id: str, on_date: date) -> None:
    """Let the customer off a part of a row that is due."""
    if amount == 0:
        return
    row.waived[place] += amount
    state.totals.waived[place] += amount
    off_book = min(amount, row.written[place])
    if off_book:
        row.written[place] -= off_book
        state.totals.written[place] -= off_book
        state.totals.income_on_payment += off_book
    if place == PRINCIPAL:
        _principal_paid(state, row, amount, on_date)
    state.applied.append(Applied(event_id, row.no, COMPONENTS[place], amount, on_date, is_waiver=True))


def close_if_paid(state: State, row: Row, on_date: date) -> None:
    """Note the day on which a row that is due owes nothing any more."""
    if row.is_due:
        if row.open_minor == 0 and not row.is_closed:
            row.is_closed, row.paid_on = True, on_date
        elif row.open_minor > 0:
            row.is_closed, row.paid_on = False, None


def hold(state: State, *, event_id: str, value_date: date, amount: int) -> None:
    """Keep money for the customer until something is due."""
    if amount:
        state.held.append(Held(event_id, value_date, amount))


def take_held(state: State, amount: int) -> None:
    """Take money out of what is held, the oldest first."""
    for each in state.held:
        part = min(each.left_minor, amount)
        each.left_minor -= part
        amount -= part
    assert amount == 0, amount
    state.held = [each for each in state.held if each.left_minor]


def write_off_all(state: State, on_date: date) -> None:
    """Take everything owed off the books: what is demanded, the principal to come, the interest accrued."""
    totals = state.totals
    earned = earned_interest(state, on_date)
    state.charged_off_on = on_date
    if state.book_stops_on is None:
        state.book_stops_on, state.earned_at_stop = on_date, earned
    totals.loss += state.earned_at_stop - totals.raised_on_book[INTEREST] - totals.accrued_written
    totals.accrued_written = state.earned_at_stop - totals.raised_on_book[INTEREST]
    for row in state.rows:
        for place in (PENALTY, FEE, INTEREST, PRINCIPAL):
            if place != PRINCIPAL and not row.is_due:
                continue
            write_off_part(state, row, place, row.open_of(place) - row.written[place])
    for place in (PENALTY, FEE, INTEREST):
        _write_off_brought(state, place)


def _write_off_brought(state: State, place: int) -> None:
    for row in state.rows[state.current :]:
        open_brought = row.brought_open(place) - row.written[place]
        if open_brought > 0:
            write_off_part(state, row, place, open_brought)


def write_off_part(state: State, row: Row, place: int, amount: int) -> None:
    """Take a part of a row off the books."""
    row.written[place] += amount
    state.totals.written[place] += amount
    state.totals.loss += amount
