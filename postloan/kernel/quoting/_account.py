"""Quote an account that is billed by the month: its terms and dated events in, its bills and books out."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from postloan.kernel.ageing import HOUSE_AGEING, AgeingTerms
from postloan.kernel.allocation import Component
from postloan.kernel.daycounts import DayCount
from postloan.kernel.engine import Applied, Entry, EventRefused
from postloan.kernel.engine.revolving import BillView, Converted, RevolvingTerms, replay_account
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import PenaltyTerms
from postloan.kernel.product_terms import HolidayRules
from postloan.kernel.quoting._servicing import QuoteAccountEvents
from postloan.kernel.quoting._terms import IsoDate, QuoteRefused
from postloan.kernel.rates import PPM, Rate

LONGEST_DAYS = 50 * 366


class QuoteAccount(BaseModel):
    """
    The contract of an account (docs/rules/revolving.md). Amounts in minor units, rates and shares in millionths.

    The bill is cut on `bill_day` and due `due_after_days` later. Who does not pay all of it by then bears interest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: StrictStr = Field("CNY", pattern="^[A-Z]{3}$")
    opened_on: Annotated[IsoDate, Field(ge=date(1900, 1, 1), le=date(2400, 12, 31))]
    rate_ppm: StrictInt = Field(ge=0, le=100_000_000)
    rate_per: Literal["day", "month", "year"] = "day"
    bill_day: StrictInt = Field(ge=1, le=31)
    due_after_days: StrictInt = Field(10, ge=1, le=60)
    minimum_ppm: StrictInt = Field(100_000, ge=0, le=PPM)
    minimum_floor_minor: StrictInt = Field(0, ge=0)
    runs_from: Literal["posting_date", "bill_date", "due_date"] = "posting_date"
    interest_on: Literal["whole_bill", "unpaid_part"] = "whole_bill"
    new_purchases_free: StrictBool = True
    day_count: DayCount = DayCount.ACT_365
    rounding: Rounding = Rounding.HALF_UP
    order: Annotated[tuple[Component, ...], Field(min_length=4, max_length=4)] = (
        "fee",
        "penalty",
        "interest",
        "principal",
    )
    penalty: PenaltyTerms | None = None
    ageing: AgeingTerms = HOUSE_AGEING
    holidays: HolidayRules = HolidayRules()

    @property
    def revolving_terms(self) -> RevolvingTerms:
        """The terms as the engine takes them."""
        rest = {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name not in ("rate_ppm", "rate_per", "holidays")
        }
        return RevolvingTerms(
            rate=Rate(self.rate_ppm, self.rate_per),
            last_free=self.holidays.last_free,
            calendar=self.holidays.working_calendar,
            **rest,
        )


class QuoteAccountTerms(BaseModel):
    """An account and what happens to it: purchases, receipts, refunds, charges, waivers, conversions, reversals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: QuoteAccount
    events: QuoteAccountEvents = ()
    as_of: IsoDate | None = Field(None, description="work the account out to this day; the last value date if left out")


class QuotedAccount(BaseModel):
    """
    An account worked out to `as_of`, amounts in minor units.

    `interest_of` of a bill lists the balances and days its interest is of; `allocations` say what money paid on which
    bill, `entries` are the journal (debit positive), `accounts` their sums.
    """

    model_config = ConfigDict(frozen=True)

    terms: QuoteAccountTerms
    as_of: date
    bills: tuple[BillView, ...]
    principal_minor: int
    unbilled_minor: int
    accrued_interest_minor: int
    held_minor: int
    past_due_since: date | None
    days_past_due: int
    bucket: str
    allocations: tuple[Applied, ...]
    converted: tuple[Converted, ...]
    entries: tuple[Entry, ...]
    accounts: dict[str, int]


def read_account_terms(text: str | bytes) -> QuoteAccountTerms:
    """
    Read an account from JSON.

    Raises:
        QuoteRefused: naming the first field that is wrong, missing or unknown.
    """
    try:
        return QuoteAccountTerms.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise QuoteRefused(".".join(str(part) for part in first["loc"]), first["msg"]) from None


def quote_account(*, terms: QuoteAccountTerms) -> QuotedAccount:
    """
    Return the account with its events, on a day.

    Raises:
        QuoteRefused: naming the event by its place, where it is refused.
    """
    days = [event.value_date for event in terms.events] + ([terms.as_of] if terms.as_of else [])
    if any((day - terms.account.opened_on).days > LONGEST_DAYS for day in days):
        raise QuoteRefused("as_of", "must lie within fifty years of opened_on")
    if sorted(terms.account.order) != ["fee", "interest", "penalty", "principal"]:
        raise QuoteRefused("account.order", "must name each component once")
    try:
        account = replay_account(terms=terms.account.revolving_terms, events=terms.events, as_of=terms.as_of)
    except EventRefused as refusal:
        places = (n for n, event in enumerate(terms.events) if event.event_id == refusal.event_id)
        raise QuoteRefused(f"events.{next(places, 0)}", f"{refusal.name}: {refusal.message}") from None
    shown = {name: getattr(account, name) for name in QuotedAccount.model_fields if hasattr(account, name)}
    return QuotedAccount(terms=terms, allocations=account.applied, **shown)
