"""What happened to loans after they were opened: dated events, and settlement offers with the moment they end."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

EVENT_KINDS = (
    "disbursement", "prepayment", "early_settlement", "reversal", "chargeback", "charge", "waiver", "refund",
    "merchant_refund", "payout_refund", "rate_change", "interest_pause", "death", "due_day_change", "deferral",
    "extension", "reduced_instalments", "personalised_plan", "reageing", "reamortisation", "conversion", "non_accrual",
    "charge_off",
)  # fmt: skip


class LoanEvent(models.Model):
    """
    A dated fact of a loan, as the engine takes it (docs/rules/loan_events.md). Never edited: the database refuses it.

    `value_date` is the day from which it counts, `business_date` the day of the books on which it was recorded.
    `payload` holds the fields of its kind, money in minor units. Plain receipts are events too, but rows of their own;
    money with a purpose (a prepayment, a settlement) is a receipt and an event whose payload names it. `key` makes it
    harmless twice.
    """

    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in EVENT_KINDS])
    value_date = models.DateField()
    business_date = models.DateField()
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan", "key"], name="loan_event_happens_once"),
            CheckConstraint(condition=Q(value_date__lte=F("business_date")), name="loan_event_is_not_in_future"),
            CheckConstraint(condition=Q(kind__in=EVENT_KINDS), name="loan_event_kind_known"),
        ]
        indexes: ClassVar = [Index(fields=["business_date", "kind"], name="loan_event_by_date")]

    def __str__(self) -> str:
        return f"{self.kind} of loan {self.loan_id}"


class SettlementOffer(models.Model):
    """
    What pays a loan off if it is received by `valid_until`, as told to the customer; amounts in minor units.

    Worked out for value date `value_date`. Money of that amount that arrives in time settles the loan exactly, also
    where another day's amount would be higher: the difference is waived. Never edited: the database refuses it.
    """

    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="settlement_offers")
    value_date = models.DateField()
    valid_until = models.DateTimeField()
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    penalty_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    to_pay_minor = models.BigIntegerField()
    by = models.CharField(max_length=150)
    offered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(to_pay_minor__gte=0), name="settlement_offer_is_not_negative"),
            CheckConstraint(condition=Q(valid_until__gt=F("offered_at")), name="settlement_offer_ends_later"),
        ]

    def __str__(self) -> str:
        return f"settlement offer of loan {self.loan_id}"
