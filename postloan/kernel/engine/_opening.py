"""Turn a schedule into the rows of a running loan, and open a loan."""

from datetime import date, timedelta

from postloan.kernel.daycounts import Share
from postloan.kernel.engine._books import apply_row_due, earned_interest
from postloan.kernel.engine._ledger import post
from postloan.kernel.engine._projection import project, project_again
from postloan.kernel.engine._state import FEE, INTEREST, PRINCIPAL, Row, ScheduleVersion, State, VersionRow
from postloan.kernel.engine._timeline import last_free_date
from postloan.kernel.engine.terms import LoanTerms, Opening, PlannedRow
from postloan.kernel.penalties import OverdueCount, penalty_start_date
from postloan.kernel.rates import PPM
from postloan.kernel.schedules import (
    InterestMethod,
    Method,
    Schedule,
    ScheduleRow,
    ScheduleTerms,
    TermsRefused,
    build_schedule,
)

SPLIT_DENOMINATOR = 365 * 366


def open_loan(terms: LoanTerms) -> State:
    """
    Return the state of a loan on the day it is opened, its principal paid out.

    Raises:
        schedules.TermsRefused: naming the field, if the terms make no schedule.
    """
    if terms.opening is not None:
        return open_with_rows(terms, terms.opening)
    schedule = build_schedule(terms=terms.schedule)
    start = terms.schedule.start_date
    state = State(terms=terms, today=start, rows=[], opened_on=start)
    state.rates = [(date.min, terms.schedule.rate.ppm)]
    state.rows = rows_of(state, schedule, terms.schedule)
    first = next(row for row in state.rows if row.bears_interest)
    first.base_open = schedule.principal_minor - sum(
        row.principal_minor for row in schedule.rows if row.is_down_payment
    )
    state.totals.lent_to_bank = schedule.principal_minor
    project_again(state)
    post(state, event_id="opening", kind="disbursement", on_date=start)
    keep_version(state, reason="opened", event_id="opening", from_date=start)
    return state


def rows_of(state: State, schedule: Schedule, terms: ScheduleTerms) -> list[Row]:
    """Return the rows of a schedule as rows of a running loan."""
    return [_row_of(state, terms, row) for row in schedule.rows]


def _row_of(state: State, terms: ScheduleTerms, row: ScheduleRow) -> Row:
    made = Row(
        no=state.next_no,
        kind="down_payment" if row.is_down_payment else "regular",
        from_date=row.from_date,
        due_date=row.due_date,
        original_due_date=row.due_date,
        last_free_date=last_free_date(state, row.due_date),
        share=row.share,
        splits_year=row.share.denominator == SPLIT_DENOMINATOR,
        planned_fees=tuple((part.fee.name, part.amount_minor) for part in row.fees if part.amount_minor),
    )
    state.next_no += 1
    if row.is_down_payment:
        made.due[PRINCIPAL] = row.principal_minor
        made.plan_principal_minor = row.principal_minor
    elif keeps_interest(state, terms):
        made.plan_principal_minor, made.plan_interest_minor = row.principal_minor, row.interest_minor
    elif terms.method is not Method.EQUAL_INSTALMENT or row.instalment_no <= terms.principal_grace:
        made.plan_principal_minor = row.principal_minor
    else:
        made.instalment_minor = row.principal_minor + row.interest_minor
    return made


def keeps_interest(state: State, terms: ScheduleTerms) -> bool:
    """Say whether the interest of the rows stays as planned, whatever is paid when."""
    is_flat = terms.interest_method is not InterestMethod.DECLINING and terms.method is not Method.BULLET
    return state.terms.servicing.row_interest == "as_scheduled" or is_flat or terms.interest_grace > 0


def keep_version(state: State, *, reason: str, event_id: str, from_date: date) -> None:
    """Keep the plan in force from now on as evidence; a version equal to the last one is not kept twice."""
    rows = tuple(
        VersionRow(
            row.no,
            row.from_date,
            row.due_date,
            row.original_due_date,
            row.due[PRINCIPAL],
            row.due[INTEREST],
            row.due[FEE],
        )
        for row in state.rows
    )
    if state.versions and state.versions[-1].rows == rows:
        return
    number = len(state.versions) + 1
    state.versions.append(ScheduleVersion(number, reason, event_id, from_date, rows))


# --- a plan kept as rows ------------------------------------------------------------------------------------


def open_with_rows(terms: LoanTerms, opening: Opening) -> State:
    """
    Return the state of a loan whose plan is given as rows, on its first day in these books.

    Rows that the terms give again keep the length of time they have there. Any other row bears the interest the plan
    says, in proportion to principal and days: so early money saves its part of it too.
    """
    day = terms.opened_on
    state = State(terms=terms, today=day, rows=[], opened_on=day)
    state.rates = [(date.min, terms.schedule.rate.ppm)]
    state.rows = _given_rows(state, opening)
    principal = sum(row.principal_minor for row in opening.rows)
    state.rows[0].base_open = principal
    if opening.taken_over_on is None:
        state.totals.lent_to_bank = principal
    else:
        state.totals.taken_over = principal
        _demand_before_takeover(state, opening.taken_over_on)
    state.continue_numbers()
    project_again(state)
    state.totals.interest_taken_over = earned_interest(state, day) if opening.taken_over_on is not None else 0
    post(state, event_id="opening", kind="disbursement", on_date=day)
    keep_version(state, reason="opened", event_id="opening", from_date=day)
    return state


def _given_rows(state: State, opening: Opening) -> list[Row]:
    rows = _rows_of_terms(state, opening)
    if rows:
        return rows
    starts = [opening.from_date, *(row.due_date for row in opening.rows)]
    left, made = sum(row.principal_minor for row in opening.rows), []
    for planned, from_date in zip(opening.rows, starts, strict=False):
        made.append(_given_row(state, planned, from_date, left))
        left -= planned.principal_minor
    return made


def _rows_of_terms(state: State, opening: Opening) -> list[Row]:
    """Return the rows as the terms give them, where they give exactly these; else none."""
    terms = state.terms.schedule
    try:
        schedule = build_schedule(terms=terms)
    except TermsRefused:
        return []
    count = len(opening.rows)
    rows = schedule.rows[-count:]
    wanted = [(row.due_date, row.principal_minor, row.interest_minor) for row in opening.rows]
    found = [(row.due_date, row.principal_minor, row.interest_minor) for row in rows]
    if wanted != found or rows[0].from_date != opening.from_date or any(row.is_down_payment for row in rows):
        return []
    made = [_row_of(state, terms, row) for row in rows]
    for row, planned in zip(made, opening.rows, strict=True):
        row.no = planned.instalment_no
        if sum(amount for _, amount in row.planned_fees) != planned.fee_minor:
            row.planned_fees = (("plan", planned.fee_minor),) if planned.fee_minor else ()
    return made


def _given_row(state: State, planned: PlannedRow, from_date: date, balance_minor: int) -> Row:
    terms = state.terms.schedule
    borne = balance_minor * terms.rate.ppm
    made = Row(
        no=planned.instalment_no,
        kind="regular",
        from_date=from_date,
        due_date=planned.due_date,
        original_due_date=planned.due_date,
        last_free_date=last_free_date(state, planned.due_date),
        share=Share(planned.interest_minor * PPM, borne) if borne else Share(0, 1),
        planned_fees=(("plan", planned.fee_minor),) if planned.fee_minor else (),
    )
    if keeps_interest(state, terms) or (planned.interest_minor and not borne):
        made.plan_principal_minor, made.plan_interest_minor = planned.principal_minor, planned.interest_minor
    elif terms.method is not Method.EQUAL_INSTALMENT:
        made.plan_principal_minor = planned.principal_minor
    else:
        made.instalment_minor = planned.principal_minor + planned.interest_minor
    return made


def _demand_before_takeover(state: State, on_date: date) -> None:
    """Demand what is due by the first day here; lateness is counted from that day's eve on."""
    counted_through = on_date - timedelta(days=1)
    late_fee = state.terms.servicing.late_fee
    while state.current < len(state.rows) and state.rows[state.current].due_date <= on_date:
        project(state)
        row = state.rows[state.current]
        apply_row_due(state, row, on_date=on_date)
        if row.due_date < on_date:
            row.counted = OverdueCount(0, counted_through)
        if late_fee is not None:
            row.had_late_fee = counted_through >= penalty_start_date(terms=late_fee, last_free_date=row.last_free_date)
        state.current += 1
        state.is_stale = True
