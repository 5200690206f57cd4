"""Direct debit over HTTP: mandates, files to the bank, what the bank told that a person must decide."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, by_of, needs, once, page_of
from postloan.books.payments import debit_queries, operations
from postloan.books.payments.debit_models import BankItem, Mandate
from postloan.ground.access.scopes import Scope

router = Router(tags=["debits"])


class MandateIn(Schema):
    """What the customer signed: an IBAN, or an account number with its bank's code."""

    customer_id: int = Field(ge=1, lt=2**63)
    loan_id: int | None = Field(None, ge=1, lt=2**63, description="None: all the customer's loans in the currency")
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    policy: str = Field(max_length=20)
    account: str = Field(min_length=4, max_length=40)
    bank_code: str = Field("", max_length=35)
    holder: str = Field("", max_length=140)
    announce_days: int | None = Field(None, ge=0, le=60)
    pay_day: int | None = Field(None, ge=1, le=31)
    text_version: str = Field(min_length=1, max_length=40)
    channel: str = Field(min_length=1, max_length=20)
    signed_at: datetime
    reference: str = Field("", max_length=35)


class MandateEventOut(Schema):
    kind: str
    happened_at: datetime
    by: str
    channel: str
    reason: str


class MandateOut(Schema):
    """A mandate; the account shows its last digits only."""

    mandate_id: int
    reference: str
    customer_id: int
    loan_id: int | None
    currency: str
    policy: str
    account: str
    state: str
    is_locked: bool
    signed_date: date
    events: list[MandateEventOut]


class StateIn(Schema):
    state: Literal["suspended", "active", "revoked"]
    reason: str = Field(min_length=1, max_length=40)
    channel: str = Field(min_length=1, max_length=20)


class ChangeOut(Schema):
    """`dropped` debits ended with the change; `with_bank` are at the bank already and cannot be held."""

    state: str
    dropped: int
    with_bank: int


class FileOut(Schema):
    file_id: str
    policy: str
    currency: str
    collect_date: date
    debits: int
    total_minor: int
    state: str
    made_at: datetime
    handed_over_at: datetime | None


class ItemOut(Schema):
    """Something the bank told that no rule decides."""

    item_id: int
    kind: str
    loan_id: int | None
    is_money_in: bool | None
    amount_minor: int | None
    currency: str
    value_date: date | None
    bank_reference: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str

    @staticmethod
    def resolve_item_id(item: BankItem) -> int:
        return item.pk


class ItemsIn(PageIn):
    is_open: bool = True


class OutcomeIn(Schema):
    outcome: str = Field(min_length=3, max_length=200)


@router.get("/mandates", response=list[MandateOut], auth=needs(Scope.DEBITS_READ), operation_id="list_mandates")
def list_mandates(request: HttpRequest, customer_id: Query[int]) -> list[MandateOut]:
    """Return a customer's mandates, the latest first."""
    return [_mandate(view) for view in debit_queries.get_mandates(customer_id=customer_id)]


@router.post("/mandates", response=MandateOut, auth=needs(Scope.DEBITS_CHANGE), operation_id="sign_mandate")
@once
def sign_mandate(request: HttpRequest, body: MandateIn) -> MandateOut:
    """Keep a mandate that the customer signed. A repeated `reference` is the same mandate."""
    mandate = operations.sign_mandate(
        new=operations.NewMandate(**body.model_dump()), by=by_of(request=request), at=timezone.now()
    )
    views = debit_queries.get_mandates(customer_id=body.customer_id)
    return _mandate(next(view for view in views if view.mandate.pk == mandate.pk))


@router.post(
    "/mandates/{int:mandate_id}/states",
    response=ChangeOut,
    auth=needs(Scope.DEBITS_CHANGE),
    operation_id="change_mandate_state",
)
@once
def change_mandate_state(request: HttpRequest, mandate_id: int, body: StateIn) -> ChangeOut:
    """Suspend, resume or revoke a mandate."""
    who: dict[str, Any] = {"channel": body.channel, "by": by_of(request=request), "at": timezone.now()}
    if body.state == "active":
        done = operations.resume_mandate(mandate_id=mandate_id, **who)
    elif body.state == "suspended":
        done = operations.suspend_mandate(mandate_id=mandate_id, reason=body.reason, **who)
    else:
        done = operations.revoke_mandate(mandate_id=mandate_id, reason=body.reason, **who)
    return ChangeOut(state=done.mandate.state, dropped=done.dropped, with_bank=done.with_bank)


@router.get("/files", response=list[FileOut], auth=needs(Scope.DEBITS_READ), operation_id="list_debit_files")
def list_debit_files(request: HttpRequest) -> list[FileOut]:
    """Return the latest 50 files to the bank."""
    return [FileOut.from_orm(file) for file in debit_queries.get_debit_files()]


@router.get("/bank-items", response=PageOut[ItemOut], auth=needs(Scope.DEBITS_READ), operation_id="list_bank_items")
def list_bank_items(request: HttpRequest, asked: Query[ItemsIn]) -> dict[str, Any]:
    """Return what waits for a person, or what was worked, the newest first."""
    return page_of(debit_queries.find_bank_items(is_open=asked.is_open), asked=asked, spell=lambda item: item)


@router.post(
    "/bank-items/{int:item_id}/close", response=ItemOut, auth=needs(Scope.DEBITS_CHANGE), operation_id="close_bank_item"
)
@once
def close_bank_item(request: HttpRequest, item_id: int, body: OutcomeIn) -> ItemOut:
    """Say what was done about something the bank told."""
    item = operations.close_bank_item(
        item_id=item_id, outcome=body.outcome, by=by_of(request=request), at=timezone.now()
    )
    return ItemOut.from_orm(item)


def _mandate(view: debit_queries.MandateView) -> MandateOut:
    mandate: Mandate = view.mandate
    return MandateOut(
        mandate_id=mandate.pk,
        account=view.account,
        is_locked=view.is_locked,
        events=[MandateEventOut.from_orm(event) for event in view.events],
        **{
            name: getattr(mandate, name)
            for name in ("reference", "customer_id", "loan_id", "currency", "policy", "state", "signed_date")
        },
    )
