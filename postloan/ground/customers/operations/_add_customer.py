"""Make one customer known, with encrypted name and contact points."""

from datetime import datetime

from django.db import transaction

from postloan.ground.audit import operations as audit
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import ContactPoint, Customer
from postloan.kernel.contact_points import normalised_email, normalised_phone


@transaction.atomic
def add_customer(
    *,
    source: str,
    external_id: str,
    name: str,
    time_zone: str,
    at: datetime,
    by: str,
    email: str = "",
    phone: str = "",
    phone_region: str = "CN",
    language: str = "zh-hans",
    region: str = "",
    is_invented: bool = False,
) -> Customer:
    """
    Return the new customer. Empty contact points are left out.

    Refuses what is no e-mail address or phone number (NotAContactPoint) and, by
    the database, a second customer with the same source and external id.
    """
    points = []
    if email:
        points.append((ContactPoint.Kind.EMAIL, normalised_email(text=email)))
    if phone:
        points.append((ContactPoint.Kind.PHONE, normalised_phone(text=phone, region=phone_region)))
    cipher = field_cipher()
    customer = Customer.objects.create(
        source=source,
        external_id=external_id,
        language=language,
        time_zone=time_zone,
        region=region,
        is_invented=is_invented,
        created_at=at,
    )
    customer.name_encrypted = cipher.encrypt(value=name, field="customer.name", row_id=customer.pk)
    customer.save(update_fields=["name_encrypted"])
    for kind, value in points:
        ContactPoint.objects.create(
            customer=customer,
            kind=kind,
            # Bound to the customer, not to the point: its own id is not known before it is stored.
            value_encrypted=cipher.encrypt(value=value, field=f"contact_point.{kind}", row_id=customer.pk),
            value_hash=cipher.lookup_hash(value=value),
        )
    audit.record_act(by=by, action="add_customer", subject_kind="customer", subject_id=customer.pk, at=at)
    return customer
