"""Questions about customers. What they answer is masked; `operations.reveal_customer` reads in the clear."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import ContactPoint, Customer
from postloan.kernel.contact_points import (
    NotAContactPoint,
    masked_email,
    masked_name,
    masked_phone,
    normalised_email,
    normalised_phone,
)


@dataclass(frozen=True)
class MaskedCustomer:
    """A customer as any member of staff may see them."""

    customer_id: int
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


def get_masked_customer(*, customer: Customer) -> MaskedCustomer:
    """Return the customer with name and contact points masked; nothing of it identifies a person."""
    cipher = field_cipher()
    emails, phones = [], []
    for point in customer.contact_points.all():
        value = cipher.decrypt(
            ciphertext=point.value_encrypted, field=f"contact_point.{point.kind}", row_id=customer.pk
        )
        if point.kind == ContactPoint.Kind.EMAIL:
            emails.append(masked_email(address=value))
        else:
            phones.append(masked_phone(number=value))
    name = cipher.decrypt(ciphertext=customer.name_encrypted, field="customer.name", row_id=customer.pk)
    return MaskedCustomer(
        customer_id=customer.pk, name=masked_name(name=name), emails=tuple(emails), phones=tuple(phones)
    )


def get_customers(*, customer_ids: Collection[int]) -> list[Customer]:
    """Return these customers with their contact points, still encrypted, the newest first."""
    found = Customer.objects.filter(pk__in=customer_ids).prefetch_related("contact_points")
    return list(found.order_by("-pk"))


def find_customer_ids(*, text: str, phone_region: str = "CN") -> list[int]:
    """Return the ids of customers known by this e-mail address, phone number or external id; the newest 50."""
    found = set(Customer.objects.filter(external_id=text.strip()).values_list("pk", flat=True)[:50])
    spellings = []
    with suppress(NotAContactPoint):
        spellings.append(normalised_email(text=text))
    with suppress(NotAContactPoint):
        spellings.append(normalised_phone(text=text, region=phone_region))
    hashes = [field_cipher().lookup_hash(value=spelling) for spelling in spellings]
    found |= set(
        ContactPoint.objects.filter(value_hash__in=hashes)
        .exclude(state__in=ContactPoint.UNUSABLE)
        .values_list("customer_id", flat=True)[:50]
    )
    return sorted(found, reverse=True)[:50]


def hash_of_address(*, text: str, phone_region: str = "CN") -> bytes:
    """Return the keyed hash of an e-mail address or phone number. Refuses what is neither (NotAContactPoint)."""
    is_email = "@" in text
    spelling = normalised_email(text=text) if is_email else normalised_phone(text=text, region=phone_region)
    return field_cipher().lookup_hash(value=spelling)
