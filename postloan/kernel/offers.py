"""
What may be offered, and the offer: every amount, date and rate a customer is told before they agree.

`OfferTerms` are the part of a product that stands before the loan: amounts, numbers of instalments and their prices,
the due day, what may be kept back, the cost cap, which texts must be acknowledged, by which rules is decided.
`make_offer` works the plan out by the same function that the loan is opened with, so what was shown is what is owed.

A charge kept back from the payout is no principal: in China what is owed and bears interest is what was paid out (Civil
Code, Article 670). There a charge lowers the principal; terms by which it would be owed are refused. The rule page is
docs/rules/applications.md.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from postloan.kernel.annual_rates import (
    CashFlow,
    CountIn,
    NoRate,
    SeveralRates,
    china_internal_rates,
    eu_effective_rate,
    us_actuarial_rate,
)
from postloan.kernel.contracts import Agreed, schedule_of
from postloan.kernel.cost_cap import CostFlow, check_cost_cap
from postloan.kernel.money import Rounding, divide_rounded
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.rates import PPM, Rate
from postloan.kernel.schedules import Schedule

AnnualRateMethod: TypeAlias = Literal["china_nominal", "china_compounded", "eu_effective", "us_actuarial"]

# Where what is kept back from the payout cannot be owed.
NOTHING_KEPT_BACK_IS_OWED = frozenset({"CN"})


class OfferRefused(ValueError):
    """No offer can be made of this request; each reason has its name."""


class AmountNotOffered(OfferRefused):
    """The amount lies outside what the product offers, or between its steps."""


class TermNotOffered(OfferRefused):
    """The product has no price for this number of instalments."""


class RatePeriodDiffers(OfferRefused):
    """The customer's own price is quoted for another period than the product's rate."""


class NothingToPayOut(OfferRefused):
    """The charge kept back would take all of the amount."""


class CostAboveCap(OfferRefused):
    """All charges counted, the offer would cost more a year than the cap of the product allows."""


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Terms):
    """What so many instalments cost, per the period of the product's rate; a fixed price is the same for everybody."""

    instalments: int = Field(ge=1, le=1200)
    rate_ppm: int = Field(ge=0)
    is_fixed: bool = False


class KeptBack(_Terms):
    """
    A charge taken off the payout: `amount_minor`, or `ppm` of the amount asked for.

    `lowers_principal`: what is owed is what is paid out. `owed`: the whole amount is owed, where the law allows it.
    """

    amount_minor: int = Field(default=0, ge=0)
    ppm: int = Field(default=0, ge=0, lt=PPM)
    rule: Literal["lowers_principal", "owed"] = "lowers_principal"


class DecisionRules(_Terms):
    """By which rules the house decides; a rule that is not given does not apply. Amounts in minor units."""

    version: str = "1"
    refuse_from_days_past_due: int | None = Field(default=1, ge=1)
    refuse_after_charge_off: bool = True
    most_open_loans: int | None = Field(default=None, ge=1)
    most_exposure_minor: int | None = Field(default=None, ge=0)
    refer_from_minor: int | None = Field(default=None, ge=0)
    refuse_without_line: bool = True


class OfferTerms(_Terms):
    """How a product is offered. Amounts in minor units of the product's currency."""

    jurisdiction: str = Field(pattern=r"^[A-Z]{2}$")
    pays: Literal["customer", "merchant"] = "customer"
    amount_from_minor: int = Field(ge=1)
    amount_to_minor: int = Field(ge=1)
    amount_multiple_minor: int = Field(default=1, ge=1)
    prices: Annotated[tuple[Price, ...], Field(min_length=1)]
    every: int = Field(default=1, ge=1)
    unit: Literal["month", "day"] = "month"
    due_day: int | None = Field(default=None, ge=1, le=31)
    minimum_first_days: int = Field(default=1, ge=1)
    kept_back: KeptBack | None = None
    annual_rate: AnnualRateMethod = "china_nominal"
    cost_cap_ppm: int | None = Field(default=None, ge=0)
    cost_cap_tolerance_ppm: int = Field(default=0, ge=0)
    valid_minutes: int = Field(default=24 * 60, ge=1)
    texts: tuple[str, ...] = ("terms", "risks")
    decision: DecisionRules = DecisionRules()

    @model_validator(mode="after")
    def _hold_together(self) -> "OfferTerms":
        owed = self.kept_back is not None and self.kept_back.rule == "owed"
        if owed and self.jurisdiction in NOTHING_KEPT_BACK_IS_OWED:
            raise ValueError(f"kept_back.rule: in {self.jurisdiction} a charge kept back from the payout is not owed")
        if self.amount_to_minor < self.amount_from_minor:
            raise ValueError("amount_to_minor: must not be below amount_from_minor")
        if len({price.instalments for price in self.prices}) != len(self.prices):
            raise ValueError("prices: each number of instalments has one price")
        return self


@dataclass(frozen=True, slots=True)
class AnnualRatesOffered:
    """The all-in annual rate by each method in millionths; None where it has no rate or several."""

    china_nominal: int | None
    china_compounded: int | None
    eu_effective: int | None
    us_actuarial: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What a customer is offered, in minor units.

    `requested_minor` was asked for, `charge_minor` is kept back of it, `paid_out_minor` reaches the borrower (or the
    merchant), `agreed.principal_minor` is owed and bears interest.
    """

    requested_minor: int
    charge_minor: int
    paid_out_minor: int
    agreed: Agreed
    rate: Rate
    schedule: Schedule
    annual_rates: AnnualRatesOffered

    @property
    def kept_back_minor(self) -> int:
        """What is owed although it was not paid out."""
        return self.agreed.principal_minor - self.paid_out_minor

    @property
    def cost_minor(self) -> int:
        """Everything the customer pays beyond what reached them."""
        return self.schedule.total_minor - self.paid_out_minor


def make_offer(
    *,
    product: ProductTerms,
    terms: OfferTerms,
    amount_minor: int,
    instalments: int,
    start_date: date,
    customer_rate: Rate | None = None,
) -> Offer:
    """
    Return the offer for `amount_minor` in so many instalments, if the money leaves on `start_date`.

    `customer_rate` is the customer's own price, per the period of the product's rate; it takes the place of the
    product's where that is not fixed. Refusals: AmountNotOffered, TermNotOffered, RatePeriodDiffers,
    NothingToPayOut, CostAboveCap; schedules.TermsRefused where the terms make no plan.
    """
    rate = _rate(product=product, terms=terms, instalments=instalments, customer_rate=customer_rate)
    _refuse_amount(terms=terms, amount_minor=amount_minor)
    charge_minor = _charge_minor(kept_back=terms.kept_back, amount_minor=amount_minor)
    paid_out_minor = amount_minor - charge_minor
    if paid_out_minor < 1:
        raise NothingToPayOut(f"{charge_minor} of {amount_minor} would be kept back")
    is_owed = terms.kept_back is not None and terms.kept_back.rule == "owed"
    agreed = Agreed(
        principal_minor=amount_minor if is_owed else paid_out_minor,
        rate_ppm=rate.ppm,
        instalments=instalments,
        start_date=start_date,
        every=terms.every,
        unit=terms.unit,
        due_day=terms.due_day,
        minimum_first_days=terms.minimum_first_days,
    )
    schedule = schedule_of(product=product, agreed=agreed)
    flows = offer_flows(start_date=start_date, paid_out_minor=paid_out_minor, schedule=schedule)
    _refuse_dear(terms=terms, flows=flows)
    return Offer(
        requested_minor=amount_minor,
        charge_minor=charge_minor,
        paid_out_minor=paid_out_minor,
        agreed=agreed,
        rate=rate,
        schedule=schedule,
        annual_rates=annual_rates_of(flows=flows),
    )


def offer_flows(*, start_date: date, paid_out_minor: int, schedule: Schedule) -> list[CashFlow]:
    """Return what moves if every row is paid when due: the payout, then the rows with all their charges."""
    return [CashFlow(start_date, paid_out_minor), *(CashFlow(row.due_date, -row.total_minor) for row in schedule.rows)]


def annual_rates_of(*, flows: list[CashFlow]) -> AnnualRatesOffered:
    """Return the all-in annual rate of dated flows by each method (docs/rules/annual_rates.md)."""
    found: dict[str, int | None] = {}
    try:
        china = china_internal_rates(flows=flows)
        found |= {"china_nominal": china.nominal.ppm(), "china_compounded": china.compounded.ppm()}
    except (NoRate, SeveralRates):
        found |= {"china_nominal": None, "china_compounded": None}
    for name, method in (("eu_effective", eu_effective_rate), ("us_actuarial", us_actuarial_rate)):
        try:
            found[name] = method(flows=flows).ppm()
        except (NoRate, SeveralRates):
            found[name] = None
    return AnnualRatesOffered(**found)


def _rate(*, product: ProductTerms, terms: OfferTerms, instalments: int, customer_rate: Rate | None) -> Rate:
    price = next((price for price in terms.prices if price.instalments == instalments), None)
    if price is None:
        raise TermNotOffered(f"{instalments} instalments")
    if customer_rate is not None and not price.is_fixed:
        if customer_rate.per != product.rate_per:
            raise RatePeriodDiffers(f"{customer_rate}, but the product is priced per {product.rate_per}")
        return customer_rate
    return Rate(price.rate_ppm, product.rate_per)


def _refuse_amount(*, terms: OfferTerms, amount_minor: int) -> None:
    is_within = terms.amount_from_minor <= amount_minor <= terms.amount_to_minor
    if not is_within or amount_minor % terms.amount_multiple_minor:
        raise AmountNotOffered(
            f"{amount_minor}: from {terms.amount_from_minor} to {terms.amount_to_minor} "
            f"in steps of {terms.amount_multiple_minor}"
        )


def _charge_minor(*, kept_back: KeptBack | None, amount_minor: int) -> int:
    """Return the charge kept back; a share of the amount rounds half up."""
    if kept_back is None:
        return 0
    share = divide_rounded(numerator=amount_minor * kept_back.ppm, denominator=PPM, rounding=Rounding.HALF_UP)
    return kept_back.amount_minor + share


def _refuse_dear(*, terms: OfferTerms, flows: list[CashFlow]) -> None:
    if terms.cost_cap_ppm is None:
        return
    check = check_cost_cap(
        flows=[CostFlow(flow.on, flow.amount_minor) for flow in flows],
        cap_ppm=terms.cost_cap_ppm,
        tolerance_ppm=terms.cost_cap_tolerance_ppm,
        count_in=CountIn.MONTH,
    )
    if not check.holds:
        raise CostAboveCap(f"{check.rate and check.rate.percent()} % a year is above {terms.cost_cap_ppm} ppm")
