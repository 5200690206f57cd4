"""What the night shift did: runs, partitions with their timings, and loans set aside."""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan


class CloseRun(models.Model):
    """
    The close of one business date. `partitions` are runs of slots, chosen when it started.

    `checks` holds the figures that were compared before and after; a run with
    loans set aside finishes amber, one whose checks fail stays `failed`.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        AMBER = "amber"
        FAILED = "failed"

    business_date = models.DateField(unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    partitions = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"close of {self.business_date}"


class ClosePartition(models.Model):
    """The mark that one partition of one day is done, written in the transaction that did it."""

    run = models.ForeignKey(CloseRun, on_delete=models.PROTECT, related_name="marks")
    partition_no = models.SmallIntegerField()
    from_slot = models.SmallIntegerField()
    to_slot = models.SmallIntegerField()
    finished_at = models.DateTimeField()
    counts = models.JSONField()
    step_seconds = models.JSONField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["run", "partition_no"], name="partition_is_closed_once")]

    def __str__(self) -> str:
        return f"partition {self.partition_no} of run {self.run_id}"


class FaultyLoan(models.Model):
    """A loan the close could not work out, set aside with the reason while the rest finished."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="faults")
    business_date = models.DateField()
    step = models.CharField(max_length=40)
    reason = models.TextField()
    found_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan"], condition=Q(solved_at__isnull=True), name="loan_has_one_open_fault"),
        ]
        indexes: ClassVar = [Index(fields=["-found_at"], name="fault_by_time")]

    def __str__(self) -> str:
        return f"fault of loan {self.loan_id}"
