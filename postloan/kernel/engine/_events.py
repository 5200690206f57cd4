"""
What can happen to a loan after it is opened: dated facts, each with an id of its own.

An event has a value date (from when it counts) and a sequence (the order of arrival). Events are replayed by value
date, then by kind, then by sequence; the kinds of one day are ordered so that money finds the plan as it stands that
day: changes of the loan first, then charges, waivers, money, refunds, and what ends the day.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from postloan.kernel.allocation import Component
from postloan.kernel.daycounts import Unit
from postloan.kernel.engine.terms import Future, PrepaymentMode

Arrears: TypeAlias = Literal["keep", "into_plan"]
MOST_PLAN_ROWS = 60  # a personalised plan of a Chinese bank card runs at most five years


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What every event has: an id unique on the loan, the day from which it counts, and its order of arrival."""

    event_id: str
    value_date: date
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(Happening):
    """More money is lent on the same loan (a further tranche); the instalments still to come are worked out anew."""

    kind: Literal["disbursement"] = "disbursement"
    amount_minor: int
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase(Happening):
    """Something bought on a revolving account; `value_date` is the posting date."""

    kind: Literal["purchase"] = "purchase"
    amount_minor: int
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Happening):
    """Money from the customer. `future` overrides, for this receipt, where money goes that nothing due needs."""

    kind: Literal["receipt"] = "receipt"
    amount_minor: int
    currency: str | None = None
    future: Future | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepayment(Happening):
    """Money the customer asks to be used at once against principal; what is past due is paid first."""

    kind: Literal["prepayment"] = "prepayment"
    amount_minor: int
    currency: str | None = None
    mode: PrepaymentMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlySettlement(Happening):
    """Money that pays the whole loan off; less than the settlement amount of the day is refused."""

    kind: Literal["early_settlement"] = "early_settlement"
    amount_minor: int
    currency: str | None = None
    waive_fee: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal(Happening):
    """The bank takes an earlier event back (or it was booked in error): the loan is replayed without it."""

    kind: Literal["reversal"] = "reversal"
    of: str
    reason: Literal["error", "debit_return", "bounced"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback(Happening):
    """
    Money paid earlier is demanded back: out of what is held for the customer, then as principal owed again.

    It is owed from this day, in the row that runs then, or in a row of its own after the last. Money of the same
    day comes after it; a receipt of that very day is taken back by a reversal.
    """

    kind: Literal["chargeback"] = "chargeback"
    of: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Happening):
    """A fee or penalty by hand, due on `due_date`; after the last row it makes a row of its own."""

    kind: Literal["charge"] = "charge"
    name: str
    component: Literal["fee", "penalty"] = "fee"
    amount_minor: int
    due_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Happening):
    """The lender lets off an amount that is owed: of one component, or in the order of the waterfall."""

    kind: Literal["waiver"] = "waiver"
    amount_minor: int
    component: Component | None = None
    instalment_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Happening):
    """Money that belongs to the customer (an overpayment) is paid back."""

    kind: Literal["refund"] = "refund"
    amount_minor: int
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRefund(Happening):
    """The merchant gives a purchase back: what is past due, then instalments to come, then a credit balance."""

    kind: Literal["merchant_refund"] = "merchant_refund"
    amount_minor: int
    currency: str | None = None
    refund_interest: bool | None = None
    of: str | None = None  # the purchase, on an account with several


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRefund(Happening):
    """A payout that did not reach the customer comes back: principal and the interest it bore are taken off."""

    kind: Literal["payout_refund"] = "payout_refund"
    amount_minor: int
    currency: str | None = None
    refund_interest: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange(Happening):
    """From this day the loan bears another rate; the days of the running row are split, with one rounding."""

    kind: Literal["rate_change"] = "rate_change"
    rate_ppm: int
    keep: Literal["term", "instalment"] = "term"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDayChange(Happening):
    """The customer gets another day of the month: a new seed for every row that is not due yet."""

    kind: Literal["due_day_change"] = "due_day_change"
    due_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral(Happening):
    """
    All rows not yet due move `periods` later, or so that the next one falls due on `new_due_date`.

    The interest of the time in between accrues or is free.
    """

    kind: Literal["deferral"] = "deferral"
    periods: int = 0
    new_due_date: date | None = None
    interest: Literal["accrues", "free"] = "accrues"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Happening):
    """The rest is repaid in `more_instalments` more rows than there are now."""

    kind: Literal["extension"] = "extension"
    more_instalments: int
    arrears: Arrears = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducedInstalments(Happening):
    """For `rows` rows the instalment is no more than `instalment_minor`; what is missing is repaid after them."""

    kind: Literal["reduced_instalments"] = "reduced_instalments"
    instalment_minor: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalisedPlan(Happening):
    """Everything owed is repaid in up to 60 new rows, at a rate agreed for the plan."""

    kind: Literal["personalised_plan"] = "personalised_plan"
    instalments: int
    first_due_date: date
    rate_ppm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reageing(Happening):
    """Everything owed gets new due dates. Days past due start at 0 again, the contractual ageing goes on: no cure."""

    kind: Literal["reageing"] = "reageing"
    instalments: int
    first_due_date: date
    every: int = 1
    unit: Unit = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reamortisation(Happening):
    """What is past due moves into the rows that are not due yet; no date changes."""

    kind: Literal["reamortisation"] = "reamortisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Happening):
    """An open purchase or bill becomes instalments, with a fee per period or a rate."""

    kind: Literal["conversion"] = "conversion"
    instalments: int
    first_due_date: date | None = None
    rate_ppm: int | None = None
    fee_ppm: int = 0
    fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPause(Happening):
    """No interest from this day to `to_date` (the first day that bears interest again)."""

    kind: Literal["interest_pause"] = "interest_pause"
    to_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Death(Happening):
    """The customer has died; the product says what stops."""

    kind: Literal["death"] = "death"


@dataclass(frozen=True, slots=True, kw_only=True)
class NonAccrual(Happening):
    """The books stop earning interest on the loan; the debt goes on."""

    kind: Literal["non_accrual"] = "non_accrual"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOff(Happening):
    """The loan leaves the books as a loss. The debt is still owed: what is paid from now on is a recovery."""

    kind: Literal["charge_off"] = "charge_off"
    reason: str = field(default="")


Event: TypeAlias = (
    Disbursement | Receipt | Prepayment | EarlySettlement | Reversal | Chargeback | Charge | Waiver | Refund
    | MerchantRefund | PayoutRefund | RateChange | DueDayChange | Deferral | Extension | ReducedInstalments
    | PersonalisedPlan | Reageing | Reamortisation | Conversion | InterestPause | Death | NonAccrual | ChargeOff
)  # fmt: skip

AccountEvent: TypeAlias = Purchase | Receipt | Refund | MerchantRefund | Charge | Waiver | Conversion | Reversal

KINDS = (
    "purchase", "disbursement", "rate_change", "interest_pause", "death", "due_day_change", "deferral", "extension",
    "reduced_instalments", "conversion", "reamortisation", "reageing", "personalised_plan", "charge", "waiver", "payout_refund",
    "merchant_refund", "chargeback", "receipt", "prepayment", "early_settlement", "refund", "non_accrual",
    "charge_off", "reversal",
)  # fmt: skip

_PLACE = {kind: place for place, kind in enumerate(KINDS)}

SortKey: TypeAlias = tuple[date, int, int, str]


def sort_key(event: Event | AccountEvent) -> SortKey:
    """Return the place of an event in the replay: value date, kind, order of arrival, id."""
    return event.value_date, _PLACE[event.kind], event.sequence, event.event_id
