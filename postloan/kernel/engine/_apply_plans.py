"""Apply the events that change the plan of a loan: one function for each kind."""

from dataclasses import replace
from datetime import date, timedelta

from postloan.kernel.calendars import add_months, step_date
from postloan.kernel.engine import _events as ev
from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._changes import (
    fit_term,
    lay_out_again,
    move_out,
    put_into_plan,
    rows_to_come,
    seed_day_of,
    set_rate,
)
from postloan.kernel.engine._projection import project_again, solve_plan
from postloan.kernel.engine._state import FEE, FOR_EVER, INTEREST, PENALTY, PRINCIPAL, Row, State
from postloan.kernel.schedules import Fee, Method


def rate_change(state: State, event: ev.RateChange, strict: bool) -> None:
    shift = 0 if state.terms.schedule.first_day_counts else 1
    running = state.running
    set_rate(state, _not_before(running, event.value_date - timedelta(days=shift)), event.rate_ppm)
    if running is None:
        return
    project_again(state)
    if event.keep == "instalment":
        fit_term(state)
        return
    opening = running.base_open + sum(amount for _, amount in running.base_moves)
    solve_plan(state, opening=opening, from_date=running.from_date)


def _not_before(running: Row | None, day: date) -> date:
    """Return the day, but none of a row that is over."""
    return day if running is None else max(day, running.from_date)


def interest_pause(state: State, event: ev.InterestPause, strict: bool) -> None:
    if event.to_date <= event.value_date:
        raise no.PlanNotPossible(event.event_id, "a pause ends after it begins")
    shift = timedelta(days=0 if state.terms.schedule.first_day_counts else 1)
    state.pauses.append((_not_before(state.running, event.value_date - shift), event.to_date - shift))


def death(state: State, event: ev.Death, strict: bool) -> None:
    state.died_on = event.value_date
    stops = state.terms.servicing.death_stops
    if stops != "nothing":
        state.penalty_stops_on = event.value_date
    if stops == "interest_and_penalty":
        state.pauses.append((event.value_date, FOR_EVER))


def _plan_of(state: State, event: ev.Event) -> list[Row]:
    rows = [row for row in rows_to_come(state) if not row.is_closed]
    if not rows:
        raise no.PlanNotPossible(event.event_id, "no row of the plan is still to come")
    return rows


def due_day_change(state: State, event: ev.DueDayChange, strict: bool) -> None:
    rows = _plan_of(state, event)
    if state.terms.schedule.unit != "month" or not 1 <= event.due_day <= 31:
        raise no.PlanNotPossible(event.event_id, "a day from 1 to 31, and monthly rows")
    first = add_months(seed_date=rows[0].due_date, months=0, seed_day=event.due_day)
    if first <= event.value_date or first <= rows[0].from_date:
        first = add_months(seed_date=rows[0].due_date, months=1, seed_day=event.due_day)
    state.seed_day = event.due_day
    lay_out_again(state, count=len(rows_to_come(state)), first_due_date=first)


def deferral(state: State, event: ev.Deferral, strict: bool) -> None:
    rows, terms = _plan_of(state, event), state.terms.schedule
    if (event.new_due_date is None) == (event.periods == 0) or not 0 <= event.periods <= ev.MOST_PLAN_ROWS:
        raise no.PlanNotPossible(event.event_id, f"a new due date, or from 1 to {ev.MOST_PLAN_ROWS} periods")
    before = rows[0].due_date
    first = event.new_due_date or step_date(
        seed_date=before, steps=event.periods, every=terms.every, unit=terms.unit, seed_day=seed_day_of(state)
    )
    if first <= before:
        raise no.PlanNotPossible(event.event_id, f"a deferral leads to a day after {before}")
    if event.new_due_date is not None and terms.unit == "month":
        state.seed_day = first.day
    if event.interest == "free":
        state.pauses.append((before, first))
    lay_out_again(state, count=len(rows_to_come(state)), first_due_date=first)


def extension(state: State, event: ev.Extension, strict: bool) -> None:
    if event.more_instalments < 1:
        raise no.PlanNotPossible(event.event_id, "one more instalment at least")
    if event.arrears == "into_plan":
        _reamortise(state, event.value_date)
    rows, terms = _plan_of(state, event), state.terms.schedule
    first = rows_to_come(state)[0].due_date
    if terms.method is Method.BULLET:
        steps = event.more_instalments
        first = step_date(
            seed_date=rows[0].due_date, steps=steps, every=terms.every, unit=terms.unit, seed_day=seed_day_of(state)
        )
    lay_out_again(state, count=len(rows_to_come(state)) + event.more_instalments, first_due_date=first)


def reduced_instalments(state: State, event: ev.ReducedInstalments, strict: bool) -> None:
    rows = _plan_of(state, event)
    if event.rows < 1 or event.instalment_minor < 0 or state.terms.schedule.method is not Method.EQUAL_INSTALMENT:
        raise no.PlanNotPossible(event.event_id, "equal instalments, one row at least, and no negative amount")
    for row in rows[: event.rows]:
        if row.instalment_minor is not None:
            row.instalment_minor = min(row.instalment_minor, event.instalment_minor)
    project_again(state)
    rest = rows[event.rows :]
    if rest:
        solve_plan(state, opening=rest[0].base_open, from_date=rest[0].from_date, rows=rest)


def personalised_plan(state: State, event: ev.PersonalisedPlan, strict: bool) -> None:
    if not 1 <= event.instalments <= ev.MOST_PLAN_ROWS:
        raise no.PlanNotPossible(event.event_id, f"from 1 to {ev.MOST_PLAN_ROWS} instalments")
    put_into_plan(
        state,
        on_date=event.value_date,
        count=event.instalments,
        first_due_date=event.first_due_date,
        terms=state.terms.schedule,
        rate_ppm=event.rate_ppm,
    )


def reageing(state: State, event: ev.Reageing, strict: bool) -> None:
    terms = replace(state.terms.schedule, every=event.every, unit=event.unit)
    put_into_plan(
        state,
        on_date=event.value_date,
        count=event.instalments,
        first_due_date=event.first_due_date,
        terms=terms,
    )


def reamortisation(state: State, event: ev.Reamortisation, strict: bool) -> None:
    _plan_of(state, event)
    _reamortise(state, event.value_date)


def _reamortise(state: State, day: date) -> None:
    """Move what is past due into the rows to come; principal bears interest again from this day."""
    rows = rows_to_come(state)
    if not rows:
        return
    running = rows[0]
    into = next((row for row in rows if not row.is_closed), running)
    into.is_closed, into.paid_on = False, None
    moved = 0
    for row in [row for row in state.rows if row.is_due and row.open_minor > 0]:
        parts, off_book = move_out(state, row, day)
        moved += parts[PRINCIPAL]
        for place in (PENALTY, FEE, INTEREST):
            into.brought[place] += parts[place]
            into.written[place] += off_book[place]
    if not moved:
        project_again(state)
        return
    running.base_moves.append((max(day, running.from_date), moved))
    if state.terms.servicing.overdue_interest == "to_date":
        running.over_moves.append((max(day, running.from_date), -moved))
    opening = running.base_open + sum(amount for _, amount in running.base_moves)
    solve_plan(state, opening=opening, from_date=running.from_date)


def conversion(state: State, event: ev.Conversion, strict: bool) -> None:
    terms = state.terms.schedule
    monthly = replace(terms, every=1, unit="month", method=Method.EQUAL_INSTALMENT)
    if event.rate_ppm is None and event.fee_ppm + event.fee_minor:
        monthly = replace(monthly, method=Method.EQUAL_PRINCIPAL)
    first = event.first_due_date or add_months(seed_date=event.value_date, months=1)
    fees = []
    if event.fee_minor:
        fees.append(Fee("conversion", amount_minor=event.fee_minor))
    if event.fee_ppm:
        fees.append(Fee("conversion", ppm=event.fee_ppm))
    put_into_plan(
        state,
        on_date=event.value_date,
        count=event.instalments,
        first_due_date=first,
        terms=monthly,
        rate_ppm=event.rate_ppm,
        fees=tuple(fees),
    )
