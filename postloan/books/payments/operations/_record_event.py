"""Record an event told as a table of names and values, as a file or a call tells it; or only show what it would change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from postloan.books.ledger.models import Posting
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt
from postloan.books.payments.operations._charge_off import charge_off
from postloan.books.payments.operations._post_receipt import post_receipt
from postloan.books.payments.operations._prepay import prepay
from postloan.books.payments.operations._refund_unapplied import refund_unapplied
from postloan.books.payments.operations._reverse_receipt import reverse_receipt
from postloan.books.payments.operations._settle_early import settle_early
from postloan.books.payments.operations._waive import NewWaiver, waive
from postloan.books.payments.servicing import UnknownLoan


class EventNotUnderstood(ValueError):
    """The kind is not known, or a field is missing, unknown or no value of its type; the message names it."""


class NotOfThisLoan(LookupError):
    """The receipt named is not one of the loan's."""


@dataclass(frozen=True)
class RecordedEvent:
    """
    What an event changed: the rows of the plan to come before and after, and its postings (debit, credit, minor units).

    A plan row is (instalment no, due date, principal, interest, fee). `is_preview` says that nothing was kept.
    """

    kind: str
    status: tuple[str, str]
    plan_before: tuple[tuple[int, date, int, int, int], ...]
    plan_after: tuple[tuple[int, date, int, int, int], ...]
    postings: tuple[tuple[str, str, int], ...]
    is_preview: bool


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    value_date: date | None = None
    reason: str = ""


class _Money(_Told):
    bank_account: str
    bank_reference: str
    amount_minor: int
    currency: str
    value_date: date
    mode: str | None = None

    def receipt(self, loan_id: int) -> NewReceipt:
        return NewReceipt(
            bank_account=self.bank_account,
            bank_reference=self.bank_reference,
            loan_id=loan_id,
            amount_minor=self.amount_minor,
            currency=self.currency,
            value_date=self.value_date,
        )


class _Waiver(_Told):
    key: str
    component: str
    amount_minor: int
    instalment_no: int | None = None


class _Refund(_Told):
    key: str
    amount_minor: int


class _Reversal(_Told):
    receipt: int
    why: str = "error"


Do = Callable[[int, Any, str, datetime], object]


def _reverse(loan_id: int, told: _Reversal, by: str, at: datetime) -> object:
    if not Receipt.objects.filter(pk=told.receipt, loan_id=loan_id).exists():
        raise NotOfThisLoan(f"receipt {told.receipt}")
    if told.why not in ("error", "debit_return", "bounced"):
        raise EventNotUnderstood(f"why: {told.why}")
    why = cast("Any", told.why)
    return reverse_receipt(
        receipt_id=told.receipt, value_date=told.value_date, why=why, reason=told.reason, by=by, at=at
    )


def _waive(loan_id: int, told: _Waiver, by: str, at: datetime) -> object:
    component = cast("Any", told.component)
    new = NewWaiver(loan_id, told.key, component, told.amount_minor, told.instalment_no, told.value_date, told.reason)
    return waive(waiver=new, by=by, at=at)


KINDS: dict[str, tuple[type[_Told], Do]] = {
    "receipt": (_Money, lambda loan_id, told, by, at: post_receipt(receipt=told.receipt(loan_id), by=by, at=at)),
    "prepayment": (
        _Money,
        lambda loan_id, told, by, at: prepay(receipt=told.receipt(loan_id), mode=told.mode, by=by, at=at),
    ),
    "early_settlement": (
        _Money,
        lambda loan_id, told, by, at: settle_early(receipt=told.receipt(loan_id), by=by, at=at),
    ),
    "reversal": (_Reversal, _reverse),
    "waiver": (_Waiver, _waive),
    "refund": (
        _Refund,
        lambda loan_id, told, by, at: refund_unapplied(
            loan_id=loan_id,
            key=told.key,
            amount_minor=told.amount_minor,
            value_date=told.value_date,
            reason=told.reason,
            by=by,
            at=at,
        ),
    ),
    "charge_off": (
        _Told,
        lambda loan_id, told, by, at: charge_off(
            loan_id=loan_id, reason=told.reason, value_date=told.value_date, by=by, at=at
        ),
    ),
}
"""What may be told, and the operation that does it. A further event adds its line here."""


def record_event(
    *, loan_id: int, told: Mapping[str, Any], by: str, at: datetime, preview: bool = False
) -> RecordedEvent:
    """
    Return what the event changes; with `preview` nothing of it is kept.

    `told` has `kind` and the fields of that kind, dates as ISO text. Refusals: EventNotUnderstood, NotOfThisLoan,
    UnknownLoan, and those of the operation the kind stands for.
    """
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise EventNotUnderstood(f"kind: one of {', '.join(sorted(KINDS))}")
    form, do = KINDS[kind]
    try:
        understood = form.model_validate({name: value for name, value in told.items() if name != "kind"})
    except ValidationError as error:
        first = error.errors()[0]
        raise EventNotUnderstood(f"{'.'.join(str(each) for each in first['loc'])}: {first['msg']}") from None
    with transaction.atomic():
        loan = Loan.objects.filter(pk=loan_id).first()
        if loan is None:
            raise UnknownLoan(f"loan {loan_id}")
        before, last = _plan_of(loan), _last_posting(loan_id)
        do(loan_id, understood, by, at)
        after = Loan.objects.get(pk=loan_id)
        made = RecordedEvent(
            kind=kind,
            status=(loan.status, after.status),
            plan_before=before,
            plan_after=_plan_of(after),
            postings=_postings_after(loan_id, last),
            is_preview=preview,
        )
        transaction.set_rollback(preview)
    return made


def _plan_of(loan: Loan) -> tuple[tuple[int, date, int, int, int], ...]:
    if loan.next_instalment_no is None:
        return ()
    version = ScheduleVersion.objects.get(loan_id=loan.pk, version_no=loan.schedule_version_no)
    columns = (version.due_dates, version.principal_minor, version.interest_minor, version.fees_by_row)
    rows = [(version.from_instalment_no + place, *row) for place, row in enumerate(zip(*columns, strict=True))]
    return tuple(row for row in rows if row[0] >= loan.next_instalment_no)


def _last_posting(loan_id: int) -> int:
    return Posting.objects.filter(loan_id=loan_id).order_by("-pk").values_list("pk", flat=True).first() or 0


def _postings_after(loan_id: int, last: int) -> tuple[tuple[str, str, int], ...]:
    rows = Posting.objects.filter(loan_id=loan_id, pk__gt=last).order_by("pk")
    return tuple(rows.values_list("debit__code", "credit__code", "amount_minor"))
