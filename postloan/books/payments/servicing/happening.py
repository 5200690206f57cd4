"""One event happens to one loan: checked by the engine, recorded, and its difference written, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Loan, LoanEvent
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing.difference import Difference, compare
from postloan.books.payments.servicing.history import History, load_history, replay_loan, to_engine
from postloan.books.payments.servicing.holding import HeldLoan
from postloan.books.payments.servicing.writing import write_difference
from postloan.ground.audit import operations as audit
from postloan.kernel.engine import LoanClosed, Replay, extend

ENTRY_KINDS = {
    "reversal": JournalEntry.Kind.REVERSAL,
    "waiver": JournalEntry.Kind.WAIVER,
    "refund": JournalEntry.Kind.REFUND,
    "prepayment": JournalEntry.Kind.PREPAYMENT,
    "early_settlement": JournalEntry.Kind.SETTLEMENT,
    "charge_off": JournalEntry.Kind.CHARGE_OFF,
}


AFTER_CLOSING = frozenset({"reversal", "refund", "chargeback", "charge", "merchant_refund", "payout_refund"})


class EventKeyReused(ValueError):
    """The key is already on an event of this loan with other facts."""


@dataclass(frozen=True)
class NewEvent:
    """
    An event about to be recorded. `key` knows it on its loan; `payload` holds the fields of its kind, dates as text.

    `receipt` is the money of a prepayment or settlement, saved already.
    """

    kind: str
    key: str
    value_date: date
    payload: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    receipt: Receipt | None = None

    @property
    def kept_payload(self) -> dict[str, Any]:
        """The payload as it is kept: the receipt by its id."""
        return dict(self.payload) | ({"receipt": self.receipt.pk} if self.receipt is not None else {})


@dataclass(frozen=True)
class Happened:
    """An event on record with what it changed; `difference` is None where it had happened before."""

    event: LoanEvent
    after: Replay | None = None
    difference: Difference | None = None
    entry: JournalEntry | None = None

    @property
    def is_new(self) -> bool:
        """Whether this call recorded it."""
        return self.difference is not None


@dataclass(frozen=True)
class EventPreview:
    """What an event would change: the loan before and after, and the rows to write."""

    before: Replay
    after: Replay
    difference: Difference


def reversal_of(*, loan: Loan, of: str) -> LoanEvent | None:
    """Return the event that took another one back, if one did; `of` is the engine's id."""
    return LoanEvent.objects.filter(loan_id=loan.pk, kind="reversal", payload__of=of).first()


def happen(
    *,
    held: HeldLoan,
    new: NewEvent,
    by: str,
    at: datetime,
    entry_kind: str | None = None,
    corrects: JournalEntry | None = None,
    source: str = "",
) -> Happened:
    """
    Let an event happen to a held loan and return what it changed; the same key again returns the first, unchanged.

    Refusals, all by name and before anything is written: EventKeyReused, LoanHasNoPlan, and those of the engine
    (`EventRefused`: AmountNotPositive, EventInFuture, EventBeforeOpening, LoanClosed, LoanChargedOff, …).
    """
    assert connection.in_atomic_block, "an event, its rows and its audit record share one transaction"
    loan = held.loan
    known = LoanEvent.objects.filter(loan_id=loan.pk, key=new.key).first()
    if known is not None:
        _refuse_other_facts(known, new)
        return Happened(event=known)
    if loan.status == Loan.Status.CLOSED and new.kind not in AFTER_CLOSING:
        raise LoanClosed(new.key, f"closed on {loan.closed_date}")
    event, worked = _work_out(held, new)  # refused here, before anything is written
    event.by, event.recorded_at = by, at
    event.save(force_insert=True)
    difference = worked.difference
    entry = write_difference(
        loan=loan,
        difference=difference,
        kind=entry_kind or ENTRY_KINDS.get(new.kind, JournalEntry.Kind.PLAN_CHANGE),
        source=source or f"event:{event.pk}",
        at=at,
        event=event,
        corrects=corrects,
    )
    audit.record_act(
        by=by,
        action=new.kind,
        subject_kind="loan",
        subject_id=loan.pk,
        at=at,
        details={"event": event.pk, "value_date": new.value_date.isoformat(), **_figures(event.payload)},
    )
    return Happened(event=event, after=worked.after, difference=difference, entry=entry)


def preview(*, held: HeldLoan, new: NewEvent) -> EventPreview:
    """Return what an event would change; nothing is written. Refusals as `happen`."""
    return _work_out(held, new)[1]


def _work_out(held: HeldLoan, new: NewEvent) -> tuple[LoanEvent, EventPreview]:
    """Return the event, not saved yet, with the loan before and after it and the rows to write."""
    history = load_history(loan=held.loan)
    event = LoanEvent(
        loan=held.loan,
        kind=new.kind,
        value_date=new.value_date,
        business_date=held.business_date,
        payload=new.kept_payload,
        key=new.key,
        reason=new.reason,
    )
    before, after = _with_event(history, event, held.business_date)
    shown = replace(history, events=after.events, loan_events=(*history.loan_events, event))
    difference = compare(
        history=shown, after=after, business_date=held.business_date, reason=_reason(new.kind), before=before
    )
    return event, EventPreview(before=before, after=after, difference=difference)


def _with_event(history: History, event: LoanEvent, business_date: date) -> tuple[Replay, Replay]:
    """Return the loan before an event and with it, refused by name where it cannot be."""
    receipt_ids = {receipt.pk: receipt for receipt in history.receipts}
    money = event.payload.get("receipt")
    events = tuple(each for each in history.events if money is None or each.event_id != f"receipt:{money}")
    earlier = replace(history, events=events)
    before = replay_loan(history=earlier, business_date=business_date)
    event.pk = event.pk or _after_all(history)
    after = extend(
        before=before,
        events=[to_engine(event, receipt_ids)],
        as_of=business_date,
        lateness_to=business_date - timedelta(days=1),
    )
    if event._state.adding:  # noqa: SLF001 - the number was only for the order
        event.pk = None
    return before, after


def _after_all(history: History) -> int:
    return 1 + max((event.pk for event in history.loan_events), default=0)


def _reason(kind: str) -> str:
    return "replayed" if kind in ("reversal", "waiver", "refund") else kind


def _refuse_other_facts(known: LoanEvent, new: NewEvent) -> None:
    if (known.kind, known.value_date, known.payload) != (new.kind, new.value_date, new.kept_payload):
        raise EventKeyReused(f"{new.key} on loan {known.loan_id}")


def _figures(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if isinstance(value, int | str)}
