"""
Who the lender's customers are. Every field that tells who a person is lies encrypted.

The ciphertext of a field is bound to its row (see `cipher.py`), so a value
moved to another row does not decrypt. Contact points are found by a keyed hash.
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint


class Customer(models.Model):
    """A person who owes or owed. Empty bytes mean that the lender does not know the field."""

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    name_encrypted = models.BinaryField(default=bytes)
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=40)
    region = models.CharField(max_length=20, blank=True)
    # Whose contact rules protect this person, by the name of a policy pack; empty: the lender's default.
    jurisdiction = models.CharField(max_length=40, blank=True, default="", db_default="")
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
        STALE = "stale"  # it bounces, or the number is out of service
        WRONG = "wrong"  # somebody else answers there

    UNUSABLE: ClassVar = (State.STALE, State.WRONG)

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_points", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value_encrypted = models.BinaryField()
    value_hash = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNVERIFIED)
    state_at = models.DateTimeField(null=True)
    state_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    renewal_asked_at = models.DateTimeField(null=True)
    is_workplace = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["customer", "kind", "value_hash"], name="contact_point_is_listed_once"),
        ]
        indexes: ClassVar = [
            Index(fields=["value_hash"], name="contact_point_by_hash", condition=~Q(state="stale")),
            Index(fields=["state_at"], name="contact_point_to_renew", condition=Q(state__in=["stale", "wrong"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"


class CustomerFlag(models.Model):
    """
    What changes how a person may be treated: vulnerable, deceased, represented, incapacitated; set and released.

    `details` holds what the flag needs beside, as codes: the date of death, which kind of representative. Their names
    and addresses are contact points and papers, not flags.
    """

    class Kind(models.TextChoices):
        VULNERABLE = "vulnerable"
        DECEASED = "deceased"
        REPRESENTED = "represented"
        INCAPACITATED = "incapacitated"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="flags", db_index=False)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    since_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    details = models.JSONField(default=dict)
    by = models.CharField(max_length=150)
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True)
    released_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["customer", "kind"], name="flag_is_open_once", condition=Q(released_at__isnull=True)
            ),
            CheckConstraint(condition=~Q(reason=""), name="flag_has_a_reason"),
            CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(release_reason=""), name="release_of_flag_has_a_reason"
            ),
            CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("since_at")),
                name="flag_is_released_after_it_is_set",
            ),
        ]
        indexes: ClassVar = [Index(fields=["customer"], name="flag_by_customer")]

    def __str__(self) -> str:
        return f"{self.kind}: customer {self.customer_id}"


class CustomerTimeZone(models.Model):
    """A zone the customer may be in beside the one of their address: a phone's area, a workplace, what they told us."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="time_zones", db_index=False)
    zone = models.CharField(max_length=40)
    source = models.CharField(max_length=20)
    since_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["customer", "zone"], name="zone_is_held_once", condition=Q(until_at__isnull=True)),
        ]
        indexes: ClassVar = [Index(fields=["customer"], name="zone_by_customer")]

    def __str__(self) -> str:
        return f"{self.zone} of customer {self.customer_id}"
