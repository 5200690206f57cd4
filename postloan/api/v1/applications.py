"""From request to money over HTTP: ask, see the offer, acknowledge it, get paid; cancel; every step on a timeline."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, by_of, needs, once, page_of
from postloan.books.applications import operations, queries
from postloan.books.applications.models import Application
from postloan.ground.access.scopes import Scope

router = Router(tags=["applications"])


class PreviewIn(Schema):
    product_code: str = Field(max_length=40)
    amount_minor: int = Field(ge=1, le=10**15)
    instalments: int = Field(ge=1, le=600)
    start_date: date
    language: str = Field("zh-hans", max_length=10)
    line_id: int | None = Field(None, ge=1, lt=2**63)


class TextOut(Schema):
    text_id: int
    code: str
    title: str
    body: str
    version_no: int


class RowOut(Schema):
    """A row of an offered plan, minor units."""

    due_date: date
    principal_minor: int
    interest_minor: int
    fee_minor: int


class OfferOut(Schema):
    """
    What is offered, all in: `cost_minor` is everything paid beyond what reaches the borrower.

    Rates in millionths a year by each method; `figures_sha256` is what an acknowledgement names.
    """

    requested_minor: int
    charge_minor: int
    paid_out_minor: int
    principal_minor: int
    cost_minor: int
    rate_ppm: int
    rate_per: str
    annual_rates: dict[str, int | None]
    rows: list[RowOut]
    texts: list[TextOut]
    figures_sha256: str
    expires_at: datetime | None


class ApplicationIn(Schema):
    """A request for money. The same `client_reference` of one customer is the same application."""

    customer_id: int = Field(ge=1, lt=2**63)
    client_reference: str = Field(min_length=1, max_length=80)
    product_code: str = Field(max_length=40)
    amount_minor: int = Field(ge=1, le=10**15)
    instalments: int = Field(ge=1, le=600)
    payout_account_id: int = Field(ge=1, lt=2**63)
    channel: str = Field(min_length=1, max_length=20)
    language: str = Field("zh-hans", max_length=10)
    line_id: int | None = Field(None, ge=1, lt=2**63)
    purpose: str = Field("", max_length=40)


class AcceptIn(Schema):
    """That the customer acknowledged the offer as shown: its hash, the texts, how it was shown."""

    figures_sha256: str = Field(min_length=64, max_length=64)
    text_ids: list[int] = Field(max_length=20)
    channel: str = Field(min_length=1, max_length=20)
    evidence: dict[str, str] = {}


class ReasonIn(Schema):
    reason: str = Field(min_length=3, max_length=200)


class EventOut(Schema):
    event_no: int
    kind: str
    at: datetime
    by: str
    details: dict[str, Any]


class ApplicationOut(Schema):
    application_id: int
    customer_id: int
    client_reference: str
    product: str
    amount_minor: int
    currency: str
    instalments: int
    state: str
    line_id: int | None
    loan_id: int | None
    requested_at: datetime


class ApplicationDetailOut(ApplicationOut):
    offer: OfferOut | None
    decisions: list[dict[str, Any]]
    timeline: list[EventOut]


class ApplicationsIn(PageIn):
    customer_id: int | None = None
    state: str = ""


@router.post("/preview", response=OfferOut, auth=needs(Scope.APPLICATIONS_READ), operation_id="preview_offer")
def preview_offer(request: HttpRequest, body: PreviewIn) -> OfferOut:
    """Return what would be offered; writes nothing and looks at no customer."""
    found = queries.preview_offer(**body.model_dump())
    offer, agreed = found.offer, found.offer.agreed
    return OfferOut(
        requested_minor=offer.requested_minor,
        charge_minor=offer.charge_minor,
        paid_out_minor=offer.paid_out_minor,
        principal_minor=agreed.principal_minor,
        cost_minor=offer.cost_minor,
        rate_ppm=offer.rate.ppm,
        rate_per=offer.rate.per,
        annual_rates={
            name: getattr(offer.annual_rates, name)
            for name in ("china_nominal", "china_compounded", "eu_effective", "us_actuarial")
        },
        rows=[
            RowOut(
                due_date=row.due_date,
                principal_minor=row.principal_minor,
                interest_minor=row.interest_minor,
                fee_minor=row.total_minor - row.principal_minor - row.interest_minor,
            )
            for row in offer.schedule.rows
        ],
        texts=[_text(text) for text in found.texts],
        figures_sha256=found.figures_sha256,
        expires_at=None,
    )


@router.get("", response=PageOut[ApplicationOut], auth=needs(Scope.APPLICATIONS_READ), operation_id="list_applications")
def list_applications(request: HttpRequest, asked: Query[ApplicationsIn]) -> dict[str, Any]:
    """Return applications, the newest first."""
    found = queries.find_applications(customer_id=asked.customer_id, state=asked.state)
    return page_of(found, asked=asked, spell=_short)


@router.get(
    "/{int:application_id}",
    response=ApplicationDetailOut,
    auth=needs(Scope.APPLICATIONS_READ),
    operation_id="get_application",
)
def get_application(request: HttpRequest, application_id: int) -> ApplicationDetailOut:
    """Return an application with its offer, the decisions with their reasons, and its timeline."""
    return _whole(application_id)


@router.post("", response=ApplicationDetailOut, auth=needs(Scope.APPLICATIONS_CHANGE), operation_id="request_money")
@once
def request_money(request: HttpRequest, body: ApplicationIn) -> ApplicationDetailOut:
    """Ask for money: the answer is an offer, a refusal with its reasons, or that a person will decide."""
    application = operations.request_money(
        request=operations.NewApplication(**body.model_dump()), by=by_of(request=request), at=timezone.now()
    )
    return _whole(application.pk)


@router.post(
    "/{int:application_id}/accept",
    response=ApplicationDetailOut,
    auth=needs(Scope.APPLICATIONS_CHANGE),
    operation_id="accept_offer",
)
@once
def accept_offer(request: HttpRequest, application_id: int, body: AcceptIn) -> ApplicationDetailOut:
    """Acknowledge the offer and have it paid out, as far as the bank lets it."""
    operations.accept_offer(
        application_id=application_id, **body.model_dump(), by=by_of(request=request), at=timezone.now()
    )
    return _whole(application_id)


@router.post(
    "/{int:application_id}/cancel",
    response=ApplicationDetailOut,
    auth=needs(Scope.APPLICATIONS_CHANGE),
    operation_id="cancel_application",
)
@once
def cancel_application(request: HttpRequest, application_id: int, body: ReasonIn) -> ApplicationDetailOut:
    """Cancel an application no money has left for."""
    operations.cancel_application(
        application_id=application_id, reason=body.reason, by=by_of(request=request), at=timezone.now()
    )
    return _whole(application_id)


def _whole(application_id: int) -> ApplicationDetailOut:
    try:
        found = queries.get_application(application_id=application_id)
    except Application.DoesNotExist:
        raise Http404 from None
    return ApplicationDetailOut(
        **_short(found).model_dump(),
        offer=_offer(found),
        decisions=queries.explain_decision(application_id=application_id),
        timeline=[EventOut.from_orm(event) for event in queries.get_timeline(application_id=application_id)],
    )


def _short(found: Application) -> ApplicationOut:
    return ApplicationOut(
        application_id=found.pk,
        customer_id=found.customer_id,
        client_reference=found.client_reference,
        product=found.product_version.product.code,
        amount_minor=found.amount_minor,
        currency=found.currency,
        instalments=found.instalments,
        state=found.state,
        line_id=found.line_id,
        loan_id=found.loan_id,
        requested_at=found.requested_at,
    )


def _offer(found: Application) -> OfferOut | None:
    offer = getattr(found, "offer", None)
    if offer is None:
        return None
    fees = offer.row_fee_minor or [0] * len(offer.due_dates)
    rows = zip(offer.due_dates, offer.row_principal_minor, offer.row_interest_minor, fees, strict=True)
    return OfferOut(
        **{name: getattr(offer, name) for name in OfferOut.model_fields if name not in {"rows", "texts"}},
        rows=[
            RowOut(due_date=due_date, principal_minor=principal, interest_minor=interest, fee_minor=fee)
            for due_date, principal, interest, fee in rows
        ],
        texts=[_text(text) for text in queries.get_texts_of_offer(offer=offer)],
    )


def _text(text: Any) -> TextOut:
    return TextOut(text_id=text.pk, code=text.code, title=text.title, body=text.body, version_no=text.version_no)
