"""
Whether all that a loan costs stays under a cap, and what must be waived for it to.

Every charge counts: interest, fees, penalties, what was kept back from the payout. Valued at the cap,
what the borrower pays must not be worth more than what was advanced; that is the same as saying that
the internal rate is not above the cap, and it needs no root. It is asked of the flows as they are
after penalties, waivers and relief: money that moved on its date, what is still owed on the day it
can be paid at the earliest. The rule page is docs/rules/cost_cap.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from postloan.kernel.annual_rates import (
    AnnualRate,
    CashFlow,
    CountIn,
    NoRate,
    SeveralRates,
    china_internal_rates,
    years_between,
)
from postloan.kernel.annual_rates._fixed import ONE, exp_fixed, fixed_of, ln_fixed
from postloan.kernel.annual_rates._times import series_day
from postloan.kernel.rates import PPM

Measure: TypeAlias = Literal["nominal", "compounded"]
WaiveFirst: TypeAlias = Literal["latest", "earliest"]

# The thresholds that courts and regulators in China have used; parameters of a product, not law written into code.
CAPS_PPM = (240_000, 360_000)

# Present values are good to far less than this part of a minor unit: a loan exactly at the cap keeps it.
_NOTHING = ONE >> 100


class CostNotPossible(ValueError):
    """The flows begin with no advance, or a part to waive is no part of a payment."""


@dataclass(frozen=True, slots=True)
class CostFlow:
    """Money on a date in minor units, positive to the borrower; `waivable_minor` of a payment can still be waived."""

    on: date
    amount_minor: int
    waivable_minor: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.waivable_minor <= max(-self.amount_minor, 0):
            raise CostNotPossible(f"{self.waivable_minor} cannot be waived of {self.amount_minor}")


@dataclass(frozen=True, slots=True)
class OpenDemand:
    """What is still owed of an instalment, waivers and payments taken off, in minor units."""

    due_date: date
    principal_minor: int = 0
    interest_minor: int = 0
    fee_minor: int = 0
    penalty_minor: int = 0

    @property
    def charges_minor(self) -> int:
        """All of it that is not principal."""
        return self.interest_minor + self.fee_minor + self.penalty_minor


@dataclass(frozen=True, slots=True)
class Waiver:
    """How much of the payment on a date is to be waived, in minor units."""

    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CostCapCheck:
    """
    One cap: does it hold, and what it takes.

    `rate` is the internal rate as measured, None where there is none or several. `waivers` are what
    must be waived of payments still to come; `refund_minor` is what must be given back on
    `refund_date` where waiving all of them does not suffice.
    """

    cap_ppm: int
    measure: Measure
    rate: AnnualRate | None
    holds: bool
    waivers: tuple[Waiver, ...] = ()
    refund_minor: int = 0
    refund_date: date | None = None

    @property
    def to_waive_minor(self) -> int:
        """All that must be waived, in minor units."""
        return sum(waiver.amount_minor for waiver in self.waivers)


def cost_flows(
    *,
    advances: Iterable[CashFlow],
    receipts: Iterable[CashFlow],
    open_demands: Iterable[OpenDemand],
    as_of: date,
) -> list[CostFlow]:
    """
    Return the flows of a loan as it stands on `as_of`.

    `advances` (positive) are what really reached the borrower; `receipts` (negative) what really came
    in, refunds to the borrower among them as positive. What is open is taken as paid when due, what is
    overdue as paid on `as_of`; its charges can be waived.
    """
    flows = [CostFlow(flow.on, flow.amount_minor) for flow in (*advances, *receipts)]
    for demand in open_demands:
        owed = demand.principal_minor + demand.charges_minor
        if owed:
            flows.append(CostFlow(max(demand.due_date, as_of), -owed, demand.charges_minor))
    return sorted(flows, key=lambda flow: flow.on)


def check_cost_cap(
    *,
    flows: Iterable[CostFlow],
    cap_ppm: int,
    measure: Measure = "nominal",
    periods_per_year: int = 12,
    count_in: CountIn = CountIn.MONTH,
    tolerance_ppm: int = 0,
    waive_first: WaiveFirst = "latest",
    refund_date: date | None = None,
) -> CostCapCheck:
    """
    Return whether the internal rate of the flows, all charges counted, is at most `cap_ppm` a year.

    `nominal` is the rate of a period times `periods_per_year`, `compounded` with interest on interest.
    `tolerance_ppm` is added to the cap: a plan at exactly the cap can pass it through rounding to the
    minor unit. Where it does not hold, charges are waived from the latest payment back (or from the
    earliest on), each as little as needed; what waiving cannot mend is a refund on `refund_date`,
    the last date of the flows unless given.

    Raises:
        CostNotPossible: if the first flow is no advance.
    """
    ordered = sorted(flows, key=lambda flow: flow.on)
    if not ordered or ordered[0].amount_minor <= 0:
        raise CostNotPossible("the first flow must be an advance")
    at_cap = _AtCap(
        ordered,
        growth_ln=_growth_ln(ppm=cap_ppm + tolerance_ppm, measure=measure, periods_per_year=periods_per_year),
        count_in=count_in,
    )
    excess = at_cap.excess()
    waivers, left = _waive(ordered, at_cap, excess=excess, latest_first=waive_first == "latest")
    refund_on = refund_date or ordered[-1].on
    return CostCapCheck(
        cap_ppm=cap_ppm,
        measure=measure,
        rate=_rate_of(ordered, measure=measure, periods_per_year=periods_per_year, count_in=count_in),
        holds=excess <= _NOTHING,
        waivers=waivers,
        refund_minor=_to_cover(left, at_cap.value_of_one(refund_on)) if left > _NOTHING else 0,
        refund_date=refund_on if left > _NOTHING else None,
    )


def check_cost_caps(*, flows: Sequence[CostFlow], caps_ppm: Iterable[int] = CAPS_PPM) -> tuple[CostCapCheck, ...]:
    """Return the check of each cap, nominal and by months: 24 % and 36 % unless others are given."""
    return tuple(check_cost_cap(flows=flows, cap_ppm=cap_ppm) for cap_ppm in caps_ppm)


class _AtCap:
    """Present values, in fixed point, where a year grows by the cap."""

    def __init__(self, flows: Sequence[CostFlow], *, growth_ln: int, count_in: CountIn) -> None:
        self._flows = flows
        self._growth_ln = growth_ln
        self._count_in = count_in
        self._seed_day = series_day([flow.on for flow in flows[1:]] or [flows[0].on])

    def value_of_one(self, on: date) -> int:
        """Return what one minor unit on a date is worth on the first."""
        years = years_between(start=self._flows[0].on, end=on, count_in=self._count_in, seed_day=self._seed_day)
        return exp_fixed(-self._growth_ln * years.numerator // years.denominator)

    def excess(self) -> int:
        """Return by how much the payments are worth more than the advances."""
        return -sum(flow.amount_minor * self.value_of_one(flow.on) for flow in self._flows)


def _growth_ln(*, ppm: int, measure: Measure, periods_per_year: int) -> int:
    """Return the logarithm of the growth of a year at a rate."""
    assert ppm >= 0, ppm
    periods = periods_per_year if measure == "nominal" else 1
    return periods * ln_fixed(ONE + fixed_of(numerator=ppm, denominator=PPM * periods))


def _waive(
    flows: Sequence[CostFlow], at_cap: _AtCap, *, excess: int, latest_first: bool
) -> tuple[tuple[Waiver, ...], int]:
    """Waive charge by charge until the excess is gone; return what is waived and the excess that is left."""
    waivers: list[Waiver] = []
    for flow in reversed(flows) if latest_first else flows:
        if excess <= _NOTHING:
            break
        if flow.waivable_minor:
            one = at_cap.value_of_one(flow.on)
            amount = min(_to_cover(excess, one), flow.waivable_minor)
            waivers.append(Waiver(flow.on, amount))
            excess -= amount * one
    return tuple(sorted(waivers, key=lambda waiver: waiver.on)), excess


def _to_cover(excess: int, one: int) -> int:
    """Return the least whole number of minor units, each worth `one`, that is worth the excess."""
    return -((_NOTHING - excess) // one)


def _rate_of(
    flows: Sequence[CostFlow], *, measure: Measure, periods_per_year: int, count_in: CountIn
) -> AnnualRate | None:
    cash = [CashFlow(flow.on, flow.amount_minor) for flow in flows]
    try:
        rates = china_internal_rates(flows=cash, periods_per_year=periods_per_year, count_in=count_in)
    except (NoRate, SeveralRates):
        return None
    return rates.nominal if measure == "nominal" else rates.compounded
