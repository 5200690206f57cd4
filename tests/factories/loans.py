"""
Products and loans with schedules, demands and journal entries, tied out like those of a real book.

`make_loan` writes one loan as it stands when `as_of` has closed: `paid_rows` instalments are settled, those
after them that are due are open. `make_book` writes many, in sets.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from django.db import transaction

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import BookSlot
from postloan.books.ledger.operations import Leg
from postloan.books.loans.models import Instalment, Loan, ScheduleVersion
from postloan.books.products.models import ProductVersion
from postloan.books.products.operations import publish_product_version
from postloan.ground.customers.models import Customer
from postloan.kernel.accrual import row_interest_accrued_minor
from postloan.kernel.ageing import bucket_index, days_past_due
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import LENDING_CLUB_LATE_FEE
from postloan.kernel.product_terms import ProductTerms, ScheduleRules
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import Method, Schedule, ScheduleTerms, build_schedule
from tests.factories.people import make_customer

NOW = datetime(2018, 7, 1, 1, 0, tzinfo=UTC)
AS_OF = date(2018, 6, 30)

TERMS = ProductTerms(
    currency="USD", schedule=ScheduleRules(instalment_rounding=Rounding.UP), late_fee=LENDING_CLUB_LATE_FEE
)

_numbers = count(1)


def make_product(*, code: str = "instalment_loan", terms: ProductTerms = TERMS) -> ProductVersion:
    """Return the product version with these terms."""
    return publish_product_version(code=code, name="Instalment cash loan", terms=terms, by="factory", at=NOW)


def open_books(*, as_of: date = AS_OF) -> None:
    """Open the books for the day after `as_of`, unless they are open."""
    if not BookSlot.objects.exists():
        ledger.open_books(closed_through_date=as_of, by="factory", at=NOW)


@dataclass(frozen=True)
class _Plan:
    """A loan worked out but not written."""

    loan: Loan
    schedule: Schedule
    paid_rows: int
    due_rows: int


def make_loan(
    *,
    customer: Customer | None = None,
    product_version: ProductVersion | None = None,
    principal_minor: int = 1_000_000,
    rate_ppm: int = 126_200,
    instalments: int = 36,
    disbursed_date: date = date(2018, 1, 15),
    paid_rows: int | None = None,
    as_of: date = AS_OF,
) -> Loan:
    """Return one loan; `paid_rows` is all that are due unless given."""
    [loan] = _write(
        plans=[
            _plan(
                number=next(_numbers),
                customer=customer or make_customer(),
                product_version=product_version or make_product(),
                principal_minor=principal_minor,
                rate_ppm=rate_ppm,
                instalments=instalments,
                disbursed_date=disbursed_date,
                paid_rows=paid_rows,
                as_of=as_of,
            )
        ],
        as_of=as_of,
    )
    return loan


def make_book(*, loans: int = 60, customers: int | None = None, seed: int = 1, as_of: date = AS_OF) -> list[Loan]:
    """Return a seeded book: most loans current, some late in every bucket, a few paid off."""
    chance = random.Random(seed)
    people = [make_customer() for _ in range(customers or loans)]
    product_version = make_product()
    plans = [
        _plan(
            number=next(_numbers),
            customer=people[place % len(people)],
            product_version=product_version,
            principal_minor=chance.randrange(100_000, 4_000_000, 2_500),
            rate_ppm=chance.choice((60_700, 94_300, 126_200, 180_600, 254_900)),
            instalments=chance.choice((36, 60)),
            disbursed_date=as_of - timedelta(days=chance.randrange(100, 250)),
            paid_rows=None if chance.random() < 0.8 else chance.randrange(0, 4),
            as_of=as_of,
        )
        for place in range(loans)
    ]
    return _write(plans=plans, as_of=as_of)


def _plan(
    *,
    number: int,
    customer: Customer,
    product_version: ProductVersion,
    principal_minor: int,
    rate_ppm: int,
    instalments: int,
    disbursed_date: date,
    paid_rows: int | None,
    as_of: date,
) -> _Plan:
    schedule = _schedule(
        terms=product_version.product_terms,
        principal_minor=principal_minor,
        rate_ppm=rate_ppm,
        instalments=instalments,
        disbursed_date=disbursed_date,
    )
    rows = schedule.rows
    due_rows = sum(1 for row in rows if row.due_date <= as_of)
    paid = due_rows if paid_rows is None else min(paid_rows, due_rows)
    since = rows[paid].due_date if paid < due_rows else None
    age = days_past_due(past_due_since=since, business_date=as_of)
    ahead = rows[due_rows] if due_rows < len(rows) else None
    loan = Loan(
        source="factory",
        external_id=f"L{number}",
        customer=customer,
        product_version=product_version,
        currency=product_version.product_terms.currency,
        principal_minor=principal_minor,
        rate_ppm=rate_ppm,
        rate_per="year",
        instalments=instalments,
        instalment_minor=schedule.instalment_minor or 0,
        disbursed_date=disbursed_date,
        grade="B",
        takeover_date=as_of,
        opening_paid_principal_minor=sum(row.principal_minor for row in rows[:paid]),
        opening_paid_interest_minor=sum(row.interest_minor for row in rows[:paid]),
        opening_status="Current",
        status=Loan.Status.ACTIVE if paid < len(rows) else Loan.Status.CLOSED,
        schedule_version_no=1,
        next_instalment_no=ahead.instalment_no if ahead else None,
        next_due_date=ahead.due_date if ahead else None,
        principal_outstanding_minor=sum(row.principal_minor for row in rows[paid:]),
        accrued_interest_minor=_accrued(schedule=schedule, due_rows=due_rows, as_of=as_of),
        past_due_since_date=since,
        bucket=bucket_index(days_past_due=age),
        next_event_date=as_of + timedelta(days=1) if paid < len(rows) else None,
    )
    return _Plan(loan=loan, schedule=schedule, paid_rows=paid, due_rows=due_rows)


def _schedule(
    *, terms: ProductTerms, principal_minor: int, rate_ppm: int, instalments: int, disbursed_date: date
) -> Schedule:
    rules = terms.schedule
    return build_schedule(
        terms=ScheduleTerms(
            principal_minor=principal_minor,
            rate=Rate(rate_ppm, terms.rate_per),
            instalments=instalments,
            start_date=disbursed_date,
            method=Method(rules.method),
            day_count=DayCount(rules.day_count),
            interest_rounding=rules.interest_rounding,
            instalment_rounding=rules.instalment_rounding,
            instalment_multiple_minor=rules.instalment_multiple_minor,
        )
    )


def _accrued(*, schedule: Schedule, due_rows: int, as_of: date) -> int:
    if due_rows == len(schedule.rows):
        return 0
    row = schedule.rows[due_rows]
    return row_interest_accrued_minor(
        interest_minor=row.interest_minor,
        from_date=row.from_date,
        due_date=row.due_date,
        to_date=as_of + timedelta(days=1),
        rounding=Rounding.HALF_UP,
    )


@transaction.atomic
def _write(*, plans: Sequence[_Plan], as_of: date) -> list[Loan]:
    open_books(as_of=as_of)
    Loan.objects.bulk_create(plan.loan for plan in plans)
    ScheduleVersion.objects.bulk_create(
        ScheduleVersion(
            loan=plan.loan,
            version_no=1,
            reason=ScheduleVersion.Reason.OPENED,
            business_date=as_of,
            from_instalment_no=1,
            row_from_date=plan.schedule.rows[0].from_date,
            due_dates=[row.due_date for row in plan.schedule.rows],
            principal_minor=[row.principal_minor for row in plan.schedule.rows],
            interest_minor=[row.interest_minor for row in plan.schedule.rows],
        )
        for plan in plans
    )
    Instalment.objects.bulk_create(
        Instalment(
            loan=plan.loan,
            instalment_no=row.instalment_no,
            schedule_version_no=1,
            due_date=row.due_date,
            principal_due_minor=row.principal_minor,
            interest_due_minor=row.interest_minor,
            penalty_counted_through_date=as_of,
        )
        for plan in plans
        for row in plan.schedule.rows[plan.paid_rows : plan.due_rows]
    )
    legs = [leg for plan in plans for leg in _takeover_legs(plan)]
    if legs:
        ledger.write_entry(
            business_date=as_of,
            kind="takeover",
            source=f"factory:{plans[0].loan.pk}",
            currency="USD",
            legs=legs,
            at=NOW,
        )
    return [plan.loan for plan in plans]


def _takeover_legs(plan: _Plan) -> list[Leg]:
    due_interest = sum(row.interest_minor for row in plan.schedule.rows[plan.paid_rows : plan.due_rows])
    amounts = {
        AccountNo.LOAN_PRINCIPAL: plan.loan.principal_outstanding_minor,
        AccountNo.INTEREST_RECEIVABLE: due_interest,
        AccountNo.ACCRUED_INTEREST: plan.loan.accrued_interest_minor,
    }
    return [
        Leg(account, AccountNo.TAKEOVER, amount, loan_id=plan.loan.pk) for account, amount in amounts.items() if amount
    ]
