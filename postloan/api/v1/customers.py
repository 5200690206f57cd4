"""Customers over HTTP: masked; reading in the clear needs a reason and leaves a record."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from postloan.api.v1.doors import by_of, needs
from postloan.ground.access.scopes import Scope
from postloan.ground.customers import operations, queries
from postloan.ground.customers.models import Customer

router = Router(tags=["customers"])


class CustomerOut(Schema):
    """A customer with name and contact points masked."""

    customer_id: int
    external_id: str
    source: str
    language: str
    time_zone: str
    name: str
    emails: list[str]
    phones: list[str]


class FindIn(Schema):
    """What a customer is known by. It travels in the body, for addresses are kept in logs."""

    text: str = Field(min_length=1, max_length=254, description="E-mail address, phone number or external id, whole")


class RevealIn(Schema):
    purpose: str = Field(min_length=3, max_length=200, description="Why this person's data is read; kept on record")


class RevealedOut(Schema):
    """A customer in the clear."""

    customer_id: int
    name: str
    emails: list[str]
    phones: list[str]


@router.post("/find", response=list[CustomerOut], auth=needs(Scope.CUSTOMERS_READ), operation_id="find_customers")
def find_customers(request: HttpRequest, body: FindIn) -> list[CustomerOut]:
    """Return the customers known by exactly this, masked, the newest first, at most 50."""
    ids = queries.find_customer_ids(text=body.text.replace("\0", ""))
    return [_masked(customer) for customer in queries.get_customers(customer_ids=ids)]


@router.get("/{int:customer_id}", response=CustomerOut, auth=needs(Scope.CUSTOMERS_READ), operation_id="get_customer")
def get_customer(request: HttpRequest, customer_id: int) -> CustomerOut:
    """Return a customer, masked."""
    return _masked(get_object_or_404(Customer, pk=customer_id))


@router.post(
    "/{int:customer_id}/reveal",
    response=RevealedOut,
    auth=needs(Scope.CUSTOMERS_REVEAL),
    operation_id="reveal_customer",
)
def reveal_customer(request: HttpRequest, customer_id: int, body: RevealIn) -> RevealedOut:
    """Return a customer in the clear. The reading is recorded with its purpose."""
    customer = get_object_or_404(Customer, pk=customer_id)
    shown = operations.reveal_customer(
        customer_id=customer.pk, purpose=body.purpose, by=by_of(request=request), at=timezone.now()
    )
    return RevealedOut(customer_id=customer.pk, name=shown.name, emails=list(shown.emails), phones=list(shown.phones))


def _masked(customer: Customer) -> CustomerOut:
    shown = queries.get_masked_customer(customer=customer)
    return CustomerOut(
        customer_id=customer.pk,
        external_id=customer.external_id,
        source=customer.source,
        language=customer.language,
        time_zone=customer.time_zone,
        name=shown.name,
        emails=list(shown.emails),
        phones=list(shown.phones),
    )
