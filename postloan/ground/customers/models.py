"""
Who the lender's customers are. Every field that tells who a person is lies encrypted.

The ciphertext of a field is bound to its row (see `cipher.py`), so a value
moved to another row does not decrypt. Contact points are found by a keyed hash.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint


class Customer(models.Model):
    """A person who owes or owed. Empty bytes mean that the lender does not know the field."""

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    name_encrypted = models.BinaryField(default=bytes)
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=40)
    region = models.CharField(max_length=20, blank=True)
    is_invented = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["source", "external_id"], name="customer_is_known_once_per_source"),
        ]

    def __str__(self) -> str:
        return f"customer {self.pk}"


class ContactPoint(models.Model):
    """One address at which a customer can be reached on one kind of channel."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"

    class State(models.TextChoices):
        UNVERIFIED = "unverified"
        VERIFIED = "verified"
        STALE = "stale"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_points", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value_encrypted = models.BinaryField()
    value_hash = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNVERIFIED)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["customer", "kind", "value_hash"], name="contact_point_is_listed_once"),
        ]
        indexes: ClassVar = [Index(fields=["value_hash"], name="contact_point_by_hash", condition=~Q(state="stale"))]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"
