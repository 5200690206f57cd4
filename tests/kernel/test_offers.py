"""An offer says every figure before it is agreed to, and is refused by name where the product does not offer it."""

import doctest
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from postloan.kernel import contracts, credit_rules, offers
from postloan.kernel.contracts import Agreed, schedule_of, started_later
from postloan.kernel.offers import (
    AmountNotOffered,
    CostAboveCap,
    KeptBack,
    NothingToPayOut,
    OfferTerms,
    Price,
    RatePeriodDiffers,
    TermNotOffered,
    make_offer,
)
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.rates import Rate

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "applications.md"

CASH = ProductTerms(currency="CNY", rate_per="day")
START = date(2024, 3, 4)


def terms(**changes: object) -> OfferTerms:
    given_terms = {
        "jurisdiction": "CN",
        "amount_from_minor": 50_000,
        "amount_to_minor": 20_000_000,
        "amount_multiple_minor": 10_000,
        "prices": [Price(instalments=3, rate_ppm=400), Price(instalments=1, rate_ppm=0, is_fixed=True)],
    }
    return OfferTerms.model_validate(given_terms | changes)


def offered(*, amount_minor: int = 600_000, instalments: int = 3, customer_rate: Rate | None = None, **changes: object):
    return make_offer(
        product=CASH,
        terms=terms(**changes),
        amount_minor=amount_minor,
        instalments=instalments,
        start_date=START,
        customer_rate=customer_rate,
    )


def test_an_offer_of_a_cash_loan_reads_like_its_contract():
    offer = offered()

    # 6,000.00 at 0.04 % a day: 31, 30 and 31 days.
    assert [row.due_date for row in offer.schedule.rows] == [date(2024, 4, 4), date(2024, 5, 4), date(2024, 6, 4)]
    assert offer.schedule.rows[0].interest_minor == 7_440
    assert [row.total_minor for row in offer.schedule.rows] == [204_927, 204_927, 204_926]
    assert (offer.paid_out_minor, offer.agreed.principal_minor, offer.cost_minor) == (600_000, 600_000, 14_780)
    # One month's rate, 0.0122668, times 12; found by the definition: 204,927 / (1 + i) + … = 600,000.
    assert offer.annual_rates.china_nominal == 147_202
    assert offer.annual_rates.china_compounded == offer.annual_rates.eu_effective == 157_551


def test_what_is_free_costs_nothing_a_year():
    offer = offered(instalments=1)

    assert (offer.cost_minor, offer.annual_rates.china_nominal) == (0, 0)


def test_a_customer_s_price_takes_the_place_of_the_product_s_unless_that_is_fixed():
    assert offered(customer_rate=Rate(250, "day")).rate == Rate(250, "day")
    assert offered(customer_rate=Rate(250, "day"), instalments=1).rate == Rate(0, "day")
    with pytest.raises(RatePeriodDiffers):
        offered(customer_rate=Rate(91_000, "year"))


def test_in_china_a_charge_kept_back_lowers_the_principal():
    offer = offered(kept_back={"ppm": 20_000})

    assert (offer.charge_minor, offer.paid_out_minor, offer.agreed.principal_minor) == (12_000, 588_000, 588_000)
    assert offer.kept_back_minor == 0
    assert offer.schedule.principal_minor == 588_000
    # Nobody pays for what they did not get: the rate is that of the loan without any charge.
    assert offer.annual_rates.china_nominal == pytest.approx(offered().annual_rates.china_nominal, abs=20)


def test_in_china_terms_by_which_it_would_be_owed_are_refused():
    with pytest.raises(ValidationError, match="not owed"):
        terms(kept_back={"ppm": 20_000, "rule": "owed"})


def test_where_the_law_allows_it_the_charge_is_owed_and_counted_in_the_rate():
    offer = offered(jurisdiction="US", kept_back=KeptBack(ppm=20_000, rule="owed"))

    assert (offer.paid_out_minor, offer.agreed.principal_minor, offer.kept_back_minor) == (588_000, 600_000, 12_000)
    assert offer.annual_rates.us_actuarial > 260_000


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"amount_minor": 40_000}, AmountNotOffered),
        ({"amount_minor": 20_010_000}, AmountNotOffered),
        ({"amount_minor": 605_000}, AmountNotOffered),
        ({"amount_minor": 0}, AmountNotOffered),
        ({"instalments": 4}, TermNotOffered),
        ({"kept_back": {"amount_minor": 600_000}}, NothingToPayOut),
        ({"cost_cap_ppm": 147_000}, CostAboveCap),
        ({"jurisdiction": "US", "kept_back": {"ppm": 20_000, "rule": "owed"}, "cost_cap_ppm": 240_000}, CostAboveCap),
    ],
)
def test_what_is_not_offered_is_refused_by_name(wish, refusal):
    with pytest.raises(refusal):
        offered(**wish)


def test_a_cap_just_above_the_cost_lets_the_offer_be_made():
    assert offered(cost_cap_ppm=147_203).annual_rates.china_nominal == 147_202


@given(
    amount=st.integers(1, 2_000).map(lambda hundreds: hundreds * 10_000),
    ppm=st.integers(0, 1_000),
    share=st.integers(0, 300_000),
    day=st.dates(date(2023, 1, 1), date(2026, 12, 31)),
)
def test_what_is_owed_in_china_is_what_was_paid_out(amount, ppm, share, day):
    offer = make_offer(
        product=CASH,
        terms=terms(amount_from_minor=10_000, kept_back={"ppm": share}, prices=[{"instalments": 3, "rate_ppm": ppm}]),
        amount_minor=amount,
        instalments=3,
        start_date=day,
    )

    assert offer.schedule.principal_minor == offer.agreed.principal_minor == offer.paid_out_minor
    assert offer.paid_out_minor + offer.charge_minor == offer.requested_minor == amount
    assert offer.cost_minor == offer.schedule.interest_minor


@given(
    late_days=st.integers(0, 20), day=st.dates(date(2023, 1, 1), date(2026, 12, 31)), due_day=st.none() | st.just(10)
)
def test_money_that_leaves_later_keeps_the_due_dates_and_costs_no_more(late_days, day, due_day):
    agreed = Agreed(600_000, 400, 6, day, due_day=due_day, minimum_first_days=25 if due_day else 1)
    later = started_later(agreed=agreed, start_date=date.fromordinal(day.toordinal() + late_days))

    planned, moved = schedule_of(product=CASH, agreed=agreed), schedule_of(product=CASH, agreed=later)

    assert moved.due_dates == planned.due_dates
    assert moved.interest_minor <= planned.interest_minor
    if late_days == 0:
        assert moved.rows == planned.rows


def test_a_bullet_loan_that_leaves_later_still_ends_when_it_was_to_end():
    bullet = ProductTerms.model_validate({"currency": "CNY", "rate_per": "day", "schedule": {"method": "bullet"}})
    agreed = Agreed(600_000, 400, 3, date(2024, 1, 31))

    later = started_later(agreed=agreed, start_date=date(2024, 2, 2))

    assert schedule_of(product=bullet, agreed=agreed).due_dates == (date(2024, 4, 30),)
    assert schedule_of(product=bullet, agreed=later).due_dates == (date(2024, 4, 30),)
    assert schedule_of(product=bullet, agreed=later).interest_minor == 600_000 * 4 * 88 // 10_000


def test_the_worked_example_of_the_rule_page_comes_out_as_printed():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)

    assert page.attempted
    assert not page.failed
    assert (
        not doctest.testmod(contracts).failed
        and not doctest.testmod(credit_rules).failed
        and not doctest.testmod(offers).failed
    )
