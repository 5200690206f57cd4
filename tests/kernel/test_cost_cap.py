import doctest
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.annual_rates import CashFlow
from postloan.kernel.calendars import add_months
from postloan.kernel.cost_cap import (
    CostFlow,
    CostNotPossible,
    OpenDemand,
    check_cost_cap,
    check_cost_caps,
    cost_flows,
)
from postloan.kernel.daycounts import DayCount
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import ScheduleTerms, build_schedule

START = date(2024, 1, 15)
PAGE = Path(__file__).parents[2] / "docs" / "rules" / "cost_cap.md"


def month(number: int) -> date:
    return add_months(seed_date=START, months=number)


def at_two_per_cent(*, last_interest: int = 20_000) -> list[CostFlow]:
    """10,000.00 for a year at 2 % a month, principal at the end: 24 % to the last digit."""
    rows = [CostFlow(month(n), -20_000, 20_000) for n in range(1, 12)]
    return [CostFlow(START, 1_000_000), *rows, CostFlow(month(12), -1_000_000 - last_interest, last_interest)]


def without(flows, check):
    """The flows after everything the check asks for."""
    waived = {waiver.on: waiver.amount_minor for waiver in check.waivers}
    after = [
        CostFlow(flow.on, flow.amount_minor + (waived.pop(flow.on, 0) if flow.waivable_minor else 0)) for flow in flows
    ]
    assert not waived
    if check.refund_minor:
        after.append(CostFlow(check.refund_date, check.refund_minor))
    return after


def test_the_worked_example_of_the_page_is_what_the_code_does():
    outcome = doctest.testfile(str(PAGE), module_relative=False)

    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_a_loan_at_exactly_the_cap_keeps_it_and_one_minor_unit_more_does_not():
    assert check_cost_cap(flows=at_two_per_cent(), cap_ppm=240_000).holds

    over = check_cost_cap(flows=at_two_per_cent(last_interest=20_001), cap_ppm=240_000)

    assert not over.holds
    assert [(waiver.on, waiver.amount_minor) for waiver in over.waivers] == [(month(12), 1)]
    assert over.refund_minor == 0


def test_two_per_cent_a_month_is_above_24_when_compounded():
    check = check_cost_cap(flows=at_two_per_cent(), cap_ppm=240_000, measure="compounded")

    assert not check.holds
    assert str(check.rate.percent()) == "26.82"


def test_both_caps_are_checked():
    assert [(check.cap_ppm, check.holds) for check in check_cost_caps(flows=at_two_per_cent(last_interest=25_000))] == [
        (240_000, False),
        (360_000, True),
    ]


def test_a_charge_kept_back_from_the_payout_counts():
    flows = at_two_per_cent()
    kept_back = [CostFlow(START, 990_000), *flows[1:]]

    assert not check_cost_cap(flows=kept_back, cap_ppm=240_000).holds


def test_a_plan_at_the_cap_passes_it_by_rounding_within_a_tolerance_only():
    terms = ScheduleTerms(
        principal_minor=123_457,
        rate=Rate(240_000, "year"),
        instalments=12,
        start_date=START,
        day_count=DayCount.SAME_AS_PERIOD,
    )
    flows = [CostFlow(START, 123_457)]
    flows += [CostFlow(r.due_date, -r.total_minor, r.interest_minor) for r in build_schedule(terms=terms).rows]

    exact = check_cost_cap(flows=flows, cap_ppm=240_000)

    assert str(exact.rate.percent(decimals=2)) == "24.00"
    assert exact.holds or exact.to_waive_minor <= 6
    assert check_cost_cap(flows=flows, cap_ppm=240_000, tolerance_ppm=50).holds


def test_penalties_lift_the_rate_over_the_cap_and_relief_in_time_lowers_it():
    advances = [CashFlow(START, 1_000_000)]
    paid = [CashFlow(month(n), -20_000) for n in range(1, 11)]
    late = OpenDemand(month(11), interest_minor=20_000, penalty_minor=9_000)
    last = OpenDemand(month(12), principal_minor=1_000_000, interest_minor=20_000)

    punished = cost_flows(advances=advances, receipts=paid, open_demands=[late, last], as_of=month(11))
    deferred = cost_flows(
        advances=advances,
        receipts=paid,
        open_demands=[late, OpenDemand(month(15), principal_minor=1_000_000, interest_minor=20_000)],
        as_of=month(11),
    )

    check = check_cost_cap(flows=punished, cap_ppm=240_000)
    assert not check.holds
    assert check.to_waive_minor == 9_180  # 9,000 of a month earlier, at 2 %
    assert check_cost_cap(flows=deferred, cap_ppm=240_000).holds


def test_what_is_overdue_is_taken_as_paid_today():
    [_, demand] = cost_flows(
        advances=[CashFlow(START, 100)],
        receipts=[],
        open_demands=[OpenDemand(month(1), principal_minor=100, fee_minor=3), OpenDemand(month(2))],
        as_of=month(4),
    )

    assert demand == CostFlow(month(4), -103, 3)


def test_what_waiving_cannot_mend_is_given_back():
    flows = [CostFlow(START, 100_000), CostFlow(month(1), -50_000), CostFlow(month(2), -60_000, 500)]

    check = check_cost_cap(flows=flows, cap_ppm=240_000, refund_date=month(3))

    assert check.to_waive_minor == 500
    assert check.refund_date == month(3)
    assert check_cost_cap(flows=without(flows, check), cap_ppm=240_000).holds


def test_the_order_of_waiving_is_a_choice():
    flows = [CostFlow(START, 100_000), CostFlow(month(1), -50_000, 3_000), CostFlow(month(2), -60_000, 9_000)]

    latest = check_cost_cap(flows=flows, cap_ppm=240_000)
    earliest = check_cost_cap(flows=flows, cap_ppm=240_000, waive_first="earliest")

    assert [waiver.on for waiver in latest.waivers] == [month(2)]
    assert [waiver.on for waiver in earliest.waivers] == [month(1), month(2)]
    assert earliest.to_waive_minor <= latest.to_waive_minor


def test_nothing_paid_costs_nothing():
    check = check_cost_cap(flows=[CostFlow(START, 100)], cap_ppm=240_000)

    assert check.holds
    assert check.rate is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: check_cost_cap(flows=[], cap_ppm=240_000),
        lambda: check_cost_cap(flows=[CostFlow(START, -1)], cap_ppm=240_000),
        lambda: CostFlow(START, -10, 11),
        lambda: CostFlow(START, 10, 1),
        lambda: CostFlow(START, -10, -1),
    ],
)
def test_flows_that_are_no_loan_are_refused(make):
    with pytest.raises(CostNotPossible):
        make()


@settings(max_examples=60)
@given(
    st.integers(1_000, 10**7),
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 100)), min_size=1, max_size=12),
    st.sampled_from((0, 60_000, 240_000, 360_000)),
    st.sampled_from(("nominal", "compounded")),
    st.sampled_from(("latest", "earliest")),
)
def test_after_what_it_asks_for_the_cap_holds_and_with_one_unit_less_it_does_not(
    advance, rows, cap_ppm, measure, first
):
    flows = [CostFlow(START, advance)]
    flows += [CostFlow(month(n), -paid, paid * share // 100) for n, (paid, share) in enumerate(rows, start=1)]

    check = check_cost_cap(flows=flows, cap_ppm=cap_ppm, measure=measure, waive_first=first)

    after = without(flows, check)
    assert check_cost_cap(flows=after, cap_ppm=cap_ppm, measure=measure).holds
    if check.holds:
        assert (check.waivers, check.refund_minor) == ((), 0)
    else:
        marginal = check.refund_date or (check.waivers[0].on if first == "latest" else check.waivers[-1].on)
        spoiled = [*after, CostFlow(marginal, -1)]
        assert not check_cost_cap(flows=spoiled, cap_ppm=cap_ppm, measure=measure).holds
    if check.rate is not None:
        assert check.holds == (check.rate.e15 <= cap_ppm * 10**9)
