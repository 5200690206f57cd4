"""
The one timeline of contacts, the decisions that let them happen, and the evidence of both.

A *contact* is any attempt in or out on any channel, by the lender, an agency or a
robot. It begins as a reserved slot, which counts against every cap, and ends
used or given back. A *decision* is what the gate answered, append-only. Every
decision, every step of a contact and every statement of a person is an entry of
that person's chain of evidence: each entry holds the hash of the one before.

`ContactSubject` rows are what the counters count about (a person, a contact
point, a debt). Who decides holds them locked, taken in the order of their keys,
so no two ever count the same past (docs/decisions/0073-slots-under-locks-of-subjects.md).
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.ground.customers.models import ContactPoint, Customer

CHANNELS = ("voice", "sms", "email", "push", "wechat", "inbox", "chat", "letter", "visit", "debit", "form")


class ContactSubject(models.Model):
    """
    Something that counters count about, as a row to lock; a person's row also holds the head of their chain.

    `key` is `person:ID`, `point:HASH` or `debt:ID`.
    """

    key = models.CharField(max_length=60, primary_key=True, db_collation="C")
    entries = models.BigIntegerField(default=0, db_default=0)
    head = models.BinaryField(default=bytes, db_default=b"")

    def __str__(self) -> str:
        return self.key


class ContactDecision(models.Model):
    """
    One answer of the gate with everything it was made from; never changed.

    `question` holds ids and codes, no name and no address. `reported` marks the answer to a contact that had happened
    already (an agency tells us afterwards): a deny there is a breach, not a refusal.
    """

    class Verdict(models.TextChoices):
        ALLOW = "allow"
        DENY = "deny"
        NEEDS_POLICY_CHOICE = "needs_policy_choice"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_decisions", db_index=False)
    decided_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=30)
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    reported = models.BooleanField(default=False)
    rule_ids = ArrayField(models.CharField(max_length=40))
    pack = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=40)
    zones = ArrayField(models.CharField(max_length=40))
    confidence = models.CharField(max_length=10, blank=True)
    earliest_at = models.DateTimeField(null=True)
    question = models.JSONField()
    counters = models.JSONField()
    obligations = models.JSONField()
    reasons = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=~Q(verdict="deny") | Q(rule_ids__len__gt=0), name="refusal_names_the_rule_it_rests_on"
            ),
            CheckConstraint(
                condition=Q(verdict__in=["allow", "deny", "needs_policy_choice"]), name="contact_verdict_is_known"
            ),
        ]
        indexes: ClassVar = [
            Index(fields=["customer", "-decided_at"], name="contact_decision_by_customer"),
            Index(fields=["-decided_at", "-id"], name="contact_decision_by_time"),
            Index(fields=["-decided_at", "-id"], name="contact_refusal_by_time", condition=~Q(verdict="allow")),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.channel} to customer {self.customer_id}"


class Contact(models.Model):
    """
    One attempt to reach somebody about a customer's debts, or to reach us, on any channel by anybody.

    `key` is unique: the same call or message reported twice is one contact. `lease_until_at` ends a reservation whose
    holder died: from then on the slot counts no more, and its holder has to ask again before it acts.
    `point_hash` finds contacts at an address whoever it belongs to, also a third person's we hold no row for.
    """

    class Direction(models.TextChoices):
        OUT = "out"
        IN = "in"

    class State(models.TextChoices):
        RESERVED = "reserved"
        USED = "used"  # it happened, whatever came of it
        GIVEN_BACK = "given_back"  # nothing reached anybody: busy, not in service, not sent

    key = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=30)
    content_class = models.CharField(max_length=40, blank=True)
    mode = models.CharField(max_length=20, blank=True)  # of voice: interactive or notification
    template = models.CharField(max_length=60, blank=True)
    recipient = models.CharField(max_length=30)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, on_delete=models.PROTECT, related_name="contacts", db_index=False
    )
    point_hash = models.BinaryField(null=True)
    loan_ids = ArrayField(models.BigIntegerField())
    institution = models.CharField(max_length=60, blank=True)  # empty: the lender itself
    actor = models.CharField(max_length=20)  # lender, agency, robot
    capacity = models.CharField(max_length=30, blank=True)
    by = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=State.choices)
    outcome = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField()
    lease_until_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    decision = models.ForeignKey(
        ContactDecision, null=True, on_delete=models.PROTECT, related_name="contacts", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["key"], name="contact_is_recorded_once"),
            CheckConstraint(
                condition=Q(direction="in") | Q(decision__isnull=False), name="contact_out_rests_on_a_decision"
            ),
            CheckConstraint(
                condition=Q(state="reserved", lease_until_at__isnull=False)
                | Q(state__in=["used", "given_back"], settled_at__isnull=False),
                name="contact_is_leased_or_settled",
            ),
            CheckConstraint(condition=Q(channel__in=CHANNELS), name="contact_channel_is_known"),
        ]
        indexes: ClassVar = [
            Index(fields=["customer", "-at"], name="contact_by_customer"),
            Index(fields=["point_hash", "-at"], name="contact_by_point", condition=Q(point_hash__isnull=False)),
            Index(fields=["lease_until_at"], name="contact_reserved", condition=Q(state="reserved")),
            Index(fields=["decision"], name="contact_by_decision", condition=Q(decision__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.channel} of customer {self.customer_id}"


class Consent(models.Model):
    """
    One statement about what a person wants: asked, given, withdrawn, refused; append-only, the latest that fits counts.

    The statements of a third person stand under the customer they were asked about, with `point_hash`.

    An empty purpose, channel or contact point means all of them; no debts means every debt. `facts` carries what the
    act needs beside (hours agreed, a language, an employer's ban): codes and times, nothing that tells who somebody is.
    """

    class Act(models.TextChoices):
        """Asking, and the kinds of event by the names the contact rules know them by."""

        ASKED = "asked"
        CONSENT_GIVEN = "consent_given"
        CONSENT_WITHDRAWN = "consent_withdrawn"
        OPT_OUT = "opt_out"
        OPT_IN = "opt_in"
        MEDIUM_REFUSED = "medium_refused"
        REFUSAL = "refusal"  # of a third person, who is never to be contacted again
        CEASE_REQUEST = "cease_request"
        CEASE_WITHDRAWN = "cease_withdrawn"
        PREFERRED_HOURS = "preferred_hours"
        PREFERENCE_WITHDRAWN = "preference_withdrawn"
        PREFERRED_CHANNEL = "preferred_channel"
        INCONVENIENT_TIME = "inconvenient_time"
        INCONVENIENT_PLACE = "inconvenient_place"
        WORKPLACE_FORBIDDEN = "workplace_forbidden"
        WORKPLACE_PERMITTED = "workplace_permitted"
        LOST_CONTACT = "lost_contact"
        CONTACT_RESTORED = "contact_restored"
        WRONG_NUMBER = "wrong_number"
        ATTORNEY_UNRESPONSIVE = "attorney_unresponsive"
        VALIDATION_SENT = "validation_sent"
        NEW_DEBIT_AUTHORISATION = "new_debit_authorisation"
        RIGHTS_NOTICE = "rights_notice"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents", db_index=False)
    act = models.CharField(max_length=30, choices=Act.choices)
    purpose = models.CharField(max_length=30, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    point_hash = models.BinaryField(null=True)
    loan_ids = ArrayField(models.BigIntegerField(), default=list)
    text_version = models.CharField(max_length=60, blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    via = models.CharField(max_length=20)  # keyword, link, agent, portal, api, letter
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=150)
    key = models.CharField(max_length=200, null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["key"], name="consent_arrives_once"),
            CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gt=F("at")), name="consent_ends_after_it_begins"
            ),
        ]
        indexes: ClassVar = [
            Index(fields=["customer", "-at"], name="consent_by_customer"),
            Index(fields=["point_hash"], name="consent_by_point", condition=Q(point_hash__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.act} by customer {self.customer_id}"


class ContactHold(models.Model):
    """Something that closes a debt or a person to contact from a moment until it ends or is released, with a reason."""

    class Kind(models.TextChoices):
        DISPUTED = "disputed"
        ON_PLAN = "on_plan"
        PROMISED = "promised"
        COMPLAINT = "complaint"
        HARDSHIP = "hardship"
        DEBT_ADVICE = "debt_advice"
        LEGAL = "legal"  # keeps records from being erased; closes no contact

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_holds", db_index=False)
    loan_id = models.BigIntegerField(null=True)  # null: the whole person
    kind = models.CharField(max_length=12, choices=Kind.choices)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=150)
    facts = models.JSONField(default=dict)
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True)
    released_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["customer", "loan_id", "kind"],
                name="hold_is_open_once",
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
            ),
            CheckConstraint(condition=~Q(reason=""), name="hold_has_a_reason"),
            CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(release_reason=""), name="release_of_hold_has_a_reason"
            ),
            CheckConstraint(
                condition=Q(loan_id__isnull=False) | ~Q(kind__in=["disputed", "on_plan"]), name="hold_of_debt_names_it"
            ),
        ]
        indexes: ClassVar = [Index(fields=["customer", "kind"], name="hold_by_customer")]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"


class EvidenceEntry(models.Model):
    """
    One link of a person's chain; append-only.

    `digest` is of the row it tells of (or of `facts`, where the entry itself is the record), `hash` of the entry and
    the hash before it. `place` counts from 1 without gaps.
    """

    customer_id = models.BigIntegerField()
    place = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    facts = models.JSONField()
    digest = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["customer_id", "place"], name="evidence_is_one_chain_per_person"),
        ]
        indexes: ClassVar = [Index(fields=["subject_id", "kind"], name="evidence_by_subject")]

    def __str__(self) -> str:
        return f"entry {self.place} of customer {self.customer_id}"


class EvidenceSeal(models.Model):
    """
    The head over all entries up to `through_entry_id`, made once a day and resting on the seal before; append-only.

    `mac` is keyed with the installation's key file, which no database administrator needs to hold.
    """

    through_entry_id = models.BigIntegerField(unique=True)
    entries = models.BigIntegerField()
    head = models.BinaryField()
    mac = models.BinaryField()
    sealed_at = models.DateTimeField()
    by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"seal through entry {self.through_entry_id}"

    @property
    def head_text(self) -> str:
        """The head as people write it down."""
        return bytes(self.head).hex()
