"""
The terms of a product version: every parameter that decides what a loan's figures are.

Terms are data: a TOML or JSON table checked here, stored with the product
version and frozen. Code never asks which product a loan is of, only what its
terms say.
"""

from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from postloan.kernel.ageing import HOUSE_AGEING, AgeingTerms
from postloan.kernel.allocation import Component, Future, Style, Waterfall
from postloan.kernel.bills import BillRules
from postloan.kernel.calendars import Shift, WorkingCalendar, shift_date
from postloan.kernel.engine.terms import (
    OverdueInterest,
    Payoff,
    PrepaymentMode,
    RowInterest,
    ServicingTerms,
    Stops,
)
from postloan.kernel.events import EventTerms
from postloan.kernel.lender_accounts import AccountName, LenderAccount
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.reminders import ReminderCalendar
from postloan.kernel.schedules import Fee, FeeSpread, Remainder
from postloan.kernel.working_calendars import CALENDARS

MOST_GRACE_DAYS = 14


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScheduleRules(_Terms):
    """How the plan of a loan is worked out (docs/rules/schedules.md)."""

    method: Literal["equal_instalment", "equal_principal", "interest_only", "bullet"] = "equal_instalment"
    day_count: Literal["same_as_period", "30_360", "act_365", "act_360"] = "same_as_period"
    interest_rounding: Rounding = Rounding.HALF_UP
    instalment_rounding: Rounding = Rounding.HALF_UP
    instalment_multiple_minor: int = Field(default=1, ge=1)


class FeeRule(_Terms):
    """
    A fee that falls due with the instalments, in minor units or millionths of the principal; no interest runs on it.

    In `each_row` (a fee per period), in the `first_row` (a fee on use) or `split` over all rows. `instalments` limits
    it to loans of so many rows. What is kept back from the payout is no such fee but a lower principal (kernel.offers).
    """

    name: str = Field(min_length=1, max_length=60)
    amount_minor: int | None = Field(default=None, ge=0)
    ppm: int | None = Field(default=None, ge=0)
    spread: FeeSpread = FeeSpread.EACH_ROW
    remainder: Literal[Remainder.FIRST, Remainder.LAST] = Remainder.LAST
    instalments: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _one_amount(self) -> "FeeRule":
        if (self.amount_minor is None) == (self.ppm is None):
            raise ValueError("give either amount_minor or ppm")
        return self


class HolidayRules(_Terms):
    """
    What a day without business changes (docs/rules/due_dates.md); the due date itself never moves.

    `calendar` names a list of kernel.working_calendars; `more_holidays` and `more_make_up_days` are added to it, for a
    year that is not listed yet. `last_free` moves the last day without penalty (China where the contract is silent:
    following, Civil Code, Article 203).
    """

    calendar: str = ""
    last_free: Shift = Shift.NONE
    more_holidays: tuple[date, ...] = ()
    more_make_up_days: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> "HolidayRules":
        if self.calendar and self.calendar not in CALENDARS:
            raise ValueError(f"calendar: one of {', '.join(sorted(CALENDARS))}")
        if self.last_free is not Shift.NONE and not self.calendar:
            raise ValueError("last_free: needs a calendar")
        return self

    @cached_property
    def working_calendar(self) -> WorkingCalendar | None:
        """The list with what the product adds to it; None where there is none."""
        if not self.calendar:
            return None
        listed = CALENDARS[self.calendar]
        return WorkingCalendar(
            holidays=listed.holidays | frozenset(self.more_holidays),
            make_up_days=listed.make_up_days | frozenset(self.more_make_up_days),
            weekend=listed.weekend,
        )


class ConversionPrice(_Terms):
    """
    What it costs to turn a bill or a purchase into so many instalments.

    `rate_ppm` is per the period of the product's rate. `fee_ppm` of the principal falls due in every row where the
    loan itself is converted; a bill becomes a loan of another product, with the fees of that.
    """

    instalments: int = Field(ge=2, le=60)
    rate_ppm: int = Field(default=0, ge=0)
    fee_ppm: int = Field(default=0, ge=0)


class AllocationRules(_Terms):
    """In which order money pays what is owed (docs/rules/allocation.md)."""

    order: tuple[Component, ...] = ("fee", "penalty", "interest", "principal")
    style: Style = "row_wise"
    future: Future = "hold"

    @property
    def waterfall(self) -> Waterfall:
        """The rules as the allocation takes them."""
        return Waterfall(order=self.order, style=self.style, future=self.future)


class ServicingRules(_Terms):
    """How money paid early, overdue principal, settlement, refunds and death are treated (docs/rules/loan_events.md)."""

    row_interest: RowInterest = "days_borrowed"
    overdue_interest: OverdueInterest = "none"
    payoff: Payoff = "to_date"
    prepayment: PrepaymentMode = "shorter_term"
    settlement_fee_ppm: int = Field(default=0, ge=0)
    settlement_fee_minimum_minor: int = Field(default=0, ge=0)
    settlement_fee_free_after: int | None = Field(default=None, ge=0)
    minimum_interest_days: int = Field(default=0, ge=0)
    death_stops: Stops = "interest_and_penalty"
    merchant_refund_to: Literal["last_instalment", "next_instalment"] = "last_instalment"
    merchant_refund_fees: bool = True
    merchant_refund_interest: bool = False


class ProductTerms(_Terms):
    """All parameters of one product version."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    rate_per: Literal["year", "month", "day"] = "year"
    schedule: ScheduleRules = ScheduleRules()
    fees: tuple[FeeRule, ...] = ()
    allocation: AllocationRules = AllocationRules()
    penalty: PenaltyTerms | None = None
    late_fee: LateFeeTerms | None = None
    ageing: AgeingTerms = HOUSE_AGEING
    reminder_offsets_days: tuple[int, ...] = (-7, -3, 0)
    servicing: ServicingRules = ServicingRules()
    accounts: dict[AccountName, LenderAccount] = Field(default_factory=dict)
    non_accrual_after_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    bill: BillRules | None = None
    conversions: tuple[ConversionPrice, ...] = ()
    holidays: HolidayRules = HolidayRules()
    grace_days_by_grade: dict[str, Annotated[int, Field(ge=0, le=MOST_GRACE_DAYS)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _bill_fits(self) -> "ProductTerms":
        if self.bill is not None and self.rate_per == "month":
            raise ValueError("bill: interest of a bill is by the day or the year")
        if self.bill is not None and self.allocation.future != "next_instalment":
            raise ValueError("allocation.future: money pays a bill before it is due: next_instalment")
        return self

    def grace_days_of(self, *, grade: str) -> int | None:
        """Return the days of grace that a loan of a grade is opened with; None where the product's own hold."""
        return self.grace_days_by_grade.get(grade)

    def with_grace(self, *, grace_days: int | None) -> "ProductTerms":
        """Return the terms with the days of grace of one loan in penalty and late fee; None changes nothing."""
        if grace_days is None:
            return self
        update = {
            name: replace(cost, grace_days=grace_days)
            for name, cost in (("penalty", self.penalty), ("late_fee", self.late_fee))
            if cost is not None
        }
        return self.model_copy(update=update)

    def last_free_date(self, *, due_date: date) -> date:
        """Return the last day on which an instalment is paid in time."""
        calendar = self.holidays.working_calendar
        if calendar is None:
            return due_date
        return shift_date(day=due_date, calendar=calendar, shift=self.holidays.last_free)

    def last_free_dates(self, *, due_dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
        """Return `last_free_date` for each due date."""
        days = due_dates.astype("datetime64[D]")
        if self.holidays.last_free is Shift.NONE:
            return days
        known, place = np.unique(days, return_inverse=True)
        moved = [self.last_free_date(due_date=day.astype(object)) for day in known]
        return np.array(moved, dtype="datetime64[D]")[place]

    def conversion_price(self, *, instalments: int) -> ConversionPrice | None:
        """Return the price of a conversion into so many instalments; None where there is none."""
        return next((price for price in self.conversions if price.instalments == instalments), None)

    def fees_for(self, *, instalments: int) -> tuple[Fee, ...]:
        """Return the fees of a loan of so many rows, as the schedule takes them."""
        return tuple(
            Fee(
                name=fee.name,
                amount_minor=fee.amount_minor,
                ppm=fee.ppm,
                spread=fee.spread,
                remainder=Remainder(fee.remainder),
            )
            for fee in self.fees
            if not fee.instalments or instalments in fee.instalments
        )

    @property
    def servicing_terms(self) -> ServicingTerms:
        """The terms as the loan engine takes them."""
        return ServicingTerms(
            currency=self.currency,
            order=self.allocation.order,
            style=self.allocation.style,
            future=self.allocation.future,
            penalty=self.penalty,
            late_fee=self.late_fee,
            last_free=self.holidays.last_free,
            calendar=self.holidays.working_calendar,
            ageing=self.ageing,
            **self.servicing.model_dump(),
        )

    @property
    def is_served_plainly(self) -> bool:
        """
        Whether plan and demands alone give the next figures of a loan to which only money happens.

        They do where money for nothing due waits, overdue principal bears no interest, and lateness costs one of
        penalty and fee: then a night works the loan out in columns. Else the engine does, loan by loan. Accounts that
        are billed have rules of their own.
        """
        return self.bill is not None or (
            self.allocation.future == "hold"
            and self.servicing.overdue_interest == "none"
            and self.servicing.minimum_interest_days == 0
            and (self.penalty is None or self.late_fee is None)
        )

    @property
    def reminder_calendar(self) -> ReminderCalendar:
        """The days of reminders as the kernel takes them."""
        return ReminderCalendar(offsets_days=self.reminder_offsets_days)

    @property
    def event_terms(self) -> EventTerms:
        """What of these terms makes dates on which the close has something to do."""
        costs = tuple(cost for cost in (self.penalty, self.late_fee) if cost is not None)
        return EventTerms(reminders=self.reminder_calendar, ageing=self.ageing, penalties=costs)
