"""
Accounts that are billed by the month: what is bought, the bills, and what was turned into instalments.

An account is a loan whose principal grows with every purchase; its demands are the bills, so close, allocation, ageing
and reminders see instalments as of any loan (docs/decisions/0063-a-bill-is-an-instalment.md). A bill begins open: a pot
into which purchases fall (`kernel.bills.Pot`). The night of its bill day cuts it and makes it a demand; the night of its
due date carries on what the minimum does not ask for. docs/rules/revolving.md.
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.books.lines.models import CreditLine
from postloan.books.loans.models import Loan
from postloan.books.payments.models import Receipt


class BillAccount(models.Model):
    """
    What an account carries from bill to bill, in minor units and minor-days.

    `charged_interest_minor` was asked on bills so far; `done_minor_days` bore interest in pots that are paid.
    `moves_since_bill` lists [value date, principal, total] of money since the last bill that is not among the
    allocations after `counted_allocation_id`.
    """

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, primary_key=True, related_name="bill_account")
    line = models.OneToOneField(CreditLine, null=True, on_delete=models.PROTECT, related_name="bill_account")
    opened_date = models.DateField()
    next_bill_date = models.DateField()
    charged_interest_minor = models.BigIntegerField(default=0, db_default=0)
    done_minor_days = models.BigIntegerField(default=0, db_default=0)
    counted_allocation_id = models.BigIntegerField(default=0, db_default=0)
    moves_since_bill = models.JSONField(default=list, db_default=[])

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(charged_interest_minor__gte=0), name="account_interest_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"account of loan {self.loan_id}"


class Bill(models.Model):
    """
    One bill. Open until its bill day; `left_minor` and `minor_days` are its pot, counted to `counted_date`.

    `full_minor` is everything owed when it was cut, `minimum_minor` what had to be paid of that by the due date,
    `demanded_from_minor` the principal its demand keeps at least. When the due date is over `carried_minor` is what
    went on to the next bill and `was_paid_in_full` whether interest is spared. `is_done`: nothing of its purchases
    is left and the account looks at it no more.
    """

    pk = models.CompositePrimaryKey("loan_id", "bill_no")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="bills", db_index=False)
    bill_no = models.SmallIntegerField()
    from_date = models.DateField()
    bill_date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    instalment_no = models.SmallIntegerField(null=True)
    bought_minor = models.BigIntegerField(default=0, db_default=0)
    left_minor = models.BigIntegerField(default=0, db_default=0)
    minor_days = models.BigIntegerField(default=0, db_default=0)
    counted_date = models.DateField()
    bears_interest = models.BooleanField(default=False, db_default=False)
    interest_minor = models.BigIntegerField(default=0, db_default=0)
    full_minor = models.BigIntegerField(default=0, db_default=0)
    minimum_minor = models.BigIntegerField(default=0, db_default=0)
    demanded_from_minor = models.BigIntegerField(default=0, db_default=0)
    carried_minor = models.BigIntegerField(null=True)
    was_paid_in_full = models.BooleanField(null=True)
    is_done = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(left_minor__gte=0, bought_minor__gte=F("left_minor")), name="bill_left_is_within_bought"
            ),
            CheckConstraint(
                condition=Q(bill_date__isnull=True, due_date__isnull=True)
                | Q(bill_date__isnull=False, due_date__gt=F("bill_date")),
                name="bill_is_open_or_has_its_dates",
            ),
            CheckConstraint(
                condition=Q(interest_minor__gte=0, minimum_minor__gte=0, full_minor__gte=F("minimum_minor")),
                name="bill_minimum_is_within_the_bill",
            ),
            UniqueConstraint(fields=["loan"], condition=Q(bill_date__isnull=True), name="account_has_one_open_bill"),
        ]
        indexes: ClassVar = [
            Index(fields=["loan"], name="bill_not_done_by_loan", condition=Q(is_done=False)),
        ]

    def __str__(self) -> str:
        return f"bill {self.bill_no} of loan {self.loan_id}"


class Purchase(models.Model):
    """Something bought on an account; `reference` is the merchant's and known once. Never edited: the database refuses it."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="purchases")
    reference = models.CharField(max_length=80, unique=True)
    bill_no = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()
    merchant = models.CharField(max_length=60, blank=True)
    posted_date = models.DateField()
    posted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="purchase_amount_is_positive"),
        ]

    def __str__(self) -> str:
        return f"purchase {self.pk}"


class MerchantRefund(models.Model):
    """
    A purchase given back, in full or in part, and where the money went, in minor units. Never edited.

    `from_open_bill_minor` was taken off the bill that was not cut yet, `to_instalments_minor` paid the loan the
    purchase was converted into, `to_account_minor` came in as money on the account.
    """

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="refunds")
    reference = models.CharField(max_length=80, unique=True)
    amount_minor = models.BigIntegerField()
    from_open_bill_minor = models.BigIntegerField()
    to_instalments_minor = models.BigIntegerField()
    to_account_minor = models.BigIntegerField()
    receipt = models.OneToOneField(Receipt, null=True, on_delete=models.PROTECT, related_name="merchant_refund")
    booked_date = models.DateField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="merchant_refund_is_positive"),
            CheckConstraint(
                condition=Q(
                    from_open_bill_minor__gte=0,
                    to_instalments_minor__gte=0,
                    to_account_minor__gte=0,
                    amount_minor=F("from_open_bill_minor") + F("to_instalments_minor") + F("to_account_minor"),
                ),
                name="merchant_refund_goes_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"merchant refund {self.pk}"


class Conversion(models.Model):
    """A bill, or one purchase, that became a loan of its own. Never edited: the database refuses it."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="conversions")
    reference = models.CharField(max_length=80, unique=True)
    purchase = models.OneToOneField(Purchase, null=True, on_delete=models.PROTECT, related_name="conversion")
    bill_no = models.SmallIntegerField()
    new_loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="converted_from")
    amount_minor = models.BigIntegerField()
    booked_date = models.DateField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="conversion_amount_is_positive"),
        ]

    def __str__(self) -> str:
        return f"conversion {self.pk}"
