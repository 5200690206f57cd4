"""
Direct debit: who may be debited, what was announced, what went to the bank and what came back.

An *order* is the announced debit of one instalment: amount and date as the customer was told. An *attempt* is one try
at it, in one file to the bank; the database holds attempt and order to the same amount. What comes back is a *return*.
Money is booked as a receipt, never here. What nobody can decide by rule is a *bank item*: a row that waits for a person.
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan
from postloan.ground.customers.models import Customer

LIVE_MANDATE = Q(state__in=["active", "suspended"])
LIVE_ORDER = Q(state__in=["announced", "sent"])


class Mandate(models.Model):
    """
    The customer's authority to debit one account, for one loan or (loan NULL) for all of theirs in the currency.

    `policy` names the rules (kernel/debit_policy.py), `announce_days` the notice agreed.
    `pay_day` is the day of the month on which money comes in, where the customer told us. The account's
    number and its holder lie encrypted; `account_hash` finds all mandates on one account.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        REVOKED = "revoked"

    reference = models.CharField(max_length=35, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="mandates")
    loan = models.ForeignKey(Loan, null=True, on_delete=models.PROTECT, related_name="mandates")
    currency = models.CharField(max_length=3)
    policy = models.CharField(max_length=20)
    announce_days = models.SmallIntegerField()
    pay_day = models.SmallIntegerField(null=True)
    from_date = models.DateField()
    account_encrypted = models.BinaryField()
    account_hash = models.BinaryField()
    holder_encrypted = models.BinaryField()
    bank_code = models.CharField(max_length=35, blank=True)
    is_iban = models.BooleanField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    reason = models.CharField(max_length=40, blank=True)
    signed_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["loan"], condition=LIVE_MANDATE & Q(loan__isnull=False), name="one_mandate_per_loan"
            ),
            UniqueConstraint(
                fields=["customer", "currency"],
                condition=LIVE_MANDATE & Q(loan__isnull=True),
                name="one_general_mandate_per_customer",
            ),
            CheckConstraint(condition=Q(announce_days__gte=0), name="mandate_announce_days_not_negative"),
            CheckConstraint(
                condition=Q(pay_day__isnull=True) | Q(pay_day__range=(1, 31)), name="mandate_pay_day_is_a_day"
            ),
            CheckConstraint(condition=Q(state__in=["active", "suspended", "revoked"]), name="mandate_state_known"),
        ]
        indexes: ClassVar = [Index(fields=["account_hash"], name="mandate_by_account")]

    def __str__(self) -> str:
        return f"mandate {self.pk}"


class MandateEvent(models.Model):
    """What happened to a mandate, with its evidence: which text, when, on which channel. Append-only."""

    class Kind(models.TextChoices):
        SIGNED = "signed"
        SUSPENDED = "suspended"
        RESUMED = "resumed"
        REVOKED = "revoked"

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    happened_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    channel = models.CharField(max_length=20)
    text_version = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=~Q(kind="signed") | ~Q(text_version=""), name="signed_mandate_names_its_text"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} mandate {self.mandate_id}"


class DebitLock(models.Model):
    """An account that is left alone after failures in a row, across all loans, until something new happens."""

    account_hash = models.BinaryField()
    strikes = models.SmallIntegerField()
    locked_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    release_event = models.CharField(max_length=20, blank=True)
    released_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["account_hash"], condition=Q(released_at__isnull=True), name="account_is_locked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"debit lock {self.pk}"


class DebitOrder(models.Model):
    """
    The debit of one instalment as announced: `amount_minor` on `collect_date`, told to the customer at `told_at`.

    The amount never changes; what is no longer right is dropped, and announced anew if
    the policy says so. `collect_date` moves only with another try. `tries` counts
    attempts. `collected_minor` is what the bank brought, 0 again after it was taken back.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced"
        SENT = "sent"
        COLLECTED = "collected"
        DROPPED = "dropped"
        FAILED = "failed"
        TAKEN_BACK = "taken_back"

    class Reason(models.TextChoices):
        NONE = ""
        PAID = "paid"
        PART_PAID = "part_paid"
        DATE_MISSED = "date_missed"
        TOLD_LATE = "told_late"
        MANDATE_ENDED = "mandate_ended"
        ACCOUNT_LOCKED = "account_locked"
        RETURNED = "returned"
        LOAN_ENDED = "loan_ended"
        FILE_REFUSED = "file_refused"

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="orders")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="debit_orders")
    instalment_no = models.SmallIntegerField()
    order_no = models.SmallIntegerField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    due_date = models.DateField()
    collect_date = models.DateField()
    announced_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    collected_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ANNOUNCED)
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.NONE, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan", "instalment_no", "order_no"], name="debit_order_number_is_unique"),
            UniqueConstraint(
                fields=["loan", "instalment_no"], condition=LIVE_ORDER, name="one_live_debit_order_per_instalment"
            ),
            CheckConstraint(condition=Q(amount_minor__gt=0), name="debit_order_amount_is_positive"),
            CheckConstraint(
                condition=Q(state__in=["announced", "sent", "collected", "dropped", "failed", "taken_back"]),
                name="debit_order_state_known",
            ),
        ]
        indexes: ClassVar = [
            Index(fields=["collect_date"], name="announced_order_by_date", condition=Q(state="announced")),
        ]

    def __str__(self) -> str:
        return f"debit order {self.pk}"


class DebitFile(models.Model):
    """
    One file of debits, as it goes to the bank: kept encrypted, so the very same bytes can be handed over again.

    Made with its attempts in one transaction, handed over after it; asked about where
    the bank says nothing.
    """

    class State(models.TextChoices):
        MADE = "made"
        HANDED_OVER = "handed_over"
        ACCEPTED = "accepted"
        REFUSED = "refused"

    file_id = models.CharField(max_length=35, unique=True)
    policy = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    collect_date = models.DateField()
    debits = models.IntegerField()
    total_minor = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_encrypted = models.BinaryField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.MADE)
    made_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_times = models.SmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(debits__gt=0, total_minor__gt=0), name="debit_file_holds_debits"),
        ]
        indexes: ClassVar = [Index(fields=["made_at"], name="debit_file_to_hand_over", condition=Q(state="made"))]

    def __str__(self) -> str:
        return f"debit file {self.file_id}"


class DebitAttempt(models.Model):
    """One try at an order, in one file. The database holds its amount to that of the order (migration 0003)."""

    class State(models.TextChoices):
        SENT = "sent"
        COLLECTED = "collected"
        RETURNED = "returned"

    order = models.ForeignKey(DebitOrder, on_delete=models.PROTECT, related_name="attempts")
    attempt_no = models.SmallIntegerField()
    file = models.ForeignKey(DebitFile, on_delete=models.PROTECT, related_name="attempts")
    end_to_end_id = models.CharField(max_length=35, unique=True)
    account_hash = models.BinaryField()
    amount_minor = models.BigIntegerField()
    collect_date = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENT)
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    receipt = models.OneToOneField(
        "payments.Receipt", null=True, on_delete=models.PROTECT, related_name="debit_attempt"
    )
    bank_reference = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["order", "attempt_no"], name="debit_attempt_number_is_unique"),
            UniqueConstraint(fields=["order"], condition=Q(state="sent"), name="one_attempt_at_a_time"),
            CheckConstraint(
                condition=~Q(state="collected") | Q(receipt__isnull=False), name="collected_debit_has_receipt"
            ),
        ]
        indexes: ClassVar = [
            Index(fields=["account_hash", "collect_date"], name="debit_attempt_by_account"),
            Index(fields=["collect_date"], name="unanswered_debit_by_date", condition=Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"debit attempt {self.end_to_end_id}"


class BankFile(models.Model):
    """A file of the bank's that was taken, known by the bank's message id. Kept encrypted as evidence."""

    kind = models.CharField(max_length=10)
    message_id = models.CharField(max_length=35)
    sha256 = models.CharField(max_length=64)
    content_encrypted = models.BinaryField()
    taken_at = models.DateTimeField()
    counts = models.JSONField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["kind", "message_id"], name="bank_file_is_taken_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class DebitReturn(models.Model):
    """
    A debit that the bank refused, or took back after it had brought the money.

    A debit comes back once; `is_late` says that its receipt had been booked.
    """

    attempt = models.OneToOneField(DebitAttempt, on_delete=models.PROTECT, related_name="debit_return")
    reason_code = models.CharField(max_length=35)
    reason_class = models.CharField(max_length=20)
    amount_minor = models.BigIntegerField()
    value_date = models.DateField()
    is_late = models.BooleanField()
    bank_reference = models.CharField(max_length=80, blank=True)
    bank_file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="returns")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="debit_return_amount_is_positive")
        ]

    def __str__(self) -> str:
        return f"return of {self.attempt_id}"


class BankItem(models.Model):
    """Something the bank told that no rule decides: a person works it and says what was done."""

    class Kind(models.TextChoices):
        LATE_RETURN = "late_return"
        UNKNOWN_REFERENCE = "unknown_reference"
        AMOUNT_DIFFERS = "amount_differs"
        CURRENCY_DIFFERS = "currency_differs"
        SECOND_CREDIT = "second_credit"
        CREDIT_AFTER_RETURN = "credit_after_return"
        SECOND_RETURN = "second_return"
        DISPUTED = "disputed"
        DECEASED = "deceased"
        FILE_REFUSED = "file_refused"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    bank_file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="items")
    line = models.IntegerField()
    attempt = models.ForeignKey(DebitAttempt, null=True, on_delete=models.PROTECT, related_name="bank_items")
    loan = models.ForeignKey(Loan, null=True, on_delete=models.PROTECT, related_name="bank_items")
    is_money_in = models.BooleanField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    value_date = models.DateField(null=True)
    bank_reference = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["kind", "bank_reference"], name="bank_item_is_raised_once"),
            CheckConstraint(
                condition=Q(closed_at__isnull=True) | (~Q(closed_by="") & ~Q(outcome="")),
                name="closed_bank_item_says_how",
            ),
        ]
        indexes: ClassVar = [Index(fields=["opened_at"], name="open_bank_item", condition=Q(closed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
