"""
Credit lines, the dated changes they are made of, and the draws on them.

Nothing here says what is available: limits, states and prices are dated rows, used is what the draws still owe in
principal, and `queries.py` derives the rest. Changes are append-only. A draw first reserves its amount, so that money
on its way to the customer is spoken for, and is then tied to its loan or released. The database itself refuses a draw
beyond what any line of the tree has left, whatever the code does (migration 0002, docs/rules/credit_lines.md).
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q

from postloan.books.loans.models import Loan
from postloan.books.products.models import Product
from postloan.ground.customers.models import Customer


class CreditLine(models.Model):
    """
    What a customer may owe at most: for one product, or (`product` NULL) over the lines under it.

    `expires_date` is the first day on which nothing can be drawn any more. `draws` only counts; every draw moves it on
    every line up to the root, which keeps two draws apart at any isolation level.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="credit_lines")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="credit_lines")
    currency = models.CharField(max_length=3)
    opened_date = models.DateField()
    expires_date = models.DateField()
    opened_at = models.DateTimeField()
    draws = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(expires_date__gt=F("opened_date")), name="line_expires_after_it_opens"),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"


class LimitChange(models.Model):
    """
    One dated change of a limit, in minor units.

    Permanent: `amount_minor` is the limit from `from_date` on. Temporary: it is added from `from_date` to the day
    before `to_date`. `limit_before_minor` and `limit_after_minor` are the line's own limit of `from_date` without and
    with the change, as evidence.
    """

    class Kind(models.TextChoices):
        PERMANENT = "permanent"
        TEMPORARY = "temporary"

    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="limit_changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_date = models.DateField()
    to_date = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    limit_before_minor = models.BigIntegerField()
    limit_after_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(kind="permanent", to_date__isnull=True)
                | Q(kind="temporary", to_date__gt=F("from_date"), amount_minor__gt=0),
                name="temporary_raise_ends",
            ),
            CheckConstraint(condition=Q(amount_minor__gte=0), name="limit_is_not_negative"),
            CheckConstraint(condition=~Q(reason=""), name="limit_change_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"limit of line {self.line_id} from {self.from_date}"


class StateChange(models.Model):
    """From `from_date` on the line is open, frozen (no draws; repayments go on) or closed for good."""

    class State(models.TextChoices):
        OPEN = "open"
        FROZEN = "frozen"
        CLOSED = "closed"

    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="state_changes")
    state = models.CharField(max_length=6, choices=State.choices)
    from_date = models.DateField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(state__in=["open", "frozen", "closed"]), name="line_state_known"),
            CheckConstraint(condition=~Q(reason=""), name="line_state_change_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"line {self.line_id} {self.state} from {self.from_date}"


class PriceChange(models.Model):
    """From `from_date` on draws cost `rate_ppm` per `rate_per`, as quoted. Loans drawn before keep their rate."""

    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="price_changes")
    from_date = models.DateField()
    rate_ppm = models.BigIntegerField()
    rate_per = models.CharField(max_length=5)
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(rate_ppm__gte=0), name="price_is_not_negative"),
            CheckConstraint(condition=Q(rate_per__in=["year", "month", "day"]), name="price_period_known"),
            CheckConstraint(condition=~Q(reason=""), name="price_change_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"price of line {self.line_id} from {self.from_date}"


class Drawdown(models.Model):
    """
    A draw on a line. Reserved: its amount counts as used. Drawn: its loan's principal does. Released: nothing does.

    `reference` names what asked for it, once. `reserved_date` and `resolved_date` are business dates.
    """

    class State(models.TextChoices):
        RESERVED = "reserved"
        DRAWN = "drawn"
        RELEASED = "released"

    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="drawdowns", db_index=False)
    reference = models.CharField(max_length=80, unique=True)
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RESERVED)
    loan = models.OneToOneField(Loan, null=True, on_delete=models.PROTECT, related_name="drawdown")
    reserved_date = models.DateField()
    resolved_date = models.DateField(null=True)
    reserved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(amount_minor__gt=0), name="draw_amount_is_positive"),
            CheckConstraint(
                condition=Q(state="reserved", loan__isnull=True, resolved_date__isnull=True)
                | Q(state="drawn", loan__isnull=False, resolved_date__isnull=False)
                | Q(state="released", loan__isnull=True, resolved_date__isnull=False),
                name="draw_is_reserved_drawn_or_released",
            ),
        ]
        indexes: ClassVar = [Index(fields=["line"], name="draw_by_line", condition=~Q(state="released"))]

    def __str__(self) -> str:
        return f"draw {self.pk} on line {self.line_id}"
