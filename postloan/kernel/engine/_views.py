"""What a replay says, as plain values: instalments, balances, ageing, allocations, settlement."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeAlias

from postloan.kernel.ageing import bucket, days_past_due
from postloan.kernel.allocation import COMPONENTS, Component
from postloan.kernel.engine._books import earned_interest
from postloan.kernel.engine._ledger import balances_of
from postloan.kernel.engine._replay import Replay, extend, finish
from postloan.kernel.engine._settlement import SettlementQuote, settlement_of
from postloan.kernel.engine._state import INTEREST, PRINCIPAL, Row, RowKind, State

Status: TypeAlias = Literal["open", "past_due", "closed", "overpaid", "charged_off"]


class SettlementInPast(ValueError):
    """A settlement is quoted for the day up to which the loan is worked out, or a later one."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """An amount by component, in minor units."""

    penalty_minor: int = 0
    fee_minor: int = 0
    interest_minor: int = 0
    principal_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All components together."""
        return self.penalty_minor + self.fee_minor + self.interest_minor + self.principal_minor

    def of(self, component: Component) -> int:
        """Return one component."""
        amount: int = getattr(self, f"{component}_minor")
        return amount


@dataclass(frozen=True, slots=True)
class InstalmentView:
    """
    An instalment with what is due, paid, waived and written off of each component.

    For the customer, open = due - paid - waived; what is written off is the part of it that is off the books. Of an
    instalment that is not due yet, `due` is what it will demand if nothing more is paid before.
    """

    instalment_no: int
    kind: RowKind
    from_date: date
    due_date: date
    original_due_date: date
    last_free_date: date
    due: Amounts
    paid: Amounts
    waived: Amounts
    written_off: Amounts
    is_due: bool
    paid_on: date | None
    paid_early_minor: int
    paid_late_minor: int
    balance_minor: int

    @property
    def open_minor(self) -> int:
        """What the customer owes of the instalment."""
        return self.due.total_minor - self.paid.total_minor - self.waived.total_minor


@dataclass(frozen=True, slots=True)
class Balances:
    """What a loan owes and holds when a day closes, in minor units; interest is exact to that day."""

    as_of: date
    status: Status
    principal_minor: int
    principal_past_due_minor: int
    due_minor: Amounts
    accrued_interest_minor: int
    accrued_on_book_minor: int
    held_minor: int
    owed_minor: int
    past_due_since: date | None
    days_past_due: int
    bucket: str
    contractual_days_past_due: int
    closed_on: date | None
    charged_off_on: date | None


@dataclass(frozen=True, slots=True)
class AllocationView:
    """Which money paid what, and when; `is_waiver` where the lender let it off."""

    event_id: str
    instalment_no: int
    component: Component
    amount_minor: int
    on_date: date
    is_waiver: bool


def instalments(loan: Replay) -> tuple[InstalmentView, ...]:
    """Return every instalment, numbered from 1 in the order of due dates."""
    state = loan.state
    balance = state.totals.lent_to_bank + state.totals.taken_over
    rows = []
    for number, row in enumerate(rows_in_order(state), start=1):
        balance -= row.due[PRINCIPAL]
        rows.append(_instalment(row, number, balance))
    return tuple(rows)


def rows_in_order(state: State) -> list[Row]:
    """Return the rows of a loan as instalments are numbered: by due date."""
    return sorted(state.rows, key=lambda row: (row.due_date, not row.is_due, row.no))


def _instalment(row: Row, number: int, balance: int) -> InstalmentView:
    return InstalmentView(
        instalment_no=number,
        kind=row.kind,
        from_date=row.from_date,
        due_date=row.due_date,
        original_due_date=row.original_due_date,
        last_free_date=row.last_free_date,
        due=Amounts(*row.due),
        paid=Amounts(*row.paid),
        waived=Amounts(*row.waived),
        written_off=Amounts(*row.written),
        is_due=row.is_due,
        paid_on=row.paid_on,
        paid_early_minor=row.paid_early,
        paid_late_minor=row.paid_late,
        balance_minor=balance,
    )


def allocations(loan: Replay) -> tuple[AllocationView, ...]:
    """Return which money paid which part of which instalment, in the order in which it did."""
    numbers = {row.no: number for number, row in enumerate(rows_in_order(loan.state), start=1)}
    return tuple(
        AllocationView(
            part.event_id,
            numbers.get(part.row_no, 0),
            part.component,
            part.amount_minor,
            part.on_date,
            part.is_waiver,
        )
        for part in loan.state.applied
    )


def balances(loan: Replay) -> Balances:
    """Return what the loan owes and holds when `as_of` closes."""
    state, terms = loan.state, loan.terms.servicing
    due_rows = [row for row in state.rows if row.is_due]
    due = Amounts(*(sum(row.open_of(place) for row in due_rows) for place in range(len(COMPONENTS))))
    accrued = earned_interest(state, loan.as_of) - state.totals.raised[INTEREST]
    since = state.past_due_since
    dpd = days_past_due(past_due_since=since, business_date=loan.as_of, terms=terms.ageing)
    contractual = days_past_due(
        past_due_since=state.contractual_past_due_since, business_date=loan.as_of, terms=terms.ageing
    )
    owed = due.total_minor - due.principal_minor + state.open_principal + accrued
    return Balances(
        as_of=loan.as_of,
        status=_status(state, dpd),
        principal_minor=state.open_principal,
        principal_past_due_minor=sum(row.open_of(PRINCIPAL) for row in due_rows if row.due_date < loan.as_of),
        due_minor=due,
        accrued_interest_minor=accrued,
        accrued_on_book_minor=balances_of(state, loan.as_of)["accrued_interest"],
        held_minor=state.held_minor,
        owed_minor=owed,
        past_due_since=since,
        days_past_due=dpd,
        bucket=bucket(days_past_due=dpd, bands=terms.ageing.bands),
        contractual_days_past_due=contractual,
        closed_on=state.closed_on,
        charged_off_on=state.charged_off_on,
    )


def _status(state: State, dpd: int) -> Status:
    if state.closed_on is not None:
        return "overpaid" if state.held_minor else "closed"
    if state.charged_off_on is not None:
        return "charged_off"
    return "past_due" if dpd > 0 else "open"


def look_at(loan: Replay, *, as_of: date) -> Replay:
    """Return the loan as of any day, past or to come, by the events known now."""
    return extend(before=loan, as_of=as_of)


def settlement_quote(loan: Replay, *, on_date: date, valid_until: datetime | None = None) -> SettlementQuote:
    """
    Return what settles the loan with value date `on_date`, if nothing else happens before.

    The same functions settle the loan: an `EarlySettlement` of that amount on that day closes it.

    Raises:
        SettlementInPast: if the loan is worked out to a later day.
    """
    if on_date < loan.as_of:
        raise SettlementInPast(f"{on_date} lies before {loan.as_of}")
    state = loan.state.copy()
    finish(state, on_date)
    return replace(settlement_of(state, on_date), valid_until=valid_until)
