"""
From the rows of a loan to the contract and events of the engine.

The contract is the plan the loan began with in these books: the first schedule version, or the rows cast again when it
was taken over, from the first that was not settled. What happened since are its receipts and its loan events.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import Sum
from pydantic import Field, TypeAdapter

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans.explaining import plain_terms, rebuild
from postloan.books.loans.models import Loan, LoanEvent, ScheduleVersion
from postloan.books.payments.models import Receipt
from postloan.kernel.engine import Event, LoanTerms, Opening, PlannedRow, Replay, replay

_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_OPENING_KINDS = (JournalEntry.Kind.TAKEOVER, JournalEntry.Kind.DISBURSEMENT)
HEAD = ("event_id", "value_date", "sequence", "kind")
WITH_RECEIPT = ("prepayment", "early_settlement")


class LoanHasNoPlan(ValueError):
    """Another core keeps the loan, or it came here closed or charged off: there is no plan that events could change."""


@dataclass(frozen=True)
class History:
    """
    A loan as the engine takes it: terms, and accepted events in the order of arrival.

    `opening` is what the entry that opened it posted, by account, debits less credits.
    """

    loan: Loan
    terms: LoanTerms
    events: tuple[Event, ...]
    receipts: tuple[Receipt, ...]
    loan_events: tuple[LoanEvent, ...]

    opening: Mapping[int, int] = field(default_factory=dict)


def receipt_id(receipt: Receipt) -> str:
    """Return what the engine calls a receipt."""
    return f"receipt:{receipt.pk}"


def event_id_of(event: LoanEvent) -> str:
    """Return what the engine calls a loan event: money with a purpose goes by its receipt."""
    return f"receipt:{event.payload['receipt']}" if "receipt" in event.payload else f"event:{event.pk}"


def load_history(*, loan: Loan) -> History:
    """
    Return what the rows tell of a loan. Refuses LoanHasNoPlan.

    Days before the loan's first in these books count as that day (money that was taken over with it).
    """
    if loan.kept_elsewhere:
        raise LoanHasNoPlan(f"loan {loan.pk} is kept by another core")
    opening = opening_of(loan=loan)
    terms = loan_terms(loan=loan, opening=opening)
    receipts = tuple(Receipt.objects.filter(loan_id=loan.pk).order_by("pk"))
    loan_events = tuple(LoanEvent.objects.filter(loan_id=loan.pk).order_by("pk"))
    by_id = {receipt.pk: receipt for receipt in receipts}
    purposeful = {event.payload["receipt"] for event in loan_events if "receipt" in event.payload}
    events = [plain_receipt(receipt, terms) for receipt in receipts if receipt.pk not in purposeful]
    events += [to_engine(event, by_id) for event in loan_events]
    return History(
        loan=loan,
        terms=terms,
        events=tuple(events),
        receipts=receipts,
        loan_events=loan_events,
        opening=opening,
    )


def replay_loan(*, history: History, business_date: date) -> Replay:
    """Return the loan as its books stand on an open day: due through that day, lateness through the day before."""
    known = [event for event in history.events if event.value_date <= business_date]
    return replay(
        terms=history.terms,
        events=known,
        as_of=business_date,
        accepted=True,
        lateness_to=business_date - timedelta(days=1),
    )


def plain_receipt(receipt: Receipt, terms: LoanTerms) -> Event:
    """Return a receipt as the engine's event."""
    return _EVENTS.validate_python(
        {
            "kind": "receipt",
            "event_id": receipt_id(receipt),
            "value_date": max(receipt.value_date, terms.opened_on),
            "sequence": receipt.pk,
            "amount_minor": receipt.amount_minor,
            "currency": receipt.currency,
        }
    )


def to_engine(event: LoanEvent, receipts: dict[int, Receipt]) -> Event:
    """Return a loan event as the engine's event."""
    payload = {name: value for name, value in event.payload.items() if name not in ("receipt", "offer")}
    head = {
        "kind": event.kind,
        "event_id": event_id_of(event),
        "value_date": event.value_date,
        "sequence": event.pk,
    }
    if "receipt" in event.payload:
        receipt = receipts[event.payload["receipt"]]
        head |= {"sequence": receipt.pk, "amount_minor": receipt.amount_minor, "currency": receipt.currency}
    return _EVENTS.validate_python(payload | head)


def payload_of(event: Event) -> dict[str, Any]:
    """Return the fields of an engine's event as they are kept: without its head, dates as text."""
    told = _EVENTS.dump_python(event, mode="json")
    return {name: value for name, value in told.items() if name not in HEAD and value is not None}


def field_names(kind: str) -> frozenset[str]:
    """Return the fields that an event of a kind has beside its head."""
    return frozenset(
        each.name
        for member in Event.__args__
        if member.__dataclass_fields__["kind"].default == kind
        for each in fields(member)
        if each.name not in HEAD
    )


# --- the contract -------------------------------------------------------------------------------------------


def loan_terms(*, loan: Loan, opening: Mapping[int, int]) -> LoanTerms:
    """Return the contract of a loan as the engine takes it. Refuses LoanHasNoPlan."""
    version = _first_version(loan)
    built = rebuild(loan=loan, version=version)
    schedule = built[0] if built is not None else plain_terms(loan=loan, version=version)
    rows = _planned_rows(version)
    starts = [version.row_from_date, *version.due_dates]
    settled = 0
    taken_over_on = None
    if loan.takeover_date is not None:
        taken_over_on = loan.takeover_date + timedelta(days=1)
        settled = _settled_before(loan, rows, taken_over_on, opening)
    if settled >= len(rows):
        raise LoanHasNoPlan(f"loan {loan.pk}")
    return LoanTerms(
        schedule=schedule,
        servicing=loan.terms.servicing_terms,
        opening=Opening(rows=rows[settled:], from_date=starts[settled], taken_over_on=taken_over_on),
    )


def _first_version(loan: Loan) -> ScheduleVersion:
    """Return the plan the loan began with here: rows cast again at the takeover, where there are some."""
    known = ScheduleVersion.objects.filter(loan_id=loan.pk, event__isnull=True).order_by("version_no")
    versions = [version for version in known if version.reason in ("opened", "taken_over")]
    if not versions:
        raise LoanHasNoPlan(f"loan {loan.pk}")
    return versions[-1]


def _planned_rows(version: ScheduleVersion) -> tuple[PlannedRow, ...]:
    columns = zip(version.due_dates, version.principal_minor, version.interest_minor, version.fees_by_row, strict=True)
    return tuple(PlannedRow(version.from_instalment_no + place, *row) for place, row in enumerate(columns))


def _settled_before(loan: Loan, rows: tuple[PlannedRow, ...], first_day: date, opening: Mapping[int, int]) -> int:
    """Return how many rows the earlier lender had been paid: principal and interest taken over say it."""
    principal = opening.get(AccountNo.LOAN_PRINCIPAL, 0)
    interest = opening.get(AccountNo.INTEREST_RECEIVABLE, 0)
    if principal <= 0:
        raise LoanHasNoPlan(f"loan {loan.pk}")
    fits = [
        place
        for place in range(len(rows))
        if sum(row.principal_minor for row in rows[place:]) == principal
        and sum(row.interest_minor for row in rows[place:] if row.due_date <= first_day) == interest
    ]
    if not fits:
        raise LoanHasNoPlan(f"loan {loan.pk}: no row of the plan leaves {principal} of principal")
    return fits[-1]


_OPENED_WITH = (
    AccountNo.LOAN_PRINCIPAL,
    AccountNo.INTEREST_RECEIVABLE,
    AccountNo.ACCRUED_INTEREST,
    AccountNo.FEE_RECEIVABLE,
    AccountNo.PENALTY_RECEIVABLE,
)


def opening_of(*, loan: Loan) -> dict[int, int]:
    """Return by account what the entry that opened the loan posted for it, debits less credits."""
    found: dict[int, int] = {}
    legs = Posting.objects.filter(loan_id=loan.pk, entry__kind__in=_OPENING_KINDS, debit_id__in=_OPENED_WITH)
    for debit, credit, amount in legs.values_list("debit_id", "credit_id").annotate(Sum("amount_minor")):
        found[debit] = found.get(debit, 0) + amount
        found[credit] = found.get(credit, 0) - amount
    return found


def posted_of(*, loan: Loan) -> dict[int, int]:
    """Return the balance of each account by what was posted for the loan, debits less credits."""
    found: dict[int, int] = {}
    legs = Posting.objects.filter(loan_id=loan.pk).values_list("debit_id", "credit_id")
    for debit, credit, amount in legs.annotate(Sum("amount_minor")):
        found[debit] = found.get(debit, 0) + amount
        found[credit] = found.get(credit, 0) - amount
    return found


def serves_plainly(*, loan: Loan, kinds: Iterable[str]) -> bool:
    """
    Say whether plan and demands alone give the next figures of a loan to which events of these kinds have happened.

    They do where money waits for its due date, overdue principal bears no interest, and nothing changed the plan.
    """
    return loan.terms.is_served_plainly and not set(kinds) - PLAIN_KINDS


PLAIN_KINDS = frozenset({"receipt", "reversal", "waiver", "refund"})
