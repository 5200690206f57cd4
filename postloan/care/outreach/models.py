"""
Messages to customers: the outbox and the record of what was said.

A message is composed and stored first, then delivered; whoever dies in between
leaves a row that the next delivery finds. The text is kept encrypted, as
evidence of what the customer was told.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from postloan.care.outreach.contact_models import (
    Consent,
    Contact,
    ContactDecision,
    ContactHold,
    ContactSubject,
    EvidenceEntry,
    EvidenceSeal,
)
from postloan.ground.customers.models import Customer

__all__ = [
    "Consent",
    "Contact",
    "ContactDecision",
    "ContactHold",
    "ContactSubject",
    "EvidenceEntry",
    "EvidenceSeal",
    "Message",
]


class Message(models.Model):
    """
    One message on one channel. `key` is unique: the same occasion on the same channel is one message.

    The text is written when it leaves, from the figures of that moment; until then it is empty.

    `occasion` holds what it was about (ids, dates and amounts, nothing personal),
    so that delivery can ask once more whether it is still wanted.
    """

    class Channel(models.TextChoices):
        EMAIL = "email"
        INBOX = "inbox"  # a notice in the portal

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        DROPPED = "dropped"  # no longer wanted when its turn came
        FAILED = "failed"  # refused for good, or refused too often

    key = models.CharField(max_length=160)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    purpose = models.CharField(max_length=20)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=10)
    subject_encrypted = models.BinaryField(default=bytes)
    body_encrypted = models.BinaryField(default=bytes)
    occasion = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.SmallIntegerField(default=0)
    not_before_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["key"], name="occasion_is_told_once_per_channel")]
        indexes: ClassVar = [
            Index(fields=["customer", "-queued_at"], name="message_by_customer"),
            Index(fields=["not_before_at"], name="message_waiting", condition=Q(state__in=["queued", "sending"])),
            Index(fields=["-queued_at"], name="message_by_time"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"
