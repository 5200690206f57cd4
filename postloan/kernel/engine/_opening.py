"""Turn a schedule into the rows of a running loan, and open a loan."""

from datetime import date

from postloan.kernel.engine._ledger import post
from postloan.kernel.engine._projection import project_again
from postloan.kernel.engine._state import FEE, INTEREST, PRINCIPAL, Row, ScheduleVersion, State, VersionRow
from postloan.kernel.engine._timeline import last_free_date
from postloan.kernel.engine.terms import LoanTerms
from postloan.kernel.schedules import InterestMethod, Method, Schedule, ScheduleRow, ScheduleTerms, build_schedule

SPLIT_DENOMINATOR = 365 * 366


def open_loan(terms: LoanTerms) -> State:
    """
    Return the state of a loan on the day it is opened, its principal paid out.

    Raises:
        schedules.TermsRefused: naming the field, if the terms make no schedule.
    """
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
