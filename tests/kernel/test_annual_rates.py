import doctest
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.annual_rates import (
    Among,
    CashFlow,
    CountIn,
    NoRate,
    SeveralRates,
    _methods,
    _times,
    _unit_periods,
    china_internal_rates,
    eu_effective_rate,
    find_unit_period,
    unit_periods_between,
    us_actuarial_rate,
    years_between,
)
from postloan.kernel.calendars import add_months

START = date(2024, 1, 31)
RULES = Path(__file__).parents[2] / "docs" / "rules"


def loan(advance: int, *payments: int, every_months: int = 1, start: date = START) -> list[CashFlow]:
    rows = [
        CashFlow(add_months(seed_date=start, months=every_months * (place + 1)), -amount)
        for place, amount in enumerate(payments)
    ]
    return [CashFlow(start, advance), *rows]


def test_the_worked_example_of_the_page_is_what_the_code_does():
    outcome = doctest.testfile(str(RULES / "annual_rates.md"), module_relative=False)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("module", [_methods, _times, _unit_periods])
def test_the_examples_in_the_docstrings_hold(module):
    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_two_per_cent_a_month_is_24_nominal_and_26_82_compounded():
    rates = china_internal_rates(flows=loan(1_000_000, *[20_000] * 11, 1_020_000))

    assert rates.nominal.percent(decimals=10) == 24
    assert rates.nominal.ppm() == 240_000
    assert str(rates.compounded.percent(decimals=4)) == "26.8242"


def test_a_fee_in_equal_instalments_costs_almost_twice_what_it_says():
    """12,000 in 12 rows of 1,000 with 0.6 % of it, 72, in each: 7.2 % of a year by its name."""
    rates = china_internal_rates(flows=loan(1_200_000, *[107_200] * 12))

    assert str(rates.nominal.percent()) == "13.03"
    assert str(rates.compounded.percent()) == "13.84"


def test_a_charge_kept_back_raises_the_rate_though_the_plan_is_the_same():
    whole = us_actuarial_rate(flows=loan(1_000_000, *[90_000] * 12))
    less = us_actuarial_rate(flows=[*loan(1_000_000, *[90_000] * 12), CashFlow(START, -20_000)])

    assert less.e15 > whole.e15


def test_whoever_pays_back_what_they_got_pays_nothing_for_it():
    flows = loan(300, 100, 100, 100)

    assert eu_effective_rate(flows=flows).e15 == 0
    assert us_actuarial_rate(flows=flows).e15 == 0
    assert china_internal_rates(flows=flows).nominal.e15 == 0


def test_a_rate_below_zero_is_a_rate():
    assert str(eu_effective_rate(flows=loan(100_000, 90_000, every_months=12)).percent()) == "-10.00"


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [CashFlow(START, 100)],
        [CashFlow(START, -100)],
        [CashFlow(START, 100), CashFlow(START, -100)],
        [CashFlow(START, 100), CashFlow(START, -30)],
        loan(100_000_000, 1, every_months=12),  # loses more than 99 % a year
        loan(1, 10**16, 10**16),  # more than 10^32 % a year
        loan(100_000, 200_000, -150_000),  # the present value never comes to nothing
    ],
)
@pytest.mark.parametrize("method", [eu_effective_rate, us_actuarial_rate, china_internal_rates])
def test_flows_without_a_rate_are_refused(method, flows):
    if len(flows) == 3 and flows[-1].amount_minor == -(10**16) and method is us_actuarial_rate:
        assert method(flows=flows).e15 > 10**30  # not compounded, this is still told
        return
    with pytest.raises(NoRate):
        method(flows=flows)


def test_flows_with_two_rates_are_refused_with_both():
    flows = loan(100_000, 230_000, -132_000, every_months=12)

    with pytest.raises(SeveralRates) as refusal:
        eu_effective_rate(flows=flows)

    assert refusal.value.rates_e15 == (10**14, 2 * 10**14)
    assert eu_effective_rate(flows=flows, among=Among.LOWEST_NOT_NEGATIVE).e15 == 10**14
    with pytest.raises(SeveralRates):
        us_actuarial_rate(flows=flows)
    with pytest.raises(SeveralRates):
        china_internal_rates(flows=flows)


def test_a_rate_that_only_touches_is_not_guessed():
    """100 (1 - v)^2 at 1.1: 100, -220, 121 meets zero at 10 % and does not cross it."""
    with pytest.raises(NoRate, match="cannot be told"):
        eu_effective_rate(flows=loan(100_000, 220_000, -121_000, every_months=12))


def test_a_second_advance_alone_does_not_make_a_second_rate():
    flows = loan(100_000, 20_000, 20_000, -50_000, *[21_000] * 6)

    assert str(china_internal_rates(flows=flows).nominal.percent()) == "29.05"


amounts = st.integers(1, 30_000)
plans = st.tuples(st.integers(10_000, 10**9), st.lists(amounts, min_size=1, max_size=24))


def worth(flows: list[CashFlow], growth: Fraction) -> Fraction:
    """The present value where a month grows by `growth`, with all flows whole months after the first."""
    first = flows[0].on
    return sum(
        flow.amount_minor / growth ** ((flow.on.year - first.year) * 12 + flow.on.month - first.month) for flow in flows
    )


@settings(max_examples=60)
@given(plans)
def test_the_present_value_changes_its_sign_at_the_rate_and_nowhere_near(plan):
    advance, payments = plan
    flows = loan(advance, *payments)
    try:
        nominal = china_internal_rates(flows=flows).nominal.e15
    except NoRate:
        assert abs(worth(flows, Fraction(1))) > sum(payments) // 2
        return

    def sign_at(e15: int) -> bool:
        return worth(flows, 1 + Fraction(e15, 12 * 10**15)) > 0

    assert not sign_at(nominal - 1)
    assert sign_at(nominal + 1)


@settings(max_examples=40)
@given(plans, st.integers(2, 1000), st.randoms(use_true_random=False))
def test_neither_the_currency_nor_the_order_changes_a_digit(plan, factor, chance):
    advance, payments = plan
    payments[-1] += advance
    flows = loan(advance, *payments)
    scaled = [CashFlow(flow.on, flow.amount_minor * factor) for flow in flows]
    chance.shuffle(scaled)

    for method in (eu_effective_rate, us_actuarial_rate, china_internal_rates):
        assert method(flows=scaled) == method(flows=flows)


@settings(max_examples=40)
@given(plans)
def test_compounded_is_the_monthly_rate_compounded_and_the_european_one(plan):
    advance, payments = plan
    payments[-1] += advance
    flows = loan(advance, *payments)

    rates = china_internal_rates(flows=flows)

    monthly = 1 + Fraction(rates.nominal.e15, 12 * 10**15)
    again = (monthly**12 - 1) * 10**15
    assert abs(again - rates.compounded.e15) <= 2 * monthly**11 + 1
    assert eu_effective_rate(flows=flows, count_in=CountIn.MONTH) == rates.compounded


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(-50_000, 50_000)), min_size=3, max_size=8),
    st.integers(1_000, 100_000),
)
def test_every_rate_that_is_told_is_one_and_none_in_reach_is_left_out(rows, advance):
    """Any signs at all: between -90 % and 1000 % a year a scan finds no change of sign that the answer lacks."""
    flows = [CashFlow(START, advance)] + [CashFlow(add_months(seed_date=START, months=m), a) for m, a in rows]
    flows.sort(key=lambda flow: flow.on)
    try:
        told = [china_internal_rates(flows=flows).compounded.e15]
    except NoRate:
        told = []
    except SeveralRates as refusal:
        told = list(refusal.rates_e15)

    grid = [Fraction(8 + place, 10) for place in range(15)]  # growth of a month, 0.8 to 2.2
    signs = [worth(flows, growth) for growth in grid]
    for low, high, left, right in zip(grid, grid[1:], signs, signs[1:], strict=False):
        if left * right < 0:
            inside = [rate for rate in told if low**12 - 1 <= Fraction(rate, 10**15) <= high**12 - 1]
            assert len(inside) % 2 == 1


def test_a_series_at_the_end_of_the_month_has_the_same_odd_days_throughout():
    ends = [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]
    unit = find_unit_period(advances=[START], payments=ends)

    periods = [unit_periods_between(start=date(2024, 1, 16), end=day, unit=unit, seed_day=31) for day in ends]

    assert (unit.kind, unit.every) == ("month", 1)
    assert periods == [(count, Fraction(15, 30)) for count in range(1, 5)]
    assert years_between(start=START, end=ends[0], count_in=CountIn.MONTH) == Fraction(1, 12)


@pytest.mark.parametrize(
    ("advances", "payments", "unit"),
    [
        (["2024-01-31"], ["2024-02-29", "2024-03-31", "2024-04-30"], ("month", 1)),
        (["2024-01-30"], ["2024-02-29", "2024-03-30", "2024-04-30"], ("month", 1)),
        (["2024-01-01"], ["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29", "2024-03-15"], ("semimonth", 1)),
        (["2023-02-01"], ["2023-02-15", "2023-03-01", "2023-03-15"], ("week", 2)),  # ties: the smaller
        (["2024-01-01"], ["2024-01-02", "2024-01-03", "2024-01-04"], ("day", 1)),
        (["2024-01-01"], ["2025-01-01", "2026-01-01", "2027-01-01"], ("year", 1)),
        (["2024-01-01"], ["2024-02-01", "2024-03-01", "2024-05-01", "2024-07-01"], ("month", 1)),  # two of each
        (["2024-01-01"], ["2024-02-01", "2024-03-17"], ("week", 5)),  # none twice: 31 and 45 days, 38 on average
        (["2024-01-01", "2024-07-01"], ["2024-08-01", "2024-09-01", "2024-10-01"], ("month", 1)),
        (["2024-01-01"], ["2024-02-10"], ("term", 40)),
        (["2024-01-01"], ["2025-01-01"], ("year", 1)),
    ],
)
def test_the_unit_period_is_the_interval_that_occurs_most_often(advances, payments, unit):
    found = find_unit_period(
        advances=[date.fromisoformat(day) for day in advances], payments=[date.fromisoformat(day) for day in payments]
    )

    assert (found.kind, found.every) == unit


def test_weekly_loans_count_52_weeks_by_themselves():
    weekly = [CashFlow(START, 10_000)] + [CashFlow(START + timedelta(weeks=n), -1_050) for n in range(1, 11)]

    assert eu_effective_rate(flows=weekly) == eu_effective_rate(flows=weekly, count_in=CountIn.WEEK)
    assert eu_effective_rate(flows=weekly) != eu_effective_rate(flows=weekly, count_in=CountIn.MONTH)


def test_a_rate_is_rounded_once_where_it_is_shown():
    rate = china_internal_rates(flows=loan(500_000, *[23_000] * 24)).nominal

    assert str(rate.percent(decimals=0)) == "10"
    assert str(rate.percent(decimals=5)) == "9.68571"
    assert rate.ppm() == 96_857
    assert Decimal(str(rate.percent(decimals=13))) == Decimal(rate.e15).scaleb(-13)
