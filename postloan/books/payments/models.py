"""Money in, and who paid what with it."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan
from postloan.books.payments.debit_models import (
    BankFile,
    BankItem,
    DebitAttempt,
    DebitFile,
    DebitLock,
    DebitOrder,
    DebitReturn,
    Mandate,
    MandateEvent,
)
from postloan.ground.customers.models import Customer

__all__ = [
    "Allocation",
    "BankFile",
    "BankItem",
    "DebitAttempt",
    "DebitFile",
    "DebitLock",
    "DebitOrder",
    "DebitReturn",
    "Mandate",
    "MandateEvent",
    "Receipt",
]


class Receipt(models.Model):
    """
    Money that came in, known by the bank's reference: the same reference on the same account is one receipt.

    `value_date` is when the bank had the money, `booked_date` the business date it
    entered the books. amount = allocated + unapplied + refunded + reversed, always; a receipt the bank took back, or
    that was booked in error, is reversed whole, from `reversed_date` on.
    """

    bank_account = models.CharField(max_length=40)
    bank_reference = models.CharField(max_length=120)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="receipts")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="receipts")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    allocated_minor = models.BigIntegerField(default=0, db_default=0)
    unapplied_minor = models.BigIntegerField(default=0, db_default=0)
    refunded_minor = models.BigIntegerField(default=0, db_default=0)
    reversed_minor = models.BigIntegerField(default=0, db_default=0)
    reversed_date = models.DateField(null=True)
    value_date = models.DateField()
    booked_date = models.DateField()
    received_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["bank_account", "bank_reference"], name="bank_reference_is_one_receipt"),
            CheckConstraint(condition=Q(amount_minor__gt=0), name="receipt_amount_is_positive"),
            CheckConstraint(
                condition=Q(allocated_minor__gte=0, unapplied_minor__gte=0, refunded_minor__gte=0)
                & Q(
                    amount_minor=F("allocated_minor") + F("unapplied_minor") + F("refunded_minor") + F("reversed_minor")
                ),
                name="receipt_is_allocated_unapplied_or_refunded",
            ),
            CheckConstraint(
                condition=Q(reversed_minor=0, reversed_date__isnull=True)
                | Q(reversed_minor=F("amount_minor"), reversed_date__isnull=False),
                name="receipt_is_reversed_whole",
            ),
        ]
        indexes: ClassVar = [
            Index(fields=["booked_date"], name="receipt_by_booked_date"),
            Index(fields=["loan"], name="unapplied_receipt_by_loan", condition=Q(unapplied_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Allocation(models.Model):
    """
    A part of a receipt that pays one component of one instalment. The truth of who paid what; append-only.

    Negative where an earlier part was taken back: what a receipt paid of a component is the sum.
    """

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="allocations")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="allocations")
    instalment_no = models.SmallIntegerField()
    component = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()
    business_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=~Q(amount_minor=0), name="allocation_moves_something"),
            CheckConstraint(
                condition=Q(component__in=["principal", "interest", "fee", "penalty"]),
                name="allocation_component_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of receipt {self.receipt_id}"
