"""What a revolving account is made from, and what is said of it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from postloan.kernel.ageing import HOUSE_AGEING, AgeingTerms
from postloan.kernel.allocation import Component
from postloan.kernel.calendars import Shift, WorkingCalendar
from postloan.kernel.daycounts import DayCount
from postloan.kernel.engine._state import Applied, Entry
from postloan.kernel.engine._views import Amounts
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import (
    PenaltyTerms,
)
from postloan.kernel.rates import Rate

RunsFrom: TypeAlias = Literal["posting_date", "bill_date", "due_date"]
InterestOn: TypeAlias = Literal["whole_bill", "unpaid_part"]


@dataclass(frozen=True, slots=True)
class RevolvingTerms:
    """
    The contract of a revolving account.

    `due_after_days` counts from the bill date. The minimum is `minimum_ppm` of the principal billed, at least
    `minimum_floor_minor`, plus all interest, fees and penalties. `runs_from` says where interest starts once a bill
    was not paid in full; `last_free` and `calendar` move the last day on which a bill is paid in time (never to the next
    bill day); `new_purchases_free` whether purchases keep their free days while an older bill is revolving.
    """

    rate: Rate
    bill_day: int
    due_after_days: int = 10
    currency: str = "CNY"
    opened_on: date = date.min
    minimum_ppm: int = 100_000
    minimum_floor_minor: int = 0
    runs_from: RunsFrom = "posting_date"
    interest_on: InterestOn = "whole_bill"
    new_purchases_free: bool = True
    day_count: DayCount = DayCount.ACT_365
    rounding: Rounding = Rounding.HALF_UP
    order: tuple[Component, ...] = ("fee", "penalty", "interest", "principal")
    penalty: PenaltyTerms | None = None
    last_free: Shift = Shift.NONE
    calendar: WorkingCalendar | None = None
    ageing: AgeingTerms = HOUSE_AGEING


@dataclass(frozen=True, slots=True)
class InterestPiece:
    """What of a bill's interest one purchase bore over days of one balance; all pieces so far are rounded once together."""

    event_id: str
    from_date: date
    to_date: date
    balance_minor: int
    days: int


@dataclass(frozen=True, slots=True)
class BillView:
    """
    A bill. `due` is what it demands (the minimum, and more as more is paid); `full_minor` what it stands for in all.

    `was_paid_in_full` is None until the due date has come. `interest_of` are the balances and days its interest is of.
    """

    bill_no: int
    bill_date: date
    due_date: date
    full_minor: int
    minimum_minor: int
    new_purchases_minor: int
    due: Amounts
    paid: Amounts
    waived: Amounts
    open_minor: int
    was_paid_in_full: bool | None
    interest_of: tuple[InterestPiece, ...] = ()


@dataclass(frozen=True, slots=True)
class Converted:
    """Principal that left the account to become a loan of its own."""

    event_id: str
    on_date: date
    amount_minor: int
    instalments: int


@dataclass(frozen=True, slots=True)
class Account:
    """A revolving account worked out to `as_of`; amounts in minor units, accounts debit positive."""

    as_of: date
    bills: tuple[BillView, ...]
    principal_minor: int
    unbilled_minor: int
    accrued_interest_minor: int
    held_minor: int
    past_due_since: date | None
    days_past_due: int
    bucket: str
    applied: tuple[Applied, ...]
    converted: tuple[Converted, ...]
    entries: tuple[Entry, ...]
    accounts: dict[str, int]
