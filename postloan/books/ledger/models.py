"""
The double-entry ledger and the state of the books.

A posting moves one positive amount from the account it credits to the account
it debits, so an unbalanced entry cannot be written down at all. An entry with
more legs is several postings. Entries and postings are append-only; a
correction is another entry that points at the first. `docs/rules/ledger.md`
tells which event posts what.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

# Customers are spread over slots, SLOT_NEIGHBOURS with neighbouring ids together; a partition of the close is a run
# of slots. Why these numbers: docs/decisions/0069-small-partitions-of-neighbours.md. Other ones want a migration.
SLOT_COUNT = 1024
SLOT_NEIGHBOURS = 16


def slot_of(*, customer_id: int) -> int:
    """Return the slot of a customer, as `loans_loan.slot` works it out in the database."""
    return customer_id // SLOT_NEIGHBOURS % SLOT_COUNT


class Account(models.Model):
    """A line of the chart of accounts. `kind` says on which side its balance grows: assets and expenses by debits."""

    class Kind(models.TextChoices):
        ASSET = "asset"
        LIABILITY = "liability"
        EQUITY = "equity"
        INCOME = "income"
        EXPENSE = "expense"

    id = models.SmallIntegerField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)

    def __str__(self) -> str:
        return self.code


class JournalEntry(models.Model):
    """
    One event in the books. `source` names it and is unique, so the same event twice is one entry.

    `business_date` is the day of the books it belongs to, `recorded_at` the
    instant it was written. Only the transaction that writes an entry may add
    postings to it (`written_in` is that transaction's id; the database checks).
    """

    class Kind(models.TextChoices):
        TAKEOVER = "takeover"
        DISBURSEMENT = "disbursement"
        RECEIPT = "receipt"
        RAISE_DUE = "raise_due"
        ACCRUAL = "accrual"
        PENALTY = "penalty"
        ALLOCATION = "allocation"
        CORRECTION = "correction"
        REVERSAL = "reversal"
        WAIVER = "waiver"
        REFUND = "refund"
        PREPAYMENT = "prepayment"
        SETTLEMENT = "settlement"
        CHARGE_OFF = "charge_off"
        RECOVERY = "recovery"
        PLAN_CHANGE = "plan_change"

    business_date = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    source = models.CharField(max_length=120, unique=True)
    currency = models.CharField(max_length=3)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    recorded_at = models.DateTimeField()
    written_in = models.BigIntegerField(db_default=models.Func(template="pg_current_xact_id()::text::bigint"))

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business_date", "kind"], name="entry_by_date")]

    def __str__(self) -> str:
        return self.source


class Posting(models.Model):
    """`amount_minor` debited to one account and credited to another, for one loan where there is one."""

    # The database checks these references in sets, once a statement (migration 0004, docs/decisions/0030-checks-in-sets.md).
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    debit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debits", db_index=False, db_constraint=False
    )
    credit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="credits", db_index=False, db_constraint=False
    )
    amount_minor = models.BigIntegerField()
    loan_id = models.BigIntegerField(null=True)
    instalment_no = models.SmallIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="posting_amount_is_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="posting_moves_between_two_accounts"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["entry"], name="posting_by_entry"),
            models.Index(fields=["loan_id"], name="posting_by_loan"),
        ]

    def __str__(self) -> str:
        return f"{self.debit_id} ← {self.amount_minor} ← {self.credit_id}"


class BookSlot(models.Model):
    """
    How far the books of one slot of customers are closed.

    A receipt takes the slot's row FOR SHARE and is booked on the day after
    `closed_through_date`; the close of a day takes it FOR UPDATE and moves the
    date on, in the transaction that does the day's work. So every booking
    belongs to exactly one side of the close, and a closed day stays closed.
    """

    slot = models.SmallIntegerField(primary_key=True)
    closed_through_date = models.DateField()

    def __str__(self) -> str:
        return f"slot {self.slot} closed through {self.closed_through_date}"


class DailySum(models.Model):
    """
    What one account was debited and credited on one business date, for one product; NULL for postings without a loan.

    Sums are written in sets (`accounting.operations.sum_postings`) and added to when entries
    of a day that has sums arrive later. An entry is either in here or in `UnsummedEntry`, never in both
    (docs/decisions/0066-sums-and-what-they-lack.md).
    """

    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    product_id = models.BigIntegerField(null=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    debit_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business_date", "account", "product_id", "currency"],
                name="day_has_one_sum_for_each_account",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(debit_minor__gte=0, credit_minor__gte=0), name="daily_sums_are_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} on {self.business_date}"


class UnsummedEntry(models.Model):
    """An entry whose postings are in no daily sum yet. The database adds a row for each entry that is written."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, db_constraint=False)

    def __str__(self) -> str:
        return f"entry {self.entry_id}"
