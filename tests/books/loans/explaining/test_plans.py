"""Rows of a plan explained: built again from the terms, or said to be given."""

from dataclasses import replace
from datetime import date

import pytest

from postloan.books.loans.explaining import rebuild
from postloan.books.loans.explaining._plans import explain_plan_row
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.products.models import ProductVersion
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.product_terms import ProductTerms, ScheduleRules
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import Method, ScheduleTerms, build_schedule

METHODS = ("equal_instalment", "equal_principal", "interest_only", "bullet")


def terms_of(method: str = "equal_instalment", day_count: str = "same_as_period") -> ProductTerms:
    return ProductTerms(
        currency="USD",
        schedule=ScheduleRules(method=method, day_count=day_count, instalment_rounding=Rounding.UP),
    )


def schedule_terms(product: ProductTerms, **wishes) -> ScheduleTerms:
    rules = product.schedule
    plain = ScheduleTerms(
        principal_minor=1_000_000,
        rate=Rate(126_200, product.rate_per),
        instalments=12,
        start_date=date(2018, 1, 31),
        method=Method(rules.method),
        day_count=DayCount(rules.day_count),
        interest_rounding=rules.interest_rounding,
        instalment_rounding=rules.instalment_rounding,
    )
    return replace(plain, **wishes)


def loan_with(product: ProductTerms, terms: ScheduleTerms, *, from_no: int = 1) -> tuple[Loan, ScheduleVersion]:
    """Return a loan and the version that these terms give, neither of them stored."""
    schedule = build_schedule(terms=terms)
    loan = Loan(
        pk=1,
        product_version=ProductVersion(terms=product.model_dump(mode="json")),
        currency="USD",
        principal_minor=terms.principal_minor,
        rate_ppm=terms.rate.ppm,
        rate_per=terms.rate.per,
        instalments=terms.instalments,
        instalment_minor=terms.fixed_instalment_minor or schedule.instalment_minor or 0,
        disbursed_date=terms.start_date,
    )
    version = ScheduleVersion(
        loan=loan,
        version_no=1,
        from_instalment_no=from_no,
        row_from_date=terms.start_date,
        due_dates=[row.due_date for row in schedule.rows],
        principal_minor=[row.principal_minor for row in schedule.rows],
        interest_minor=[row.interest_minor for row in schedule.rows],
    )
    return loan, version


@pytest.mark.parametrize("day_count", ["same_as_period", "30_360", "act_365", "act_360"])
@pytest.mark.parametrize("method", METHODS)
def test_every_row_of_every_method_is_explained_to_the_cent(method, day_count):
    product = terms_of(method, day_count)
    loan, version = loan_with(product, schedule_terms(product))
    built = rebuild(loan=loan, version=version)

    assert built is not None
    for place, _due in enumerate(version.due_dates):
        row = explain_plan_row(loan=loan, version=version, built=built, instalment_no=place + 1)
        assert all(explanation.steps and explanation.holds() for explanation in row.values())
        assert row[f"interest-{place + 1}"].result == version.interest_minor[place]
        assert row[f"principal-{place + 1}"].result == version.principal_minor[place]


def test_rows_cast_again_at_a_takeover_follow_from_the_balance_and_the_agreed_instalment():
    product = terms_of()
    terms = schedule_terms(product, principal_minor=812_345, instalments=9, fixed_instalment_minor=89_000)
    loan, version = loan_with(product, terms, from_no=4)

    built = rebuild(loan=loan, version=version)
    last = explain_plan_row(loan=loan, version=version, built=built, instalment_no=12)

    assert built is not None
    assert last["principal-12"].result == version.principal_minor[-1]
    assert last["principal-12"].facts["remainder_minor"] != 0
    assert last["balance-12"].result == 0


def test_a_plan_that_no_terms_give_is_said_to_be_given_and_its_sums_still_hold():
    product = terms_of()
    loan, version = loan_with(product, schedule_terms(product))
    version.interest_minor[3] += 1

    built = rebuild(loan=loan, version=version)
    row = explain_plan_row(loan=loan, version=version, built=built, instalment_no=4)

    assert built is None
    assert row["interest-4"].steps == ()
    assert row["interest-4"].result == version.interest_minor[3]
    assert row["total-4"].holds()
    assert row["total-4"].result == version.principal_minor[3] + version.interest_minor[3]
