"""How a quoted loan is served, and what happens to it, as JSON: rules and dated events in, the loan's figures out."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, TypeAdapter

from postloan.kernel.ageing import AgeingTerms
from postloan.kernel.allocation import Component
from postloan.kernel.engine import AccountEvent, Event, LoanTerms, ServicingTerms
from postloan.kernel.engine import terms as engine_terms
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.product_terms import HolidayRules
from postloan.kernel.quoting._conventions import Convention
from postloan.kernel.schedules import ScheduleTerms

_FINERACT = ServicingTerms(
    order=("penalty", "fee", "principal", "interest"),
    future="next_instalment",
    overdue_interest="to_date",
)
_SERVICING: Mapping[Convention, ServicingTerms] = {
    "postloan": ServicingTerms(),
    "fineract_progressive": _FINERACT,
    "fineract_cumulative": replace(
        _FINERACT,
        order=("penalty", "fee", "interest", "principal"),
        row_interest="as_scheduled",
        overdue_interest="none",
    ),
    "frappe": ServicingTerms(order=("penalty", "interest", "principal", "fee")),
    "lending_club": ServicingTerms(order=("penalty", "fee", "interest", "principal")),
}

_BY_CONVENTION = "; where it is not given, the convention says"


class QuoteServicing(BaseModel):
    """How money, lateness and changes meet the loan; what is left out, the convention says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: tuple[Component, ...] | None = Field(None, description="of the components" + _BY_CONVENTION)
    cells: tuple[tuple[engine_terms.Timing, Component], ...] | None = Field(
        None, description="all twelve pairs of past_due, due, in_advance and component, first to be paid first"
    )
    style: engine_terms.Style | None = Field(None, description="row_wise: HORIZONTAL, component_wise: VERTICAL")
    future: engine_terms.Future | None = Field(None, description="where money goes that nothing due needs")
    row_interest: engine_terms.RowInterest | None = None
    overdue_interest: engine_terms.OverdueInterest | None = None
    payoff: engine_terms.Payoff | None = None
    prepayment: engine_terms.PrepaymentMode | None = None
    settlement_fee_ppm: StrictInt | None = Field(None, ge=0)
    settlement_fee_minimum_minor: StrictInt | None = Field(None, ge=0)
    settlement_fee_free_after: StrictInt | None = Field(None, ge=0)
    minimum_interest_days: StrictInt | None = Field(None, ge=0)
    penalty: PenaltyTerms | None = None
    late_fee: LateFeeTerms | None = None
    ageing: AgeingTerms | None = None
    death_stops: engine_terms.Stops | None = None
    merchant_refund_to: Literal["last_instalment", "next_instalment"] | None = None
    merchant_refund_fees: StrictBool | None = None
    merchant_refund_interest: StrictBool | None = None
    holidays: HolidayRules | None = Field(None, description="which days move the last day without penalty")


def loan_terms_of(
    *, schedule: ScheduleTerms, convention: Convention, currency: str, servicing: QuoteServicing | None
) -> LoanTerms:
    """Return the terms of a running loan: the convention's rules with what was given in their place."""
    given: dict[str, Any] = {"currency": currency}
    if servicing is not None:
        given |= {name: getattr(servicing, name) for name in servicing.model_fields_set}
    given = {name: value for name, value in given.items() if value is not None}
    holidays: HolidayRules | None = given.pop("holidays", None)
    if holidays is not None:
        given |= {"last_free": holidays.last_free, "calendar": holidays.working_calendar}
    return LoanTerms(schedule, replace(_SERVICING[convention], **given))


_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_ACCOUNT_EVENT: TypeAdapter[AccountEvent] = TypeAdapter(Annotated[AccountEvent, Field(discriminator="kind")])


def _read_events(value: object, adapter: TypeAdapter[Any]) -> object:
    """Number events that carry no id or sequence, and read each strictly: whole amounts, ISO dates, known fields."""
    if not isinstance(value, list | tuple):
        raise ValueError("events are a list")  # noqa: TRY004 - pydantic names the field for a ValueError
    return tuple(_read_event(raw, place, adapter) for place, raw in enumerate(value, start=1))


def _read_event(raw: object, place: int, adapter: TypeAdapter[Any]) -> object:
    if not isinstance(raw, Mapping):
        return raw
    given = {"event_id": str(place), "sequence": place, **raw}
    event = adapter.validate_json(json.dumps(given, default=_iso), strict=True)
    unknown = set(given) - {field.name for field in fields(event)}
    if unknown:
        raise ValueError(f"event {place}: unknown field {min(unknown)!r}")
    return event


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"{value!r} is not JSON")


QuoteEvents: TypeAlias = Annotated[
    tuple[Annotated[Event, Field(discriminator="kind")], ...], BeforeValidator(partial(_read_events, adapter=_EVENT))
]
QuoteAccountEvents: TypeAlias = Annotated[
    tuple[Annotated[AccountEvent, Field(discriminator="kind")], ...],
    BeforeValidator(partial(_read_events, adapter=_ACCOUNT_EVENT)),
]
