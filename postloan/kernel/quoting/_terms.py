"""The terms of a quote as JSON: what may be said, in which units, and what is refused."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from postloan.kernel.calendars import MonthEnd
from postloan.kernel.daycounts import DayCount, Unit
from postloan.kernel.money import Rounding
from postloan.kernel.quoting._conventions import Convention, preset_of
from postloan.kernel.quoting._servicing import QuoteEvents, QuoteServicing
from postloan.kernel.rates import Rate, RatePeriod
from postloan.kernel.schedules import (
    DeferredInterest,
    Fee,
    FeeSpread,
    FirstPeriod,
    InterestMethod,
    Method,
    Remainder,
    ScheduleTerms,
)


class QuoteRefused(ValueError):
    """The terms make no quote; `field` names what to change, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


def _only_iso(value: object) -> object:
    """Take a date or "2024-01-31", never a number of seconds."""
    if isinstance(value, date) or (isinstance(value, str) and len(value) == len("2024-01-31")):
        return value
    raise ValueError("a date is written as 2024-01-31")


IsoDate: TypeAlias = Annotated[date, BeforeValidator(_only_iso)]
_BY_CONVENTION = "; where it is not given, the convention says"


class QuoteFee(BaseModel):
    """A fee that falls due with the instalments: `amount_minor`, or `ppm` of the principal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: StrictStr = Field(min_length=1, max_length=100)
    amount_minor: StrictInt | None = Field(None, ge=0)
    ppm: StrictInt | None = Field(None, ge=0, description="millionths of the principal")
    spread: FeeSpread = FeeSpread.EACH_ROW
    remainder: Literal[Remainder.FIRST, Remainder.LAST] = Remainder.LAST


class QuoteTerms(BaseModel):
    """
    The terms of one loan to quote.

    Money is a whole number of minor units (`principal_minor = 10000` is 100.00 where the currency
    has two digits), rates are whole millionths as quoted (`rate_ppm = 94822` per year is 9.4822 %),
    dates are ISO 8601. A field that is not known is refused. What is left out, the convention fills.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    convention: Convention = Field("postloan", description="a named set of the parameters below")
    currency: StrictStr = Field("CNY", pattern="^[A-Z]{3}$")
    currency_digits: StrictInt = Field(2, ge=0, le=4, description="decimals of the currency; for display only")

    principal_minor: StrictInt = Field(gt=0)
    rate_ppm: StrictInt = Field(ge=0, le=100_000_000)
    rate_per: RatePeriod = "year"
    instalments: StrictInt | None = Field(None, description="may be left out where fixed_instalment_minor is given")
    start_date: IsoDate = Field(description="disbursement: interest runs from here")

    method: Method | None = Field(None, description="what stays equal" + _BY_CONVENTION)
    interest_method: InterestMethod | None = Field(None, description="declining or flat" + _BY_CONVENTION)

    every: StrictInt = Field(1, ge=1, description="a row every so many units")
    unit: Unit = "month"
    first_due_date: IsoDate | None = None
    due_day: StrictInt | None = Field(None, description="day of the month on which all rows fall due")
    minimum_first_days: StrictInt = Field(1, ge=1, description="with due_day: shortest first period")
    seed_day: StrictInt | None = Field(None, description="the day to come back to after a short month")
    month_end: MonthEnd | None = None
    first_period: FirstPeriod | None = Field(None, description="what a broken first period costs" + _BY_CONVENTION)

    day_count: DayCount | None = Field(None, description="for the interest of a row" + _BY_CONVENTION)
    instalment_day_count: DayCount | None = Field(
        None, description="for the annuity formula alone" + _BY_CONVENTION + " (none: as day_count)"
    )
    first_day_counts: StrictBool | None = Field(
        None, description="whether the first or the last day of a row bears interest" + _BY_CONVENTION
    )
    factor_digits: StrictInt | None = Field(
        None, ge=1, le=40, description="significant digits of a rate factor (none: exact)"
    )

    interest_rounding: Rounding | None = None
    instalment_rounding: Rounding | None = None
    instalment_multiple_minor: StrictInt | None = Field(None, ge=1, description="100: whole units of two digits")
    remainder: Remainder | None = Field(None, description="who gets what rounding leaves" + _BY_CONVENTION)

    fixed_instalment_minor: StrictInt | None = Field(None, ge=1)
    principal_grace: StrictInt = Field(0, ge=0, description="first rows without principal")
    interest_grace: StrictInt = Field(0, ge=0, description="first rows whose interest is asked later")
    deferred_interest: DeferredInterest | None = None
    interest_free_rows: StrictInt = Field(0, ge=0, description="first rows that bear no interest")
    balloon_minor: StrictInt = Field(0, ge=0, description="principal left for the last row on purpose")
    down_payment_ppm: StrictInt = Field(0, ge=0, description="millionths of the principal, due on start_date")
    fees: tuple[QuoteFee, ...] = ()
    upfront_charges_minor: StrictInt = Field(
        0, ge=0, description="paid on start_date or kept back from the payout; counts in the annual rates alone"
    )

    servicing: QuoteServicing | None = Field(None, description="how the running loan is served")
    events: QuoteEvents | None = Field(None, description="what happens to the loan, each with kind and value_date")
    as_of: IsoDate | None = Field(None, description="work the loan out to this day; the last value date if left out")
    explain: StrictBool = Field(default=False, description="add the steps to every figure of every row")


_OUTSIDE_THE_SCHEDULE = {
    "convention",
    "currency",
    "currency_digits",
    "rate_ppm",
    "rate_per",
    "fees",
    "upfront_charges_minor",
    "servicing",
    "events",
    "as_of",
    "explain",
}


def read_terms(text: str | bytes) -> QuoteTerms:
    """
    Read the terms of one loan from JSON.

    Raises:
        QuoteRefused: naming the first field that is wrong, missing or unknown.
    """
    return _refusing(lambda: QuoteTerms.model_validate_json(text))


def take_terms(terms: Mapping[str, Any]) -> QuoteTerms:
    """
    Read the terms of one loan from JSON that has been parsed already.

    Raises:
        QuoteRefused: as `read_terms`.
    """
    return _refusing(lambda: QuoteTerms.model_validate(terms))


def _refusing(read: Any) -> QuoteTerms:
    try:
        terms = read()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise QuoteRefused(".".join(str(part) for part in first["loc"]), first["msg"]) from None
    assert isinstance(terms, QuoteTerms)
    return terms


def complete_terms(*, terms: QuoteTerms) -> QuoteTerms:
    """
    Return the terms with everything filled in that the convention says: the terms as understood.

    A field that is given, even as null, is taken as it stands.
    """
    given = terms.model_fields_set
    filled = {field: value for field, value in preset_of(terms.convention).items() if field not in given}
    return terms.model_copy(update=filled)


def schedule_terms_of(*, terms: QuoteTerms) -> ScheduleTerms:
    """Return the terms of the kernel for completed terms; a null choice is the kernel's own default."""
    fields = {
        name: getattr(terms, name)
        for name in QuoteTerms.model_fields
        if name not in _OUTSIDE_THE_SCHEDULE and getattr(terms, name) is not None
    }
    fees = tuple(
        Fee(name=fee.name, amount_minor=fee.amount_minor, ppm=fee.ppm, spread=fee.spread, remainder=fee.remainder)
        for fee in terms.fees
    )
    instalments = fields.pop("instalments", None)
    rate = Rate(terms.rate_ppm, terms.rate_per)
    return ScheduleTerms(rate=rate, instalments=instalments, fees=fees, **fields)
