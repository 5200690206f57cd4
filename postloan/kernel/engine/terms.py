"""
How a running loan is served: every choice that moves a cent after the money is lent, as data.

`ScheduleTerms` say what the plan is; `ServicingTerms` say how money, lateness and changes meet it. Code never asks
which product a loan is of. The rule page is docs/rules/loan_events.md.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from postloan.kernel.ageing import HOUSE_AGEING, AgeingTerms
from postloan.kernel.allocation import CIVIL_CODE_561, COMPONENTS, Component
from postloan.kernel.calendars import Shift, WorkingCalendar
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.schedules import ScheduleTerms

Timing: TypeAlias = Literal["past_due", "due", "in_advance"]
Cell: TypeAlias = tuple[Timing, Component]
Style: TypeAlias = Literal["row_wise", "component_wise"]
Future: TypeAlias = Literal["hold", "next_instalment", "last_instalment", "next_last_instalment", "reamortise"]
PrepaymentMode: TypeAlias = Literal["shorter_term", "smaller_instalments", "next_row", "last_row", "hold"]
RowInterest: TypeAlias = Literal["days_borrowed", "as_scheduled"]
OverdueInterest: TypeAlias = Literal["none", "to_date", "whole_row"]
Payoff: TypeAlias = Literal["to_date", "whole_row", "whole_term"]
Stops: TypeAlias = Literal["nothing", "penalty", "interest_and_penalty"]

TIMINGS: Final[tuple[Timing, ...]] = get_args(Timing)


class ServicingRefused(ValueError):
    """These rules cannot serve a loan; `field` names the one to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class ServicingTerms:
    """
    The rules of a running loan; a part of a product version.

    `order` is the order of the components in each group (past due, due, in advance), unless `cells` lists all twelve
    pairs of group and component. `style` row_wise finishes an instalment before the next one (Fineract: HORIZONTAL),
    component_wise one component before the next (VERTICAL). `future` says where money goes that nothing due needs.

    `row_interest`: days_borrowed follows what is really owed (early money saves interest from its value date, Civil
    Code of China, Article 677); as_scheduled keeps the plan. `overdue_interest`: whether overdue principal goes on
    bearing interest, to the day it is paid or to the end of the row in which it is paid. `payoff` says what interest
    an early settlement owes. Fees of settlement and prepayment are a share of the principal paid early, at least
    `settlement_fee_minimum_minor`; none from row `settlement_fee_free_after` on. A loan bears interest for at least
    `minimum_interest_days`.

    `merchant_refund_to`: which instalments a refund by the merchant takes away first; `merchant_refund_fees` gives
    back the fees of the rows it empties, `merchant_refund_interest` the interest that the refunded part has borne.

    Raises:
        ServicingRefused: naming the field.
    """

    currency: str = "CNY"
    order: tuple[Component, ...] = CIVIL_CODE_561.order
    cells: tuple[Cell, ...] = ()
    style: Style = "row_wise"
    future: Future = "hold"
    row_interest: RowInterest = "days_borrowed"
    overdue_interest: OverdueInterest = "none"
    payoff: Payoff = "to_date"
    prepayment: PrepaymentMode = "shorter_term"
    settlement_fee_ppm: int = 0
    settlement_fee_minimum_minor: int = 0
    settlement_fee_free_after: int | None = None
    minimum_interest_days: int = 0
    penalty: PenaltyTerms | None = None
    late_fee: LateFeeTerms | None = None
    ageing: AgeingTerms = HOUSE_AGEING
    last_free: Shift = Shift.NONE
    calendar: WorkingCalendar | None = None
    death_stops: Stops = "interest_and_penalty"
    merchant_refund_to: Literal["last_instalment", "next_instalment"] = "last_instalment"
    merchant_refund_fees: bool = True
    merchant_refund_interest: bool = False

    def __post_init__(self) -> None:
        _refuse_if(sorted(self.order) != sorted(COMPONENTS), "order", f"must name each of {COMPONENTS} once")
        every = sorted((timing, component) for timing in TIMINGS for component in COMPONENTS)
        _refuse_if(bool(self.cells) and sorted(self.cells) != every, "cells", "must name each of the 12 pairs once")
        for name, choices in _CHOICES.items():
            _refuse_if(getattr(self, name) not in get_args(choices), name, f"must be one of {get_args(choices)}")
        for name in ("settlement_fee_ppm", "settlement_fee_minimum_minor", "minimum_interest_days"):
            _refuse_if(getattr(self, name) < 0, name, "must not be negative")

    def all_cells(self) -> tuple[Cell, ...]:
        """Return the twelve pairs of group and component, first to be paid first."""
        return self.cells or tuple((timing, component) for timing in TIMINGS for component in self.order)

    def components_of(self, timing: Timing) -> tuple[Component, ...]:
        """Return the order of the components within one group."""
        return tuple(component for group, component in self.all_cells() if group == timing)

    def groups(self) -> tuple[Timing, ...]:
        """Return the groups in the order in which each is first named."""
        return tuple(dict.fromkeys(timing for timing, _ in self.all_cells()))


_CHOICES: Final = {
    "style": Style,
    "future": Future,
    "row_interest": RowInterest,
    "overdue_interest": OverdueInterest,
    "payoff": Payoff,
    "prepayment": PrepaymentMode,
    "death_stops": Stops,
}


def _refuse_if(wrong: bool, field: str, message: str) -> None:
    if wrong:
        raise ServicingRefused(field, message)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of a plan that was agreed or taken over as it stands; amounts in minor units."""

    instalment_no: int
    due_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """
    The plan a loan begins with in these books, where it is kept as rows and not only as terms.

    `rows` are those that were not settled when the books took the loan over, in order; the first begins on
    `from_date`. `taken_over_on` is the first business date here; rows due by then are demanded already, and what
    lateness cost before is the earlier lender's. None: the money was lent from these books.
    """

    rows: tuple[PlannedRow, ...]
    from_date: date
    taken_over_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """The contract of one loan: the plan at its start (as rows, where `opening` gives them), and how it runs."""

    schedule: ScheduleTerms
    servicing: ServicingTerms = ServicingTerms()
    opening: Opening | None = None

    @property
    def opened_on(self) -> date:
        """The first day on which anything can happen to the loan in these books."""
        if self.opening is not None and self.opening.taken_over_on is not None:
            return self.opening.taken_over_on
        return self.schedule.start_date
