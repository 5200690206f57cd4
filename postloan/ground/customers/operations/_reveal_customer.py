"""Read a customer's personal data for a stated purpose. The only door to it, and each reading is on record."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import ContactPoint, Customer


class PurposeMissing(ValueError):
    """Personal data was asked for without saying what for."""


@dataclass(frozen=True)
class RevealedCustomer:
    """Who the customer is, in the clear. Never log it, never store it."""

    customer_id: int
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


@transaction.atomic
def reveal_customer(*, customer_id: int, purpose: str, by: str, at: datetime) -> RevealedCustomer:
    """Return name and contact points of one customer; refuses without a purpose (PurposeMissing)."""
    if not purpose.strip():
        raise PurposeMissing("say what the data is needed for")
    customer = Customer.objects.get(pk=customer_id)
    cipher = field_cipher()
    points: dict[str, list[str]] = {"email": [], "phone": []}
    for point in customer.contact_points.exclude(state__in=ContactPoint.UNUSABLE).order_by("pk"):
        points[point.kind].append(
            cipher.decrypt(ciphertext=point.value_encrypted, field=f"contact_point.{point.kind}", row_id=customer_id)
        )
    audit.record_act(
        by=by, action="reveal_customer", subject_kind="customer", subject_id=customer_id, purpose=purpose, at=at
    )
    return RevealedCustomer(
        customer_id=customer_id,
        name=cipher.decrypt(ciphertext=customer.name_encrypted, field="customer.name", row_id=customer_id),
        emails=tuple(points["email"]),
        phones=tuple(points["phone"]),
    )
