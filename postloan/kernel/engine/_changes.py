"""
Change the plan of a running loan: end a row early, lay its rows out anew, put everything owed into a new plan.

Rows that are over are never touched but by what moves out of them; the plan that was in force stays as a version.
"""

from dataclasses import replace
from datetime import date

from postloan.kernel.calendars import step_date
from postloan.kernel.engine._books import earned_interest, raise_to
from postloan.kernel.engine._interest import own_interest, rate_on
from postloan.kernel.engine._opening import rows_of
from postloan.kernel.engine._projection import overdue_until, paid_ahead_by, project_again, solve_plan
from postloan.kernel.engine._state import FEE, INTEREST, PENALTY, PRINCIPAL, Row, RowKind, State
from postloan.kernel.engine._timeline import last_free_date
from postloan.kernel.money import Rounding
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import (
    MOST_INSTALMENTS,
    Fee,
    Method,
    Remainder,
    ScheduleTerms,
    build_schedule,
    split_equally,
)


def rows_to_come(state: State) -> list[Row]:
    """Return the rows of the plan that are not due yet."""
    return [row for row in state.rows[state.current :] if row.bears_interest]


def undue_principal(state: State) -> int:
    """Return the principal that is owed and not due yet."""
    return sum(row.open_of(PRINCIPAL) for row in rows_to_come(state))


def seed_day_of(state: State) -> int | None:
    """Return the day of the month that due dates come back to."""
    terms = state.terms.schedule
    if terms.unit != "month":
        return None
    if state.seed_day is not None:
        return state.seed_day
    return terms.seed_day or terms.due_day or (terms.first_due_date or terms.start_date).day


def end_running_row(state: State, on_date: date, kind: RowKind) -> Row:
    """
    Demand now what the running row has borne, in a row of its own; the running row goes on without it.

    The running row still rounds its whole interest once: it will demand that less what is demanded here.
    """
    running = state.running
    assert running is not None
    own = own_interest(state, running, to_date=on_date, overdue_to=overdue_until(state, on_date))
    made = Row(
        no=state.take_side_no(),
        kind=kind,
        from_date=running.from_date,
        due_date=on_date,
        original_due_date=on_date,
        last_free_date=last_free_date(state, on_date),
        share=running.share,
    )
    made.own_minor, made.carry_in = own, running.carry_in
    already = interest_paid_of_own(running) + interest_paid_ahead(state)
    made.due[INTEREST] = max(own + running.carry_in - already, 0)
    running.demanded_minor += made.due[INTEREST] - running.carry_in
    running.carry_in = 0
    state.totals.earned_before += made.due[INTEREST] - made.carry_in
    made.is_due = True
    state.rows.insert(state.current, made)
    state.current += 1
    raise_to(state, made, INTEREST, made.due[INTEREST], on_date=on_date)
    return made


def interest_paid_of_own(row: Row) -> int:
    """Return what a row that is not due was paid of its own interest, beyond what older rows brought into it."""
    return max(row.paid[INTEREST] + row.waived[INTEREST] - row.brought[INTEREST], 0)


def interest_paid_ahead(state: State) -> int:
    """Return interest of days that have gone by which rows after the running one were paid in advance."""
    return sum(paid_ahead_by(row) for row in rows_to_come(state)[1:])


def drop_empty_rows(state: State) -> None:
    """Take rows off the end of the plan that have nothing to demand; their fees are not charged."""
    while rows := rows_to_come(state):
        last = rows[-1]
        if last.due[PRINCIPAL] or last.due[INTEREST] or sum(last.paid) or last.is_closed or sum(last.brought):
            return
        state.rows.remove(last)


def settle_rows_to_come(state: State, on_date: date) -> None:
    """Take off the plan what is left of it; rows that were paid early keep what they were paid."""
    state.totals.earned_before = earned_interest(state, on_date)
    for row in rows_to_come(state):
        if sum(row.paid) == 0:
            state.rows.remove(row)
            continue
        row.kind, row.is_due, row.is_closed = "prepayment", True, True
        row.due = [row.paid[place] + row.waived[place] for place in range(len(row.due))]
        row.planned_fees = ()
        state.rows.remove(row)
        state.rows.insert(state.current, row)
        state.current += 1


def take_brought(state: State) -> tuple[list[int], list[int]]:
    """Take out of the rows to come what older rows brought into them and is not paid; and the part off the books."""
    found, off_book = [0, 0, 0, 0], [0, 0, 0, 0]
    for row in rows_to_come(state):
        for place in (PENALTY, FEE, INTEREST):
            left = min(row.brought_open(place), row.brought[place])
            found[place] += left
            row.brought[place] -= left
            off_book[place] += row.written[place]
            row.written[place] = 0
    return found, off_book


def lay_out_again(
    state: State, *, count: int, first_due_date: date, solve: bool = True, opening: int | None = None
) -> None:
    """
    Give the rows to come new dates and, with `solve`, new figures; there are `count` of them from now on.

    Raises:
        schedules.TermsRefused: if such rows cannot be.
    """
    old = rows_to_come(state)
    running = old[0]
    principal = opening if opening is not None else max(running.base_open, 1)
    is_bullet = state.terms.schedule.method is Method.BULLET
    terms = replace(
        state.terms.schedule,
        principal_minor=max(principal, 1),
        rate=Rate(rate_on(state, state.today), state.terms.schedule.rate.per),
        start_date=running.from_date,
        first_due_date=first_due_date,
        instalments=1 if is_bullet else count,
        every=state.terms.schedule.every * (state.terms.schedule.instalments or 1 if is_bullet else 1),
        due_day=None,
        seed_day=_fitting_seed(state, first_due_date),
        principal_grace=0,
        interest_grace=0,
        interest_free_rows=0,
        down_payment_ppm=0,
        fixed_instalment_minor=None,
        balloon_minor=min(state.terms.schedule.balloon_minor, max(principal, 1)),
        fees=(),
    )
    new = rows_of(state, build_schedule(terms=terms), terms)
    state.continue_numbers()
    kept = [_carry_over(row, old[place] if place < len(old) else None, state) for place, row in enumerate(new)]
    others = [row for row in state.rows[state.current :] if not row.bears_interest]
    state.rows[state.current :] = sorted([*kept, *others], key=lambda row: row.due_date)
    project_again(state)
    if solve:
        solve_plan(state, opening=max(principal, 0), from_date=running.from_date)
        project_again(state)


def _fitting_seed(state: State, first_due_date: date) -> int | None:
    seed = seed_day_of(state)
    if seed is None:
        return None
    reached = step_date(seed_date=first_due_date.replace(day=1), steps=0, seed_day=seed)
    return seed if reached == first_due_date else None


def _carry_over(new: Row, old: Row | None, state: State) -> Row:
    """Put the life of an old row into a new one: its money, its moves and its fees."""
    if old is None:
        new.no = state.next_no
        state.next_no += 1
        return new
    kept = old.copy()
    kept.from_date, kept.due_date, kept.last_free_date = new.from_date, new.due_date, new.last_free_date
    kept.share, kept.splits_year = new.share, new.splits_year
    if new.plan_interest_minor is not None or kept.plan_interest_minor is not None:
        kept.plan_interest_minor = new.plan_interest_minor
        kept.plan_principal_minor, kept.instalment_minor = new.plan_principal_minor, new.instalment_minor
    return kept


def fit_term(state: State) -> None:
    """Let the number of rows follow from the instalment: add rows while the last asks more, drop empty ones."""
    project_again(state)
    drop_empty_rows(state)
    while rows := rows_to_come(state):
        last = rows[-1]
        instalment = next((row.instalment_minor for row in rows if row.instalment_minor is not None), None)
        if instalment is None or last.due[PRINCIPAL] + last.due[INTEREST] <= instalment:
            return
        if len(rows) >= MOST_INSTALMENTS or last.due[INTEREST] >= instalment:
            return
        last.instalment_minor = instalment
        lay_out_again(state, count=len(rows) + 1, first_due_date=rows[0].due_date, solve=False)
        rows_to_come(state)[-1].instalment_minor = instalment
        project_again(state)


def put_into_plan(
    state: State,
    *,
    on_date: date,
    count: int,
    first_due_date: date,
    terms: ScheduleTerms,
    rate_ppm: int | None = None,
    fees: tuple[Fee, ...] = (),
) -> None:
    """
    Put everything owed into a new plan: principal bears interest anew, the rest is spread over the rows.

    The oldest dates of what was past due are kept for the contractual ageing.

    Raises:
        schedules.TermsRefused: if such a plan cannot be.
    """
    rate = rate_ppm if rate_ppm is not None else rate_on(state, on_date)
    principal = state.open_principal
    wanted = replace(
        terms,
        principal_minor=max(principal, 1),
        rate=Rate(rate, terms.rate.per),
        start_date=on_date,
        first_due_date=first_due_date,
        instalments=count,
        due_day=None,
        seed_day=None,
        principal_grace=0,
        interest_grace=0,
        interest_free_rows=0,
        down_payment_ppm=0,
        fixed_instalment_minor=None,
        balloon_minor=0,
        fees=fees,
    )
    schedule = build_schedule(terms=wanted)
    brought, off_book = _collect(state, on_date)
    state.terms = replace(state.terms, schedule=wanted)
    state.seed_day = first_due_date.day if terms.unit == "month" else None
    if rate != rate_on(state, on_date):
        set_rate(state, on_date, rate)
    state.continue_numbers()
    rows = rows_of(state, schedule, wanted)
    rows[0].base_open = principal
    for place in (PENALTY, FEE, INTEREST):
        for row, part in zip(rows, _parts(brought[place], rows, state), strict=True):
            row.brought[place] = part
            row.written[place] = min(part, off_book[place])
            off_book[place] -= row.written[place]
    state.rows[state.current :] = rows
    project_again(state)


def _parts(amount: int, rows: list[Row], state: State) -> tuple[int, ...]:
    return split_equally(
        amount_minor=amount, rows=len(rows), rounding=Rounding.DOWN, remainder=Remainder.LAST
    ).parts_minor


def _collect(state: State, on_date: date) -> tuple[list[int], list[int]]:
    """Take what is owed out of the rows there are; return it by component, and the part of it off the books."""
    brought, off_book = take_brought(state)
    if state.running is not None:
        end_running_row(state, on_date, "stub")
        settle_rows_to_come(state, on_date)
    for row in [row for row in state.rows[state.current :] if row.kind == "charge"]:
        for place in (PENALTY, FEE):
            raise_to(state, row, place, row.due[place], on_date=on_date)
        row.is_due = True
        state.current += 1
    for row in state.rows[: state.current]:
        moved, off = move_out(state, row, on_date)
        brought = [one + other for one, other in zip(brought, moved, strict=True)]
        off_book = [one + other for one, other in zip(off_book, off, strict=True)]
    state.rows = [row for row in state.rows if row.kind != "stub" or sum(row.due) > 0]
    state.current = len(state.rows)
    return brought, off_book


def move_out(state: State, row: Row, on_date: date) -> tuple[list[int], list[int]]:
    """Take what a row still owes out of it, and remember how old it is by the contract."""
    if row.due_date < on_date and row.open_of(PRINCIPAL):
        known = sum(amount for _, amount in state.arrears_moved)
        room = max(state.open_principal - known, 0)
        state.arrears_moved.append((row.original_due_date, min(row.open_of(PRINCIPAL), room)))
    moved = [row.open_of(place) for place in range(4)]
    off_book, row.written = row.written, [0, 0, 0, 0]
    row.due = [amount - left for amount, left in zip(row.due, moved, strict=True)]
    row.brought = [0, 0, 0, 0]
    row.raised = [*row.due[:PRINCIPAL], 0]
    row.is_closed = True
    return moved, off_book


def set_rate(state: State, from_date: date, rate_ppm: int) -> None:
    """Let a rate hold from a day on, in place of what was said for that day and later."""
    state.rates = [(day, ppm) for day, ppm in state.rates if day < from_date] + [(from_date, rate_ppm)]
