"""
From a request for money to the loan: applications, decisions, offers, acknowledgements, transfers.

An application walks through its states, and every step is an event on its append-only timeline. What decided, what was
offered and which texts were acknowledged are kept as they were: decisions, offers, texts and acknowledgements are never
edited. docs/rules/applications.md.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.books.lines.models import CreditLine, Drawdown
from postloan.books.loans.models import Loan
from postloan.books.products.models import Product, ProductVersion
from postloan.ground.customers.models import Customer
from postloan.kernel.offers import OfferTerms


class OfferRules(models.Model):
    """How a product version is offered, as kernel.offers.OfferTerms. Frozen: new rules are a new version."""

    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="offer_rules")
    version_no = models.SmallIntegerField()
    terms = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["product_version", "version_no"], name="offer_rules_version_is_unique"),
        ]

    def __str__(self) -> str:
        return f"offer rules {self.version_no} of {self.product_version_id}"

    @property
    def offer_terms(self) -> OfferTerms:
        """The rules as the kernel knows them."""
        return OfferTerms.model_validate(self.terms)


class LegalText(models.Model):
    """A text a customer must have read: terms, risks. Frozen; `sha256` is of the body, as it is shown."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="texts", db_index=False)
    code = models.SlugField(max_length=40)
    language = models.CharField(max_length=10)
    version_no = models.SmallIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["product", "code", "language", "version_no"], name="text_version_is_unique"),
            CheckConstraint(condition=~Q(body=""), name="text_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.language} v{self.version_no}"


class PayoutAccount(models.Model):
    """
    An account that money may be sent to: a customer's own, or a merchant's. Number and name lie encrypted.

    The ciphertexts are bound to this row; the account is found by a keyed hash.
    """

    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="payout_accounts")
    merchant = models.CharField(max_length=80, blank=True)
    bank_code = models.CharField(max_length=20)
    number_encrypted = models.BinaryField(default=bytes)
    number_hash = models.BinaryField()
    name_encrypted = models.BinaryField(default=bytes)
    last_digits = models.CharField(max_length=4)
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(customer__isnull=False, merchant="") | Q(customer__isnull=True) & ~Q(merchant=""),
                name="payout_account_is_a_customers_or_a_merchants",
            ),
            UniqueConstraint(
                fields=["customer", "merchant", "bank_code", "number_hash"],
                nulls_distinct=False,
                name="payout_account_is_listed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"payout account {self.pk}"


class Application(models.Model):
    """
    A request for money. `client_reference` is the asker's own: the same request twice is one application.

    `state` follows from the last event of its timeline. `amount_minor` is what was asked for.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted"
        REFERRED = "referred"
        REFUSED = "refused"
        OFFERED = "offered"
        ACKNOWLEDGED = "acknowledged"
        PAYING = "paying"
        PAID_OUT = "paid_out"
        PAYOUT_FAILED = "payout_failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="applications")
    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, db_index=False)
    offer_rules = models.ForeignKey(OfferRules, on_delete=models.PROTECT, db_index=False)
    line = models.ForeignKey(CreditLine, null=True, on_delete=models.PROTECT, related_name="applications")
    payout_account = models.ForeignKey(PayoutAccount, on_delete=models.PROTECT, db_index=False)
    client_reference = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    instalments = models.SmallIntegerField()
    purpose = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=14, choices=State.choices, default=State.SUBMITTED)
    drawdown = models.OneToOneField(Drawdown, null=True, on_delete=models.PROTECT, related_name="application")
    loan = models.OneToOneField(Loan, null=True, on_delete=models.PROTECT, related_name="application")

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["customer", "client_reference"], name="request_is_one_application"),
            CheckConstraint(condition=Q(amount_minor__gt=0), name="application_amount_is_positive"),
            CheckConstraint(
                condition=Q(state="paid_out", loan__isnull=False) | ~Q(state="paid_out") & Q(loan__isnull=True),
                name="paid_out_application_has_its_loan",
            ),
        ]
        indexes: ClassVar = [
            Index(
                fields=["state", "requested_at"],
                name="application_under_way",
                condition=Q(state__in=["submitted", "referred", "offered", "acknowledged", "paying"]),
            ),
        ]

    def __str__(self) -> str:
        return f"application {self.pk}"


class ApplicationEvent(models.Model):
    """One step on an application's timeline. `details` holds ids, figures and codes, never personal data."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="events", db_index=False)
    event_no = models.SmallIntegerField()
    kind = models.CharField(max_length=30)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    details = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["application", "event_no"], name="application_event_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of application {self.application_id}"


class Decision(models.Model):
    """What was decided on an application, by whom or what, and the facts it was decided from: it can be asked again."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8)
    decider = models.CharField(max_length=80)
    decider_version = models.CharField(max_length=40)
    facts = models.JSONField()
    reasons = models.JSONField()
    grade = models.CharField(max_length=10, blank=True)
    decided_at = models.DateTimeField()
    by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(outcome__in=["approve", "refuse", "refer"]), name="decision_outcome_known"),
            CheckConstraint(condition=Q(outcome="approve") | ~Q(reasons=[]), name="refusal_names_its_reasons"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} of application {self.application_id}"


class LoanOffer(models.Model):
    """
    What the customer was offered, all figures as shown, in minor units. Rates in millionths.

    `figures_sha256` is of the figures and the texts together: an acknowledgement names it. The money leaves on
    `start_date` or not by this offer; nothing is accepted from `expires_at` on.
    """

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="offer")
    requested_minor = models.BigIntegerField()
    charge_minor = models.BigIntegerField()
    paid_out_minor = models.BigIntegerField()
    principal_minor = models.BigIntegerField()
    cost_minor = models.BigIntegerField()
    rate_ppm = models.BigIntegerField()
    rate_per = models.CharField(max_length=5)
    start_date = models.DateField()
    due_dates = ArrayField(models.DateField())
    row_principal_minor = ArrayField(models.BigIntegerField())
    row_interest_minor = ArrayField(models.BigIntegerField())
    row_fee_minor = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    annual_rate_method = models.CharField(max_length=20)
    annual_rate_ppm = models.BigIntegerField(null=True)
    annual_rates = models.JSONField()
    text_ids = ArrayField(models.BigIntegerField())
    figures_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(paid_out_minor__gt=0, principal_minor__gte=F("paid_out_minor")),
                name="offer_pays_something_out",
            ),
            CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="offer_expires_after_it_is_made"),
        ]

    def __str__(self) -> str:
        return f"offer on application {self.application_id}"


class Acknowledgement(models.Model):
    """That a customer acknowledged one text with the offer's figures: which version, when, on which channel, how shown."""

    offer = models.ForeignKey(LoanOffer, on_delete=models.PROTECT, related_name="acknowledgements", db_index=False)
    text = models.ForeignKey(LegalText, on_delete=models.PROTECT, db_index=False)
    acknowledged_at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    evidence_encrypted = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["offer", "text"], name="text_is_acknowledged_once"),
        ]

    def __str__(self) -> str:
        return f"acknowledgement of text {self.text_id} for offer {self.offer_id}"


class Transfer(models.Model):
    """
    Money on its way to a customer or merchant. `end_to_end_id` stays the same however often it is handed over.

    planned → sent (handed over, answer not known) → accepted → settled, or rejected. Settled money has its value date.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        SENT = "sent"
        ACCEPTED = "accepted"
        SETTLED = "settled"
        REJECTED = "rejected"

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="transfer")
    payout_account = models.ForeignKey(PayoutAccount, on_delete=models.PROTECT, db_index=False)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    requested_date = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    value_date = models.DateField(null=True)
    bank_reference = models.CharField(max_length=120, blank=True)
    reason_code = models.CharField(max_length=10, blank=True)
    planned_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="transfer_amount_is_positive"),
            CheckConstraint(condition=~Q(state="settled") | Q(value_date__isnull=False), name="settled_has_value_date"),
        ]
        indexes: ClassVar = [
            Index(fields=["state"], name="transfer_under_way", condition=~Q(state__in=["settled", "rejected"])),
        ]

    def __str__(self) -> str:
        return f"transfer {self.end_to_end_id}"
