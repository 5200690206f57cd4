"""Facts told by another core, and the record of the files that told them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.books.loans.models import COMPONENTS, Loan


class Kind(models.TextChoices):
    """What a file is about."""

    POSITIONS = "positions"
    INSTALMENTS = "instalments"
    RECEIPTS = "receipts"


class Core(models.Model):
    """
    A core whose loans are followed, by the `source` under which they are known.

    `expected_kinds` come every day and are due at `due_by_hour` of the day after the business date
    they speak of, in the lender's time zone; `followed_from_date` is the first such day. `mapping` and `terms`
    are those of its newest file: what comes as a call is read with them.
    """

    source = models.CharField(max_length=40, unique=True)
    expected_kinds = ArrayField(models.CharField(max_length=12, choices=Kind.choices), default=list)
    due_by_hour = models.SmallIntegerField(default=6)
    followed_from_date = models.DateField()
    mapping = models.JSONField(default=dict)
    terms = models.JSONField(default=dict)
    mapping_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(due_by_hour__gte=0, due_by_hour__lte=23), name="core_is_due_by_an_hour"),
        ]

    def __str__(self) -> str:
        return self.source


class SyncFile(models.Model):
    """
    A file, or a call, that was taken in: what it was, what was done with its rows, how it tied out.

    Of `rows_read`, `rows_taken` were facts newer than those held or the first of their kind, `rows_same`
    were known already, `rows_older` speak of a day before what is held and were left alone.
    Control figures and differences are in minor units.
    """

    core = models.ForeignKey(Core, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    as_of_date = models.DateField()
    is_full = models.BooleanField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping_sha256 = models.CharField(max_length=64)
    rows_read = models.IntegerField()
    rows_taken = models.IntegerField()
    rows_same = models.IntegerField()
    rows_older = models.IntegerField()
    loans_new = models.IntegerField(default=0)
    loans_absent = models.IntegerField(default=0)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["core", "kind", "as_of_date", "file_sha256", "mapping_sha256"], name="file_is_synced_once"
            ),
            CheckConstraint(
                condition=Q(rows_read=F("rows_taken") + F("rows_same") + F("rows_older")),
                name="synced_rows_are_taken_same_or_older",
            ),
        ]
        indexes: ClassVar = [Index(fields=["core", "as_of_date", "kind"], name="sync_file_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.as_of_date}"


class FollowedLoan(models.Model):
    """
    Where the other core says a loan stands, and how fresh that is.

    `days_past_due` is the core's own count, NULL where it tells none. `absent_since_date` is the day of the
    first full file without the loan: nobody is contacted about it until it is told again.
    """

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, primary_key=True, related_name="followed")
    core = models.ForeignKey(Core, on_delete=models.PROTECT, related_name="loans")
    positions_as_of_date = models.DateField()
    instalments_as_of_date = models.DateField(null=True)
    status_word = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=Loan.Status.choices)
    outstanding_minor = models.BigIntegerField()
    days_past_due = models.IntegerField(null=True)
    absent_since_date = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(outstanding_minor__gte=0), name="followed_loan_owes_nothing_negative"),
        ]

    def __str__(self) -> str:
        return f"followed loan {self.loan_id}"


class FollowedInstalment(models.Model):
    """A row of the plan as the other core tells it: what falls due when, and what of it was paid by the file's day."""

    pk = models.CompositePrimaryKey("loan_id", "instalment_no")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    instalment_no = models.SmallIntegerField()
    due_date = models.DateField()
    principal_due_minor = models.BigIntegerField()
    interest_due_minor = models.BigIntegerField()
    fee_due_minor = models.BigIntegerField()
    penalty_due_minor = models.BigIntegerField()
    principal_paid_minor = models.BigIntegerField()
    interest_paid_minor = models.BigIntegerField()
    fee_paid_minor = models.BigIntegerField()
    penalty_paid_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(**{f"{name}_paid_minor__gte": 0, f"{name}_due_minor__gte": F(f"{name}_paid_minor")}),
                name=f"followed_{name}_paid_within_due",
            )
            for name in COMPONENTS
        ]

    def __str__(self) -> str:
        return f"row {self.instalment_no} of loan {self.loan_id}"


class FileAlarm(models.Model):
    """A file that had not come by its hour; open until it comes."""

    core = models.ForeignKey(Core, on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    business_date = models.DateField()
    raised_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["core", "kind", "business_date"], name="missing_file_is_alarmed_once"),
        ]

    def __str__(self) -> str:
        return f"no {self.kind} of {self.business_date}"


class TieOut(models.Model):
    """
    The comparison of one day with the core's control figures, and the loans in which we differ.

    `lines` are counts and sums by status and bucket, theirs and ours; `differences` the first loans that
    differ, each with figure, theirs and ours. A repetition replaces the day's row.
    """

    core = models.ForeignKey(Core, on_delete=models.PROTECT, related_name="tie_outs")
    business_date = models.DateField()
    lines = models.JSONField()
    differences = models.JSONField()
    difference_count = models.IntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["core", "business_date"], name="day_ties_out_once_per_core"),
        ]

    def __str__(self) -> str:
        return f"tie-out of {self.business_date}"

    @property
    def holds(self) -> bool:
        """Whether every figure is the same here and there."""
        return self.difference_count == 0 and all(line["theirs"] == line["ours"] for line in self.lines)
