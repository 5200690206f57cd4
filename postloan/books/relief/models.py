"""Changes that wait for a second person, and what became of them."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan, LoanEvent
from postloan.books.relief.changes import Change


class ChangeRequest(models.Model):
    """
    A change somebody wants of a loan: proposed → done, refused or withdrawn.

    One within the proposer's own authority is done at once and has no decider. `given_up_minor` is what the lender
    gives up by it, as worked out when it was proposed. Proposer and decider are two people: the database holds that.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        DONE = "done"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="change_requests")
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    fields = models.JSONField(default=dict)
    value_date = models.DateField()
    given_up_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True)
    event = models.OneToOneField(LoanEvent, null=True, on_delete=models.PROTECT, related_name="change_request")

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan", "key"], name="change_is_asked_for_once"),
            CheckConstraint(
                condition=Q(decided_by="") | Q(state="withdrawn") | ~Q(decided_by=F("proposed_by")),
                name="change_has_two_people",
            ),
            CheckConstraint(condition=~Q(reason=""), name="change_has_a_reason"),
            CheckConstraint(
                condition=Q(state="done", event__isnull=False) | ~Q(state="done") & Q(event__isnull=True),
                name="done_change_has_its_event",
            ),
        ]
        indexes: ClassVar = [Index(fields=["proposed_at"], name="change_waiting", condition=Q(state="proposed"))]

    def __str__(self) -> str:
        return f"{self.kind} of loan {self.loan_id}, {self.state}"

    @property
    def change(self) -> Change:
        """The change as it is asked for."""
        return Change(kind=self.kind, value_date=self.value_date, key=self.key, fields=self.fields)
