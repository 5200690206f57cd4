"""
Monthly bills by whole pots: what the close needs to cut a bill of many accounts without looking at each purchase.

What is bought until the bill day lies in one pot. A pot carries what is left of it and its *minor-days*: the balance
summed over the days, minor units × days. Interest is minor-days times the rate, so it is enough to keep two numbers a
pot; a purchase or a payment dated before the count is the same correction as one dated after it (amount × days
between), and nothing has to be worked out when it happens. Money pays the oldest pot first.

`engine.revolving` says the same purchase by purchase and is the form it is tested against. Both need a day count that
is linear in days. The rule page is docs/rules/revolving.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from postloan.kernel.calendars import add_months, first_due_date_on
from postloan.kernel.money import Rounding, divide_rounded
from postloan.kernel.rates import PPM, RatePeriod


class BillRules(BaseModel):
    """
    How an account is billed; a part of a product's terms. Amounts in minor units, shares in millionths.

    The bill is cut on `bill_day` and due `due_after_days` later, before the next one is cut. `rate_ppm` is per the
    product's `rate_per`. `runs_from` and `interest_on` say what is borne once a bill was not paid in full. A purchase
    or a bill is converted into a loan of the product `converts_to`, whose fees are those of that product.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bill_day: int = Field(ge=1, le=28)
    due_after_days: int = Field(default=10, ge=1, le=27)
    rate_ppm: int = Field(ge=0)
    day_count: Literal["act_365", "act_360"] = "act_365"
    minimum_ppm: int = Field(default=100_000, ge=0, le=PPM)
    minimum_floor_minor: int = Field(default=0, ge=0)
    runs_from: Literal["posting_date", "bill_date", "due_date"] = "posting_date"
    interest_on: Literal["whole_bill", "unpaid_part"] = "whole_bill"
    rounding: Rounding = Rounding.HALF_UP
    converts_to: str = ""

    def days_of(self, *, rate_per: RatePeriod) -> int:
        """Return the days of the rate's period."""
        assert rate_per in ("day", "year"), rate_per
        return 1 if rate_per == "day" else int(self.day_count.removeprefix("act_"))


@dataclass(frozen=True, slots=True)
class Pot:
    """
    The purchases of one bill: what is left, and the minor-days counted to `counted_date` (negative is possible).

    `bill_date` is None while purchases still come in. `bears` says that the minor-days bear interest.
    """

    bill_no: int
    counted_date: date
    left_minor: int = 0
    minor_days: int = 0
    bill_date: date | None = None
    bears: bool = False

    def changed(self, *, amount_minor: int, value_date: date) -> "Pot":
        """Return the pot with an amount more (a purchase) or less (negative: a payment) from `value_date` on."""
        days = (self.counted_date - value_date).days
        return replace(
            self, left_minor=self.left_minor + amount_minor, minor_days=self.minor_days + amount_minor * days
        )

    def counted_to(self, day: date) -> "Pot":
        """Return the pot with its balance counted to a day."""
        days = (day - self.counted_date).days
        return replace(self, counted_date=day, minor_days=self.minor_days + self.left_minor * days)


@dataclass(frozen=True, slots=True)
class Move:
    """Money that came in since the last bill: principal paid and everything paid, in minor units."""

    value_date: date
    principal_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class LastBill:
    """
    The bill cut last: what it stands for in all, and the purchases on it as (posting date, net amount).

    Money is in time until `in_time_through`: the due date, or a later day where that was a holiday.
    """

    bill_no: int
    bill_date: date
    due_date: date
    full_minor: int
    in_time_through: date
    purchases: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The pots on a day. `was_paid_in_full` is None until the last bill's due date is over."""

    pots: tuple[Pot, ...]
    was_paid_in_full: bool | None

    @property
    def bearing_minor_days(self) -> int:
        """What of all this bears interest."""
        return sum(pot.minor_days for pot in self.pots if pot.bears)


def count_pots(
    *, rules: BillRules, pots: Sequence[Pot], last: LastBill | None, moves: Sequence[Move], to_date: date
) -> Counted:
    """
    Return the pots counted to `to_date`, all money of `moves` taken off them, the oldest pot first.

    Once the due date of the `last` bill is over, whoever has not paid all of it by then bears interest: see
    docs/rules/revolving.md. The pots are those since the last count; `moves` are what came in since the last bill.
    """
    by_date = sorted(moves, key=lambda move: move.value_date)
    billed = [pot for pot in pots if pot.bill_date is not None]
    open_pots = [pot for pot in pots if pot.bill_date is None]
    paid_in_full = None
    if last is not None:
        in_time = [move for move in by_date if move.value_date <= last.in_time_through]
        billed = _pay(billed, in_time)
        if to_date > last.in_time_through:
            paid_in_full = sum(move.total_minor for move in in_time) >= last.full_minor
            if not paid_in_full:
                billed = [_bearing(rules, pot, last) if pot.bill_no == last.bill_no else pot for pot in billed]
        by_date = by_date[len(in_time) :]
    pots_now = [*_pay(billed, by_date), *open_pots]
    return Counted(tuple(pot.counted_to(to_date) for pot in pots_now), paid_in_full)


def _pay(pots: list[Pot], moves: Sequence[Move]) -> list[Pot]:
    """Take money off the pots, the oldest first; it counts from its value date, but not before a pot was billed."""
    for move in moves:
        left = move.principal_minor
        for place, pot in enumerate(pots):
            part = min(left, pot.left_minor)
            if part:
                assert pot.bill_date is not None
                pots[place] = pot.changed(amount_minor=-part, value_date=max(move.value_date, pot.bill_date))
                left -= part
    return pots


def _bearing(rules: BillRules, pot: Pot, last: LastBill) -> Pot:
    """Return the pot of a bill that was not paid in full, as it stands on its due date: from when it bears."""
    starts_at_due_date = rules.runs_from == "due_date"
    if rules.interest_on == "whole_bill" and not starts_at_due_date:
        return replace(pot, bears=True)
    if rules.interest_on == "unpaid_part" and rules.runs_from == "posting_date":
        return replace(pot, bears=True, minor_days=_unpaid_minor_days(pot, last))
    start = last.due_date if starts_at_due_date else last.bill_date
    return replace(pot, bears=True, minor_days=pot.left_minor * (pot.counted_date - start).days)


def _unpaid_minor_days(pot: Pot, last: LastBill) -> int:
    """Return the minor-days of what is left of each purchase since it was posted; money paid the oldest first."""
    paid = sum(amount for _, amount in last.purchases) - pot.left_minor
    total = 0
    for posted_on, amount in last.purchases:
        part = min(paid, amount)
        paid -= part
        total += (amount - part) * (pot.counted_date - posted_on).days
    return total


def interest_borne_minor(*, rules: BillRules, rate_ppm: int, rate_per: RatePeriod, minor_days: int) -> int:
    """
    Return the interest of so many minor-days, rounded once.

    >>> rules = BillRules(bill_day=20, rate_ppm=500)
    >>> interest_borne_minor(rules=rules, rate_ppm=500, rate_per="day", minor_days=60_000 * 25 + 50_000 * 21)
    1275
    """
    days = rules.days_of(rate_per=rate_per)
    return divide_rounded(numerator=minor_days * rate_ppm, denominator=PPM * days, rounding=rules.rounding)


def minimum_principal_minor(*, rules: BillRules, principal_minor: int) -> int:
    """Return the principal the minimum asks for: the share rounded up, at least the floor, never more than is owed."""
    share = divide_rounded(numerator=principal_minor * rules.minimum_ppm, denominator=PPM, rounding=Rounding.UP)
    return min(max(share, rules.minimum_floor_minor), principal_minor)


def first_bill_date(*, rules: BillRules, opened_on: date) -> date:
    """Return the first bill day on or after the day an account is opened."""
    return first_due_date_on(start_date=opened_on, due_day=rules.bill_day, minimum_days=0)


def next_bill_date(*, rules: BillRules, after: date) -> date:
    """Return the bill day of the month after a bill date."""
    return add_months(seed_date=after, months=1, seed_day=rules.bill_day)


def in_time_through(*, rules: BillRules, bill_date: date, last_free_date: date) -> date:
    """Return the last day on which a bill is paid in time: the last free date, but before the next bill is cut."""
    latest = next_bill_date(rules=rules, after=bill_date) - timedelta(days=1)
    return max(due_date_of(rules=rules, bill_date=bill_date), min(last_free_date, latest))


def due_date_of(*, rules: BillRules, bill_date: date) -> date:
    """Return the day on which a bill is due."""
    return bill_date + timedelta(days=rules.due_after_days)
