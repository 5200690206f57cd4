"""Loans and events for the tests of the engine."""

from datetime import date

from postloan.kernel import engine as e
from postloan.kernel.daycounts import DayCount
from postloan.kernel.engine import LoanTerms, ServicingTerms
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import ScheduleTerms

START = date(2024, 1, 1)


def loan_terms(
    *, principal=1_200_000, rate=120_000, per="year", instalments=12, start=START, schedule=None, **servicing
):
    """12,000.00 at 12 % over 12 months, 30/360, unless told otherwise."""
    plan = {"day_count": DayCount.PERIOD_30_360, **(schedule or {})}
    return LoanTerms(
        ScheduleTerms(
            principal_minor=principal, rate=Rate(rate, per), instalments=instalments, start_date=start, **plan
        ),
        ServicingTerms(**servicing),
    )


def receipt(day, amount, event_id="r1", **more):
    return e.Receipt(event_id=event_id, value_date=day, amount_minor=amount, **more)


def rows_of(loan):
    return [(row.due.principal_minor, row.due.interest_minor, row.paid.total_minor) for row in e.instalments(loan)]


def run(*events, as_of=None, **terms):
    return e.replay(terms=loan_terms(**terms), events=events, as_of=as_of)
