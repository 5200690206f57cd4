"""The answer to terms with dated events: instalments, balances, allocations, ledger and settlement on a day."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from postloan.kernel.engine import (
    AllocationView,
    Amounts,
    Balances,
    Entry,
    Event,
    EventRefused,
    LoanTerms,
    ScheduleVersion,
    SettlementQuote,
    allocations,
    balances,
    instalments,
    replay,
    settlement_quote,
    sums,
)


class LoanRow(BaseModel):
    """An instalment of a running loan; amounts in minor units, open = due - paid - waived."""

    model_config = ConfigDict(frozen=True)

    instalment_no: int
    kind: str
    from_date: date
    due_date: date
    original_due_date: date
    due: Amounts
    paid: Amounts
    waived: Amounts
    written_off: Amounts
    open_minor: int
    paid_early_minor: int
    paid_late_minor: int
    balance_minor: int
    is_due: bool
    paid_on: date | None


class QuotedLoan(BaseModel):
    """
    A loan worked out to `as_of`.

    `entries` are the journal (debit positive), `accounts` their sums; `settlement` is what pays the loan off on that
    day. `versions` are the plans that were in force, oldest first.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    rows: tuple[LoanRow, ...]
    balances: Balances
    allocations: tuple[AllocationView, ...]
    entries: tuple[Entry, ...]
    accounts: dict[str, int]
    versions: tuple[ScheduleVersion, ...]
    settlement: SettlementQuote


class EventNotPossible(ValueError):
    """An event cannot be; `place` counts from 0 among the events given."""

    def __init__(self, place: int, refusal: EventRefused) -> None:
        super().__init__(f"{refusal.name}: {refusal.message}")
        self.place, self.name, self.message = place, refusal.name, refusal.message


def work_out(*, terms: LoanTerms, events: tuple[Event, ...], as_of: date | None) -> QuotedLoan:
    """
    Return the loan with its events, on a day (the last value date if None).

    Raises:
        EventNotPossible: if an event is refused.
    """
    try:
        loan = replay(terms=terms, events=events, as_of=as_of)
    except EventRefused as refusal:
        place = next((n for n, event in enumerate(events) if event.event_id == refusal.event_id), 0)
        raise EventNotPossible(place, refusal) from None
    return QuotedLoan(
        as_of=loan.as_of,
        rows=tuple(
            LoanRow(
                instalment_no=row.instalment_no,
                kind=row.kind,
                from_date=row.from_date,
                due_date=row.due_date,
                original_due_date=row.original_due_date,
                due=row.due,
                paid=row.paid,
                waived=row.waived,
                written_off=row.written_off,
                open_minor=row.open_minor,
                paid_early_minor=row.paid_early_minor,
                paid_late_minor=row.paid_late_minor,
                balance_minor=row.balance_minor,
                is_due=row.is_due,
                paid_on=row.paid_on,
            )
            for row in instalments(loan)
        ),
        balances=balances(loan),
        allocations=allocations(loan),
        entries=loan.entries,
        accounts={account: amount for account, amount in sums(loan.entries).items() if amount},
        versions=loan.versions,
        settlement=settlement_quote(loan, on_date=loan.as_of),
    )
