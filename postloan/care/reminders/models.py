"""The calendar of reminders: which loan is reminded of which due date on which day, planned by the close."""

from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from postloan.books.loans.models import Loan
from postloan.care.outreach.models import Message
from postloan.ground.customers.models import Customer


class Reminder(models.Model):
    """
    One loan, one due date, one day of the calendar. `kind` names the day, such as `days_before_7` or `due_today`.

    Planned by the close of the evening before `contact_date`; several reminders
    of one customer with the same due date and kind leave as one message.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        TOLD = "told"  # a message was made of it
        DROPPED = "dropped"

    # Checked in sets, once a statement: the loan exists and is this customer's (docs/decisions/0030-checks-in-sets.md).
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="reminders", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="reminders", db_index=False, db_constraint=False
    )
    instalment_no = models.SmallIntegerField()
    due_date = models.DateField()
    kind = models.CharField(max_length=20)
    contact_date = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED, db_default=State.PLANNED)
    reason = models.CharField(max_length=60, blank=True, default="", db_default="")
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="reminders")

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["loan", "due_date", "kind"], name="reminder_is_planned_once"),
        ]
        indexes: ClassVar = [
            Index(
                fields=["contact_date", "customer", "due_date", "kind"],
                name="reminder_planned",
                condition=Q(state="planned"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of loan {self.loan_id} due {self.due_date}"
