"""The annual rates of a quote, and of bare dated cash flows: what may be said, and the answer."""

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from postloan.kernel.annual_rates import (
    Among,
    AnnualRate,
    CashFlow,
    CountIn,
    NoRate,
    SeveralRates,
    china_internal_rates,
    eu_effective_rate,
    us_actuarial_rate,
)
from postloan.kernel.daycounts import UNITS_OF_YEAR, Unit
from postloan.kernel.quoting._terms import IsoDate, QuoteRefused, QuoteTerms
from postloan.kernel.schedules import Schedule

_DECIMALS = 6
_COUNTED: dict[Unit, CountIn] = {"month": CountIn.MONTH, "week": CountIn.WEEK, "day": CountIn.DAY}
_MOST_FLOWS = 5_000


class RateFigure(BaseModel):
    """A rate a year: whole millionths, and the per cent with six decimals, both half up."""

    model_config = ConfigDict(frozen=True)

    ppm: int
    percent: str


class AnnualRates(BaseModel):
    """
    What the loan costs in one number, all charges counted, by each method (docs/rules/annual_rates.md).

    A rate is null where there is none or several; `refused` then says why, by the name of the rate.
    """

    model_config = ConfigDict(frozen=True)

    eu_effective: RateFigure | None
    us_actuarial: RateFigure | None
    china_nominal: RateFigure | None
    china_compounded: RateFigure | None
    refused: dict[str, str] = Field(default_factory=dict)


class QuoteCashFlow(BaseModel):
    """Money on a date in minor units: positive goes to the borrower, negative comes from the borrower."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Annotated[IsoDate, Field(ge=date(1900, 1, 1), le=date(2400, 12, 31))]
    amount_minor: StrictInt = Field(ge=-(10**15), le=10**15)


class RatesTerms(BaseModel):
    """Dated cash flows to find the annual rates of; charges are payments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cash_flows: Annotated[tuple[QuoteCashFlow, ...], Field(min_length=2, max_length=_MOST_FLOWS)]
    count_in: CountIn | None = Field(
        None,
        description="periods in which time is counted, for the European and Chinese rates (none: as the dates show)",
    )
    periods_per_year: StrictInt = Field(12, ge=1, le=366, description="for the nominal Chinese rate")
    among: Among = Field(Among.REFUSE, description="what to answer where several rates fit")


class RatesAnswer(BaseModel):
    """The annual rates of cash flows, and the terms as understood."""

    model_config = ConfigDict(frozen=True)

    terms: RatesTerms
    annual_rates: AnnualRates


def take_rates_terms(text: str | bytes) -> RatesTerms:
    """
    Read cash flows from JSON.

    Raises:
        QuoteRefused: naming the first field that is wrong, missing or unknown.
    """
    try:
        return RatesTerms.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise QuoteRefused(".".join(str(part) for part in first["loc"]), first["msg"]) from None


def rates_of_cash_flows(*, terms: RatesTerms) -> RatesAnswer:
    """Return the annual rates of dated cash flows; a rate that is refused is null and says why."""
    flows = [CashFlow(flow.on, flow.amount_minor) for flow in terms.cash_flows]
    rates = _annual_rates(flows, count_in=terms.count_in, periods=Fraction(terms.periods_per_year), among=terms.among)
    return RatesAnswer(terms=terms, annual_rates=rates)


def annual_rates_of_schedule(*, terms: QuoteTerms, schedule: Schedule) -> AnnualRates:
    """
    Return the annual rates of a schedule whose every row is paid when due.

    Time is counted in the unit of the rows: months, weeks, or days over 365. A period of the nominal
    Chinese rate is one regular row.

    Raises:
        QuoteRefused: if the charges paid at once leave nothing to lend.
    """
    if terms.upfront_charges_minor >= terms.principal_minor:
        raise QuoteRefused("upfront_charges_minor", "must be less than the principal")
    flows = [CashFlow(terms.start_date, terms.principal_minor - terms.upfront_charges_minor)]
    flows += [CashFlow(row.due_date, -row.total_minor) for row in schedule.rows]
    return _annual_rates(
        flows,
        count_in=_COUNTED[terms.unit],
        periods=Fraction(UNITS_OF_YEAR[terms.unit], terms.every),
        among=Among.REFUSE,
    )


def _annual_rates(
    flows: Sequence[CashFlow], *, count_in: CountIn | None, periods: Fraction, among: Among
) -> AnnualRates:
    refused: dict[str, str] = {}

    def figure(name: str, find: Callable[[], AnnualRate]) -> RateFigure | None:
        try:
            rate = find()
        except (NoRate, SeveralRates) as refusal:
            refused[name] = str(refusal)
            return None
        except OverflowError:
            refused[name] = "no rate that could be told: time and amounts lie too far apart"
            return None
        return RateFigure(ppm=rate.ppm(), percent=f"{rate.percent(decimals=_DECIMALS):f}")

    def china() -> AnnualRate:
        rates = china_internal_rates(flows=flows, periods_per_year=periods, count_in=count_in, among=among)
        compounded.append(rates.compounded)
        return rates.nominal

    # The compounded Chinese rate is the European one: the same equation with the same counting of time.
    compounded: list[AnnualRate] = []
    nominal = figure("china_nominal", china)

    def european() -> AnnualRate:
        return compounded[0] if compounded else eu_effective_rate(flows=flows, count_in=count_in, among=among)

    return AnnualRates(
        eu_effective=figure("eu_effective", european),
        us_actuarial=figure("us_actuarial", lambda: us_actuarial_rate(flows=flows, among=among)),
        china_nominal=nominal,
        china_compounded=figure("china_compounded", european),
        refused=refused,
    )
