"""
Messages to customers: the outbox and the record of what was said.

A message is composed and stored first, then delivered; whoever dies in between
leaves a row that the next delivery finds. The text is kept encrypted, as
evidence of what the customer was told.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint, Value

from postloan.care.outreach.contact_models import (
    Consent,
    Contact,
    ContactDecision,
    ContactHold,
    ContactSubject,
    EvidenceEntry,
    EvidenceSeal,
)
from postloan.care.outreach.template_models import TemplateVersion
from postloan.ground.customers.models import ContactPoint, Customer

__all__ = [
    "Consent",
    "Contact",
    "ContactDecision",
    "ContactHold",
    "ContactSubject",
    "DeliveryReceipt",
    "EvidenceEntry",
    "EvidenceSeal",
    "Handover",
    "Message",
    "Route",
    "Subscription",
    "TemplateVersion",
]


class Message(models.Model):
    """
    One message on one channel. `key` is unique: the same occasion on the same channel is one message.

    The text is written when it leaves, from the figures of that moment; until then it is empty.

    `occasion` holds what it was about (ids, dates and amounts, nothing personal),
    so that delivery can ask once more whether it is still wanted.

    Messages of one `chain` say the same on one channel after another: the next step is queued when the one before
    was not delivered, or not opened, by `fall_back_at`; the gate counts a chain once. `doubts` counts the times when
    nobody could know whether it had left: so often it may have arrived more than once.
    """

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        PUSH = "push"  # to the portal installed as an app
        WECHAT = "wechat"  # the official account
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
    handing_at = models.DateTimeField(null=True)  # since when it is being handed over
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    undelivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    doubts = models.SmallIntegerField(default=0, db_default=0)
    redriven = models.SmallIntegerField(default=0, db_default=0)  # how often a person sent it again
    route = models.CharField(max_length=20, blank=True, default="", db_default="")
    parts = models.SmallIntegerField(default=0, db_default=0)
    template_version = models.ForeignKey(TemplateVersion, null=True, on_delete=models.PROTECT, db_index=False)
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL, db_index=False)
    decision_no = models.BigIntegerField(null=True)  # the gate's decision that let it leave
    chain = models.CharField(max_length=160, blank=True, default="", db_default="")
    step = models.SmallIntegerField(default=0, db_default=0)
    further_steps = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    fall_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["key"], name="occasion_is_told_once_per_channel")]
        indexes: ClassVar = [
            Index(fields=["customer", "-queued_at"], name="message_by_customer"),
            Index(
                fields=["channel", "not_before_at"],
                name="message_waiting",
                condition=Q(state__in=["queued", "sending"]),
            ),
            Index(fields=["fall_back_at"], name="message_to_fall_back", condition=Q(fall_back_at__isnull=False)),
            Index(fields=["chain"], name="message_by_chain", condition=~Q(chain="")),
            Index(fields=["-queued_at"], name="message_dead", condition=Q(state="failed")),
            Index(fields=["queued_at", "id"], name="message_by_time"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Route(models.Model):
    """
    One way by which a channel leaves (a mail server, an SMS centre), with its health; a row each, made on first use.

    The circuit opens when nobody answers: nothing is claimed for the route until `closed_until_at`; then one message
    is tried, and the answer closes the circuit or opens it for longer. `tokens` is what the rate limit leaves.
    """

    code = models.CharField(max_length=20, primary_key=True)
    failures = models.IntegerField(default=0)  # in a row
    opened_at = models.DateTimeField(null=True)  # since when the circuit is open; null: closed
    closed_until_at = models.DateTimeField(null=True)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True)
    last_reply = models.CharField(max_length=200, blank=True)
    last_sent_at = models.DateTimeField(null=True)
    last_receipt_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Handover(models.Model):
    """One part of one attempt that a carrier took: the number it gave, and what its receipt said."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="handovers")
    attempt_no = models.SmallIntegerField()
    part_no = models.SmallIntegerField()
    route = models.CharField(max_length=20)
    carrier_id = models.CharField(max_length=160, blank=True)
    handed_at = models.DateTimeField()
    receipt_state = models.CharField(max_length=12, blank=True, default="", db_default="")
    receipt_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["message", "attempt_no", "part_no"], name="part_is_handed_over_once_an_attempt"),
        ]
        indexes: ClassVar = [Index(fields=["route", "carrier_id"], name="handover_by_carrier_id")]

    def __str__(self) -> str:
        return f"part {self.part_no} of message {self.message_id}"


class DeliveryReceipt(models.Model):
    """
    What a carrier said about something handed over, as it came in: evidence, never changed.

    It may come before our own note of the handing over; then `handover` is found later. The same receipt twice is one.
    """

    route = models.CharField(max_length=20)
    carrier_id = models.CharField(max_length=160)
    state = models.CharField(max_length=12)
    code = models.CharField(max_length=40, blank=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    raw_sha256 = models.BinaryField()
    is_gone = models.BooleanField(default=False)
    handover = models.ForeignKey(Handover, null=True, on_delete=models.PROTECT, related_name="receipts")

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["route", "carrier_id", "state", "code"], name="receipt_is_taken_once"),
        ]
        indexes: ClassVar = [
            Index(fields=["received_at"], name="receipt_unmatched", condition=Q(handover__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.state} of {self.route}"


class Subscription(models.Model):
    """An address that a customer's own device or account gave us: a push subscription, a WeChat openid."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="subscriptions")
    channel = models.CharField(max_length=8, choices=Message.Channel.choices)
    value_encrypted = models.BinaryField()
    value_hash = models.BinaryField()
    is_gone = models.BooleanField(default=False)
    since_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["channel", "value_hash"], name="subscription_is_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of customer {self.customer_id}"
