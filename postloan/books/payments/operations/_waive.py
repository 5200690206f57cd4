"""Let the customer off a penalty, fee or interest that is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import transaction
from django.db.models import F, Sum

from postloan.books.loans.models import Instalment, LoanEvent
from postloan.books.payments.servicing import NewEvent, happen, hold_loan

Waivable = Literal["penalty", "fee", "interest"]
WAIVABLE: tuple[Waivable, ...] = ("penalty", "fee", "interest")


class NotWaivable(ValueError):
    """Only penalty, fee and interest are let off by a waiver; principal is a matter of a settlement or charge-off."""


class MoreThanIsOpen(ValueError):
    """More is to be waived than is due and unpaid now."""


class AboveWaiverLimit(ValueError):
    """With what was waived of the component on this loan before, more than whoever waives may let off."""


@dataclass(frozen=True)
class NewWaiver:
    """What is let off, in minor units; of one instalment, or of the oldest on where `instalment_no` is None."""

    loan_id: int
    key: str
    component: Waivable
    amount_minor: int
    instalment_no: int | None = None
    value_date: date | None = None
    reason: str = ""


@transaction.atomic
def waive(*, waiver: NewWaiver, limits_minor: Mapping[str, int] | None = None, by: str, at: datetime) -> LoanEvent:
    """
    Return the waiver on record; the same key again returns the first. It counts from the open day unless said.

    `limits_minor` is what whoever waives may let off on one loan in all, by component; a component that is not in it
    may not be waived, None is no limit. Refusals: NotWaivable, AboveWaiverLimit, MoreThanIsOpen, UnknownLoan,
    EventKeyReused, and the engine's by name (AmountNotPositive, EventInFuture, EventBeforeOpening, LoanClosed).
    """
    if waiver.component not in WAIVABLE:
        raise NotWaivable(waiver.component)
    held = hold_loan(loan_id=waiver.loan_id)
    payload: dict[str, object] = {"amount_minor": waiver.amount_minor, "component": waiver.component}
    if waiver.instalment_no is not None:
        payload["instalment_no"] = waiver.instalment_no
    new = NewEvent(
        kind="waiver",
        key=waiver.key,
        value_date=waiver.value_date or held.business_date,
        payload=payload,
        reason=waiver.reason,
    )
    if not LoanEvent.objects.filter(loan_id=held.loan.pk, key=waiver.key).exists():
        _refuse_above_limit(waiver, limits_minor)
        _refuse_more_than_open(waiver)
    return happen(held=held, new=new, by=by, at=at).event


def _refuse_above_limit(waiver: NewWaiver, limits_minor: Mapping[str, int] | None) -> None:
    if limits_minor is None:
        return
    events = LoanEvent.objects.filter(loan_id=waiver.loan_id, kind="waiver", payload__component=waiver.component)
    before = sum(event.payload["amount_minor"] for event in events)
    limit = limits_minor.get(waiver.component, 0)
    if before + waiver.amount_minor > limit:
        raise AboveWaiverLimit(f"{before} + {waiver.amount_minor} of {waiver.component}, at most {limit}")


def _refuse_more_than_open(waiver: NewWaiver) -> None:
    """A replay lets waivers come before the money of their day; what is open now says whether there is one to give."""
    rows = Instalment.objects.filter(loan_id=waiver.loan_id)
    if waiver.instalment_no is not None:
        rows = rows.filter(instalment_no=waiver.instalment_no)
    name = waiver.component
    is_open = F(f"{name}_due_minor") - F(f"{name}_paid_minor") - F(f"{name}_waived_minor")
    open_minor = rows.aggregate(total=Sum(is_open))["total"] or 0
    if waiver.amount_minor > open_minor:
        raise MoreThanIsOpen(f"{waiver.amount_minor} of {name}, {open_minor} is due and unpaid")
