"""Apply one event to a loan that has been carried on to its value date."""

from collections.abc import Callable
from typing import Any

from postloan.kernel.engine import _apply_money as money
from postloan.kernel.engine import _apply_plans as plans
from postloan.kernel.engine import _events as ev
from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._books import (
    earned_interest,
    write_off_all,
)
from postloan.kernel.engine._state import State
from postloan.kernel.schedules import TermsRefused


def _non_accrual(state: State, event: ev.NonAccrual, strict: bool) -> None:
    if state.book_stops_on is None:
        state.earned_at_stop = earned_interest(state, event.value_date)
        state.book_stops_on = event.value_date


def _charge_off(state: State, event: ev.ChargeOff, strict: bool) -> None:
    write_off_all(state, event.value_date)


_APPLY: dict[str, Callable[[State, Any, bool], None]] = {
    "disbursement": money.disbursement,
    "receipt": money.receipt,
    "prepayment": money.prepayment,
    "early_settlement": money.early_settlement,
    "refund": money.refund,
    "merchant_refund": money.merchant_refund,
    "payout_refund": money.payout_refund,
    "chargeback": money.chargeback,
    "waiver": money.waiver,
    "charge": money.charge,
    "rate_change": plans.rate_change,
    "interest_pause": plans.interest_pause,
    "death": plans.death,
    "due_day_change": plans.due_day_change,
    "deferral": plans.deferral,
    "extension": plans.extension,
    "reduced_instalments": plans.reduced_instalments,
    "personalised_plan": plans.personalised_plan,
    "reageing": plans.reageing,
    "reamortisation": plans.reamortisation,
    "conversion": plans.conversion,
    "non_accrual": _non_accrual,
    "charge_off": _charge_off,
}

PLAN_CHANGES = frozenset(
    {
        "disbursement", "prepayment", "early_settlement", "rate_change", "interest_pause", "death", "due_day_change",
        "deferral", "extension", "reduced_instalments", "personalised_plan", "reageing", "reamortisation",
        "conversion", "merchant_refund", "payout_refund", "chargeback", "charge",
    }
)  # fmt: skip
MONEY_AFTER_CHARGE_OFF = frozenset(
    {"receipt", "refund", "waiver", "reversal", "chargeback", "merchant_refund", "death"}
)


def apply_event(state: State, event: ev.Event, *, strict: bool) -> None:
    """
    Apply an event; with `strict` (it is new) refuse what cannot be, else make the best of a changed past.

    Raises:
        EventRefused: by name; the state is then of no further use.
    """
    try:
        _APPLY[event.kind](state, event, strict)
    except TermsRefused as refusal:
        raise no.PlanNotPossible(event.event_id, str(refusal)) from None
