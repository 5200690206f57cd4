"""
From the terms of a product and the figures one customer agreed to, to the plan of the loan.

The same function stands behind an offer and behind the loan opened from it, so what was shown is what is owed.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from postloan.kernel.calendars import first_due_date_on, step_date
from postloan.kernel.daycounts import DayCount
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import Method, Schedule, ScheduleTerms, build_schedule


@dataclass(frozen=True, slots=True)
class Agreed:
    """
    What one customer and the lender agreed within a product's terms.

    `principal_minor` is owed and bears interest from `start_date`, the day the money left. The first instalment is
    due on `first_due_date`, or on the first `due_day` at least `minimum_first_days` on, or one period on. `seed_day` is
    the day to come back to after a short month.
    """

    principal_minor: int
    rate_ppm: int
    instalments: int
    start_date: date
    every: int = 1
    unit: Literal["month", "day"] = "month"
    first_due_date: date | None = None
    due_day: int | None = None
    minimum_first_days: int = 1
    seed_day: int | None = None


def schedule_of(*, product: ProductTerms, agreed: Agreed) -> Schedule:
    """
    Return the plan of the loan, exact to the minor unit.

    Raises:
        schedules.TermsRefused: naming the field, where the terms make no schedule.
    """
    return build_schedule(terms=schedule_terms_of(product=product, agreed=agreed))


def schedule_terms_of(*, product: ProductTerms, agreed: Agreed) -> ScheduleTerms:
    """Return what the plan is made from: the product's rules and fees with the figures agreed to."""
    rules = product.schedule
    return ScheduleTerms(
        principal_minor=agreed.principal_minor,
        rate=Rate(agreed.rate_ppm, product.rate_per),
        instalments=agreed.instalments,
        start_date=agreed.start_date,
        method=Method(rules.method),
        every=agreed.every,
        unit=agreed.unit,
        first_due_date=agreed.first_due_date,
        due_day=agreed.due_day,
        minimum_first_days=agreed.minimum_first_days,
        seed_day=agreed.seed_day,
        day_count=DayCount(rules.day_count),
        interest_rounding=rules.interest_rounding,
        instalment_rounding=rules.instalment_rounding,
        instalment_multiple_minor=rules.instalment_multiple_minor,
        fees=product.fees_for(instalments=agreed.instalments),
    )


def started_later(*, agreed: Agreed, start_date: date) -> Agreed:
    """
    Return the same agreement for money that left later than was agreed: the due dates stay, interest runs from then.

    >>> agreed = Agreed(principal_minor=100_000, rate_ppm=400, instalments=3, start_date=date(2024, 1, 31))
    >>> later = started_later(agreed=agreed, start_date=date(2024, 2, 2))
    >>> later.first_due_date, later.seed_day
    (datetime.date(2024, 2, 29), 31)
    """
    assert start_date >= agreed.start_date, (start_date, agreed.start_date)
    return replace(
        agreed,
        start_date=start_date,
        first_due_date=_first_due_date(agreed),
        seed_day=(agreed.seed_day or agreed.due_day or agreed.start_date.day) if agreed.unit == "month" else None,
        due_day=None,
    )


def _first_due_date(agreed: Agreed) -> date:
    if agreed.first_due_date is not None:
        return agreed.first_due_date
    if agreed.due_day is not None:
        return first_due_date_on(
            start_date=agreed.start_date, due_day=agreed.due_day, minimum_days=agreed.minimum_first_days
        )
    return step_date(
        seed_date=agreed.start_date, steps=1, every=agreed.every, unit=agreed.unit, seed_day=agreed.seed_day
    )
