"""
Loans, their schedules and their demands.

A *schedule version* is the plan: every row's date and amounts, frozen as
arrays, one row of the database a version, kept as evidence when another
version follows. An *instalment* is a demand: a row of the plan that has fallen
due (the close raises it the evening before), with what is due, paid and waived
of each component. So a loan taken over with 36 rows is two rows here, not 38,
and re-dating a loan writes one row.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BaseConstraint, CheckConstraint, F, GeneratedField, Index, Q, UniqueConstraint
from django.db.models.functions import Mod

from postloan.books.ledger.models import SLOT_COUNT, SLOT_NEIGHBOURS, JournalEntry
from postloan.books.loans.event_models import EVENT_KINDS, LoanEvent, SettlementOffer
from postloan.books.products.models import ProductVersion
from postloan.ground.customers.models import Customer
from postloan.kernel.product_terms import ProductTerms

__all__ = ["COMPONENTS", "ImportBatch", "Instalment", "Loan", "LoanEvent", "ScheduleVersion", "SettlementOffer"]

COMPONENTS = ("principal", "interest", "fee", "penalty")


class Loan(models.Model):
    """
    One loan. Contract terms above, projections below; a replay of the events must give the projections again.

    `rate_ppm` is as quoted, per `rate_per`. `grace_days` are those of the loan's grade when it was opened; NULL is the
    product's own. `accrued_interest_minor` is interest of
    the running row earned and posted but not yet due. `past_due_since_date` is
    the oldest due date with something open; days past due follow from it.
    `next_event_date` is the business date whose close has work to do here; NULL
    means none. `opening_paid_…` is what the lender's tape said was paid before
    the loan was taken over. `moved_…_minor` was demanded once and put into rows to come by an agreement: it is asked
    with those rows and stays a receivable meanwhile. `principal_off_book_minor` is the part of the outstanding principal that was charged
    off: owed, but no asset any more. `needs_replay` says that plan and demands alone do not give the next figures:
    the night takes such a loan through the engine.

    A loan `kept_elsewhere` is the book of another core and only followed here (books/mirror): it is
    aged, reminded and served like any other, never accrued or posted.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        CLOSED = "closed"
        CHARGED_OFF = "charged_off"

    # The contract
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="loans", db_index=False)
    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, db_index=False)
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField()
    rate_ppm = models.BigIntegerField()
    rate_per = models.CharField(max_length=5)
    instalments = models.SmallIntegerField()
    instalment_minor = models.BigIntegerField()
    disbursed_date = models.DateField()
    grade = models.CharField(max_length=10, blank=True)
    grace_days = models.SmallIntegerField(null=True)
    takeover_date = models.DateField(null=True)
    opening_paid_principal_minor = models.BigIntegerField(default=0)
    opening_paid_interest_minor = models.BigIntegerField(default=0)
    opening_paid_fee_minor = models.BigIntegerField(default=0)
    opening_status = models.CharField(max_length=40, blank=True)
    kept_elsewhere = models.BooleanField(default=False, db_default=False)

    # The projections
    slot = GeneratedField(
        expression=Mod(F("customer_id") / SLOT_NEIGHBOURS, SLOT_COUNT),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    schedule_version_no = models.SmallIntegerField()
    next_instalment_no = models.SmallIntegerField(null=True)
    next_due_date = models.DateField(null=True)
    principal_outstanding_minor = models.BigIntegerField()
    accrued_interest_minor = models.BigIntegerField(default=0)
    past_due_since_date = models.DateField(null=True)
    bucket = models.SmallIntegerField(default=0)
    next_event_date = models.DateField(null=True)
    closed_date = models.DateField(null=True)
    principal_off_book_minor = models.BigIntegerField(default=0, db_default=0)
    contractual_past_due_since_date = models.DateField(null=True)
    moved_interest_minor = models.BigIntegerField(default=0, db_default=0)
    moved_fee_minor = models.BigIntegerField(default=0, db_default=0)
    moved_penalty_minor = models.BigIntegerField(default=0, db_default=0)
    needs_replay = models.BooleanField(default=False, db_default=False)
    set_aside_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["source", "external_id"], name="loan_is_known_once_per_source"),
            CheckConstraint(condition=Q(principal_minor__gt=0), name="loan_principal_is_positive"),
            CheckConstraint(
                condition=Q(grace_days__isnull=True) | Q(grace_days__gte=0, grace_days__lte=14),
                name="loan_grace_is_two_weeks_at_most",
            ),
            CheckConstraint(
                condition=Q(principal_outstanding_minor__gte=0), name="loan_principal_outstanding_is_not_negative"
            ),
            CheckConstraint(
                # Where money pays rows in advance, interest may be paid before its days: income not earned yet.
                condition=Q(accrued_interest_minor__gte=0) | Q(needs_replay=True),
                name="loan_accrued_interest_is_not_negative",
            ),
            CheckConstraint(
                condition=~Q(status="closed") | Q(principal_outstanding_minor=0), name="closed_loan_owes_no_principal"
            ),
            CheckConstraint(
                condition=Q(moved_interest_minor__gte=0, moved_fee_minor__gte=0, moved_penalty_minor__gte=0),
                name="loan_moved_arrears_are_not_negative",
            ),
            CheckConstraint(
                condition=Q(principal_off_book_minor__gte=0)
                & Q(principal_off_book_minor__lte=F("principal_outstanding_minor")),
                name="loan_off_book_is_within_outstanding",
            ),
            CheckConstraint(
                condition=Q(kept_elsewhere=False) | Q(accrued_interest_minor=0),
                name="loan_kept_elsewhere_accrues_nothing_here",
            ),
        ]
        indexes: ClassVar = [
            Index(
                fields=["slot", "next_event_date"],
                name="loan_by_next_event",
                condition=Q(status="active") | Q(next_event_date__isnull=False),
            ),
            Index(fields=["customer"], name="loan_by_customer"),
            Index(fields=["status", "id"], name="loan_not_active", condition=~Q(status="active")),
            Index(fields=["bucket", "past_due_since_date"], name="loan_by_bucket", condition=Q(bucket__gt=0)),
            Index(fields=["slot"], name="replayed_loan_by_slot", condition=Q(needs_replay=True)),
        ]

    def __str__(self) -> str:
        return f"loan {self.pk}"

    @property
    def terms(self) -> ProductTerms:
        """The terms of the product, with the days of grace this loan was opened with."""
        return self.product_version.product_terms.with_grace(grace_days=self.grace_days)


class ScheduleVersion(models.Model):
    """
    The plan of a loan, row i of every array being instalment `from_instalment_no + i`.

    `row_from_date` is where the first row's interest begins. `fee_minor` is empty where the plan has no fees. Never
    edited: the database refuses it.
    """

    class Reason(models.TextChoices):
        OPENED = "opened"
        TAKEN_OVER = "taken_over"
        REPLAYED = "replayed"  # something earlier was taken back or came to light later
        BILLED = "billed"
        CARRIED_ON = "carried_on"
        FOLLOWED = "followed"  # told by the core that keeps the loan

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="schedule_versions", db_index=False)
    version_no = models.SmallIntegerField()
    reason = models.CharField(max_length=20, choices=[*Reason.choices, *((kind, kind) for kind in EVENT_KINDS)])
    event = models.ForeignKey(LoanEvent, null=True, on_delete=models.PROTECT, db_index=False)
    business_date = models.DateField()
    from_instalment_no = models.SmallIntegerField(default=1)
    row_from_date = models.DateField()
    due_dates = ArrayField(models.DateField())
    principal_minor = ArrayField(models.BigIntegerField())
    interest_minor = ArrayField(models.BigIntegerField())
    fee_minor = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan", "version_no"], name="schedule_version_is_unique"),
            CheckConstraint(
                condition=Q(fee_minor__len=0) | Q(fee_minor__len=F("due_dates__len")), name="schedule_fees_fit_rows"
            ),
        ]

    def __str__(self) -> str:
        return f"schedule {self.version_no} of loan {self.loan_id}"

    @property
    def fees_by_row(self) -> list[int]:
        """The fees of each row in minor units, zeros where the plan has none."""
        return self.fee_minor or [0] * len(self.due_dates)


def _component_constraints() -> list[BaseConstraint]:
    return [
        CheckConstraint(
            condition=Q(
                **{
                    f"{name}_paid_minor__gte": 0,
                    f"{name}_waived_minor__gte": 0,
                    f"{name}_due_minor__gte": F(f"{name}_paid_minor") + F(f"{name}_waived_minor"),
                }
            ),
            name=f"instalment_{name}_paid_within_due",
        )
        for name in COMPONENTS
    ]


def _off_book_constraints() -> list[BaseConstraint]:
    return [
        CheckConstraint(
            condition=Q(**{f"{name}_off_book_minor__gte": 0})
            & Q(
                **{
                    f"{name}_off_book_minor__lte": F(f"{name}_due_minor")
                    - F(f"{name}_paid_minor")
                    - F(f"{name}_waived_minor")
                }
            ),
            name=f"instalment_{name}_off_book_within_open",
        )
        for name in ("interest", "fee", "penalty")
    ]


class Instalment(models.Model):
    """
    A dated demand: what fell due and what of it is paid or waived, by component.

    `penalty_minor_days` (overdue minor units × days) and `penalty_counted_through_date`
    are the count from which the penalty follows exactly, see docs/rules/penalties.md;
    a row taken over late starts its count at the takeover. `settled_date` is the
    business date on which nothing was open any more. Numbers from 1001 on are demands beside the plan (`kind`): a
    prepayment, a settlement, a charge. `original_due_date` is set where a later plan moved the due date. `…_off_book_minor`
    is the part of what is open that is no asset: charged off, or raised in non-accrual.
    """

    pk = models.CompositePrimaryKey("loan_id", "instalment_no")
    # Checked in sets, once a statement (docs/decisions/0030-checks-in-sets.md).
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="raised_instalments", db_index=False, db_constraint=False
    )
    instalment_no = models.SmallIntegerField()
    schedule_version_no = models.SmallIntegerField()
    due_date = models.DateField()
    principal_due_minor = models.BigIntegerField()
    interest_due_minor = models.BigIntegerField()
    fee_due_minor = models.BigIntegerField(default=0, db_default=0)
    penalty_due_minor = models.BigIntegerField(default=0, db_default=0)
    principal_paid_minor = models.BigIntegerField(default=0, db_default=0)
    interest_paid_minor = models.BigIntegerField(default=0, db_default=0)
    fee_paid_minor = models.BigIntegerField(default=0, db_default=0)
    penalty_paid_minor = models.BigIntegerField(default=0, db_default=0)
    principal_waived_minor = models.BigIntegerField(default=0, db_default=0)
    interest_waived_minor = models.BigIntegerField(default=0, db_default=0)
    fee_waived_minor = models.BigIntegerField(default=0, db_default=0)
    penalty_waived_minor = models.BigIntegerField(default=0, db_default=0)
    penalty_minor_days = models.BigIntegerField(default=0, db_default=0)
    penalty_counted_through_date = models.DateField(null=True)
    settled_date = models.DateField(null=True)
    kind = models.CharField(max_length=12, default="regular", db_default="regular")
    original_due_date = models.DateField(null=True)
    interest_off_book_minor = models.BigIntegerField(default=0, db_default=0)
    fee_off_book_minor = models.BigIntegerField(default=0, db_default=0)
    penalty_off_book_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [*_component_constraints(), *_off_book_constraints()]
        indexes: ClassVar = [
            Index(fields=["loan"], name="open_instalment_by_loan", condition=Q(settled_date__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"instalment {self.instalment_no} of loan {self.loan_id}"

    def open_minor(self, component: str) -> int:
        """What is still owed of one component, in minor units."""
        due: int = getattr(self, f"{component}_due_minor")
        paid: int = getattr(self, f"{component}_paid_minor")
        waived: int = getattr(self, f"{component}_waived_minor")
        return due - paid - waived


class ImportBatch(models.Model):
    """
    A tape that was taken over: which file with which mapping as of which date, what it held and how it tied out.

    The loans of the batch are those of `source` with ids from `first_loan_id` to
    `last_loan_id`. Money in the JSON is in minor units. Never edited: the database refuses it.
    """

    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping_sha256 = models.CharField(max_length=64)
    as_of_date = models.DateField()
    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, db_index=False)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="import_batch")
    first_loan_id = models.BigIntegerField()
    last_loan_id = models.BigIntegerField()
    rows_read = models.IntegerField()
    rows_loaded = models.IntegerField()
    rows_rejected = models.IntegerField()
    control_totals = models.JSONField()
    tie_out = models.JSONField()
    warnings = models.JSONField()
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["file_sha256", "mapping_sha256", "as_of_date"], name="tape_is_imported_once"),
            CheckConstraint(
                condition=Q(rows_read=F("rows_loaded") + F("rows_rejected")),
                name="imported_rows_are_loaded_or_rejected",
            ),
        ]

    def __str__(self) -> str:
        return f"import of {self.source} as of {self.as_of_date}"
