"""What the night shift did: runs, partitions with their timings, and loans set aside."""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan


class CloseRun(models.Model):
    """
    The close of one business date. `partitions` are runs of slots, chosen when it started.

    Days that were missed are closed in one pass: `pass_through_date` is its last
    day, on most nights the business date itself (NULL for runs older than that). `software_version` did it.

    `checks` holds the figures that were compared before and after; a run with
    loans set aside finishes amber, one whose checks fail stays `failed`.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        AMBER = "amber"
        FAILED = "failed"

    business_date = models.DateField(unique=True)
    pass_through_date = models.DateField(null=True)
    software_version = models.CharField(max_length=40, blank=True, default="", db_default="")
    executor = models.CharField(max_length=120, blank=True, default="", db_default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    partitions = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"close of {self.business_date}"


class ClosePartition(models.Model):
    """
    The mark that one partition of one day is done, written in the transaction that did it.

    `held_ms` is how long the partition held its slots, commit apart: as long as a receipt may have waited. Of several
    days closed in one pass the last has it.
    """

    run = models.ForeignKey(CloseRun, on_delete=models.PROTECT, related_name="marks")
    partition_no = models.SmallIntegerField()
    from_slot = models.SmallIntegerField()
    to_slot = models.SmallIntegerField()
    finished_at = models.DateTimeField()
    counts = models.JSONField()
    step_seconds = models.JSONField()
    held_ms = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["run", "partition_no"], name="partition_is_closed_once")]

    def __str__(self) -> str:
        return f"partition {self.partition_no} of run {self.run_id}"


class PartitionAtWork(models.Model):
    """
    Which partition a worker has in hand, and since when in which phase: wait, read, a step of the work, or write.

    Written beside the work and never relied on: `ClosePartition` says what is done.
    A row whose worker has died stays until its partition is taken up again or the run ends.
    """

    run = models.ForeignKey(CloseRun, on_delete=models.CASCADE, related_name="at_work")
    partition_no = models.SmallIntegerField()
    phase = models.CharField(max_length=40)
    worker = models.CharField(max_length=80)
    since_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["run", "partition_no"], name="partition_is_at_work_once")]

    def __str__(self) -> str:
        return f"partition {self.partition_no} of run {self.run_id}: {self.phase}"


class CloseAlarm(models.Model):
    """A day that was not started or not finished by its hour, or whose checks failed; open until that is put right."""

    class Kind(models.TextChoices):
        NOT_STARTED = "not_started"
        NOT_FINISHED = "not_finished"
        FAILED = "failed"

    business_date = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    raised_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["business_date", "kind"], name="alarm_is_raised_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.business_date}"


class ScheduledWork(models.Model):
    """
    What the schedule had done at one of its hours: work by name, due at an instant, once.

    `waiting` could not be done yet and says why (`reason`); `failed` ended in an error. Both are tried again.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        WAITING = "waiting"
        FAILED = "failed"

    name = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    tries = models.SmallIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["name", "due_at"], name="scheduled_work_is_done_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.due_at:%Y-%m-%d %H:%M}: {self.state}"


class FaultyLoan(models.Model):
    """
    A loan the close could not work out, set aside with the reason while the rest finished.

    `resolution` says how it ended: `released` by a person, after a rehearsal that went well or without one.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="faults")
    business_date = models.DateField()
    step = models.CharField(max_length=40)
    reason = models.TextField()
    found_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    solved_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    resolution = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan"], condition=Q(solved_at__isnull=True), name="loan_has_one_open_fault"),
        ]
        indexes: ClassVar = [Index(fields=["-found_at"], name="fault_by_time")]

    def __str__(self) -> str:
        return f"fault of loan {self.loan_id}"
