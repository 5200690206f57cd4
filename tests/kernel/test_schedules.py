from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.daycounts import DayCount, Share
from postloan.kernel.money import Rounding
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import (
    DeferredInterest,
    Fee,
    FeeSpread,
    FirstPeriod,
    InterestMethod,
    Method,
    Remainder,
    ScheduleTerms,
    TermsRefused,
    build_schedule,
    equal_instalment_minor,
    split_equally,
)

TERMS = ScheduleTerms(
    principal_minor=1_200_000,
    rate=Rate(120_000, "year"),
    instalments=12,
    start_date=date(2024, 1, 31),
    day_count=DayCount.PERIOD_30_360,
)


def schedule_of(**changes):
    return build_schedule(terms=replace(TERMS, **changes))


def column(schedule, name):
    return [getattr(row, name) for row in schedule.rows]


def test_the_worked_example_of_the_rule_page():
    schedule = schedule_of(instalments=3)

    assert schedule.instalment_minor == 408_027
    assert column(schedule, "principal_minor") == [396_027, 399_987, 403_986]
    assert column(schedule, "interest_minor") == [12_000, 8_040, 4_040]
    assert column(schedule, "due_date") == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert schedule.rows[-1].remainder_minor == -1


def test_due_dates_are_counted_from_the_seed_and_do_not_drift():
    assert column(schedule_of(instalments=4), "due_date") == [
        date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31),
    ]  # fmt: skip


def test_the_disbursement_day_bears_interest_and_the_payment_day_does_not():
    schedule = schedule_of(start_date=date(2024, 3, 1), day_count=DayCount.ACT_365, instalments=2)

    assert column(schedule, "days") == [31, 30]  # 1 to 31 March, 1 to 30 April


def test_equal_principal_gives_the_last_row_what_the_division_leaves():
    schedule = schedule_of(principal_minor=1000, instalments=3, method=Method.EQUAL_PRINCIPAL)

    assert column(schedule, "principal_minor") == [333, 333, 334]
    assert column(schedule, "remainder_minor") == [0, 0, 1]


def test_equal_principal_gives_the_first_row_the_remainder_where_the_product_says_so():
    schedule = schedule_of(
        principal_minor=1000, instalments=3, method=Method.EQUAL_PRINCIPAL, remainder=Remainder.FIRST
    )

    assert column(schedule, "principal_minor") == [334, 333, 333]


def test_interest_only_asks_for_the_principal_once():
    schedule = schedule_of(method=Method.INTEREST_ONLY)

    assert column(schedule, "principal_minor") == [0] * 11 + [1_200_000]
    assert column(schedule, "interest_minor") == [12_000] * 12


def test_a_bullet_loan_has_one_row_of_simple_interest():
    schedule = schedule_of(method=Method.BULLET)

    assert [(row.due_date, row.principal_minor, row.interest_minor) for row in schedule.rows] == [
        (date(2025, 1, 31), 1_200_000, 144_000)
    ]


def test_flat_interest_and_principal_each_name_their_own_remainder():
    schedule = schedule_of(
        principal_minor=10_000, instalments=7, interest_method=InterestMethod.FLAT, method=Method.EQUAL_PRINCIPAL
    )

    assert schedule.flat_interest_minor == 700
    assert column(schedule, "principal_minor") == [1429] * 6 + [1426]
    assert column(schedule, "interest_minor") == [100] * 7


def test_flat_interest_by_days_follows_the_calendar_and_the_instalment_stays_equal():
    schedule = schedule_of(
        principal_minor=70_000,
        instalments=4,
        start_date=date(2024, 1, 1),
        interest_method=InterestMethod.FLAT_BY_DAYS,
        day_count=DayCount.ACT_ACT,
    )

    assert column(schedule, "interest_minor") == [711, 666, 711, 689]
    assert column(schedule, "total_minor") == [18_194, 18_194, 18_194, 18_195]


def test_interest_above_the_instalment_is_carried_and_principal_is_never_negative():
    schedule = schedule_of(fixed_instalment_minor=11_000)

    assert column(schedule, "principal_minor") == [0] * 11 + [1_200_000]
    assert column(schedule, "interest_minor")[:11] == [11_000] * 11
    assert schedule.rows[0].carried_out_minor == 1000
    assert schedule.rows[-1].interest_minor == 12_000 + 11_000  # no interest on the interest
    assert schedule.interest_minor == 12 * 12_000


def test_a_long_first_period_may_carry_interest_into_the_second_row():
    schedule = schedule_of(
        first_due_date=date(2025, 1, 31), instalments=12, rate=Rate(480_000, "year"), day_count=DayCount.ACT_365,
        instalment_day_count=DayCount.SAME_AS_PERIOD,
    )  # fmt: skip

    first, second = schedule.rows[:2]
    assert first.principal_minor == 0
    assert first.carried_out_minor > 0
    assert second.carried_in_minor == first.carried_out_minor


def test_the_term_follows_from_a_fixed_instalment():
    schedule = schedule_of(fixed_instalment_minor=500_000, instalments=None)

    assert column(schedule, "total_minor")[:2] == [500_000, 500_000]
    assert len(schedule.rows) == 3
    assert schedule.rows[-1].total_minor < 500_000


def test_a_fixed_instalment_that_never_repays_is_refused():
    with pytest.raises(TermsRefused) as refusal:
        schedule_of(fixed_instalment_minor=12_000, instalments=None)

    assert refusal.value.field == "fixed_instalment_minor"


@pytest.mark.parametrize("remainder", [Remainder.LAST, Remainder.FIRST])
@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize(
    ("principal_minor", "instalments", "rate_ppm"),
    [(1, 1, 0), (1, 12, 0), (1, 12, 360_000), (3, 12, 240_000), (1_000, 1, 240_000), (1_000_000, 24, 0)],
)
def test_loans_of_no_interest_one_fen_one_row_or_more_rows_than_fen_all_work(
    principal_minor, instalments, rate_ppm, method, remainder
):
    schedule = schedule_of(
        principal_minor=principal_minor,
        instalments=instalments,
        rate=Rate(rate_ppm, "year"),
        method=method,
        remainder=remainder,
    )

    assert schedule.principal_minor == principal_minor
    assert len(schedule.rows) == (1 if method is Method.BULLET else instalments)
    assert min(column(schedule, "principal_minor")) >= 0


def test_half_even_and_half_up_are_two_schedules():
    half = {"principal_minor": 50, "method": Method.INTEREST_ONLY, "instalments": 1}  # 0.5 fen of interest

    assert schedule_of(**half, interest_rounding=Rounding.HALF_UP).interest_minor == 1
    assert schedule_of(**half, interest_rounding=Rounding.HALF_EVEN).interest_minor == 0


def test_an_instalment_in_whole_yuan_falls_back_to_fen_rather_than_to_nothing():
    factors = [Share(0, 1)] * 4

    whole = {"factors": factors, "rounding": Rounding.HALF_EVEN, "multiple_minor": 100}
    assert equal_instalment_minor(principal_minor=125_000, **whole) == 31_200
    assert equal_instalment_minor(principal_minor=120, **whole) == 30


def test_a_factor_of_fixed_precision_decides_a_tie_the_other_way():
    tie = {"principal_minor": 75_000, "rate": Rate(70_000, "year"), "instalments": 1}

    exact = schedule_of(**tie, interest_rounding=Rounding.HALF_UP)
    cut = schedule_of(**tie, interest_rounding=Rounding.HALF_UP, factor_digits=19)

    assert (exact.interest_minor, cut.interest_minor) == (438, 437)  # 437.5


@pytest.mark.parametrize(
    ("first_period", "interest_minor"), [(FirstPeriod.BY_DAYS, 6_000), (FirstPeriod.WHOLE, 12_000)]
)
def test_a_short_first_period_costs_its_days_unless_the_product_charges_it_whole(first_period, interest_minor):
    schedule = schedule_of(start_date=date(2024, 4, 16), first_due_date=date(2024, 5, 1), first_period=first_period)

    assert schedule.rows[0].days == 15
    assert schedule.rows[0].accrued_minor == interest_minor
    assert schedule.rows[1].share == (30, 360)


def test_a_due_day_rule_makes_a_broken_first_period():
    schedule = schedule_of(start_date=date(2024, 1, 20), due_day=31, minimum_first_days=15, instalments=3)

    assert column(schedule, "due_date") == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert column(schedule, "days") == [40, 31, 30]


def test_principal_grace_asks_for_interest_only_and_then_repays_equally():
    schedule = schedule_of(principal_grace=3)

    assert column(schedule, "principal_minor")[:3] == [0, 0, 0]
    assert column(schedule, "interest_minor")[:3] == [12_000] * 3
    assert column(schedule, "total_minor")[3:11] == [schedule.instalment_minor] * 8


@pytest.mark.parametrize(
    ("deferred", "row_no", "interest_minor"),
    [(DeferredInterest.NEXT_ROW, 3, 36_000), (DeferredInterest.LAST_ROW, 12, 25_200)],
)
def test_deferred_interest_is_asked_where_the_product_says(deferred, row_no, interest_minor):
    schedule = schedule_of(interest_grace=2, principal_grace=2, method=Method.EQUAL_PRINCIPAL,
                           deferred_interest=deferred)  # fmt: skip

    assert column(schedule, "interest_minor")[:2] == [0, 0]
    assert schedule.rows[row_no - 1].interest_minor == interest_minor
    assert schedule.interest_minor == sum(column(schedule, "accrued_minor"))


def test_capitalised_interest_becomes_principal_and_bears_interest():
    schedule = schedule_of(interest_grace=2, principal_grace=2, deferred_interest=DeferredInterest.CAPITALISED)

    assert schedule.rows[1].balance_minor == 1_224_000
    assert schedule.rows[2].interest_minor == 12_240
    assert schedule.principal_minor == 1_224_000
    assert abs(schedule.rows[-1].remainder_minor) <= 5


def test_interest_free_rows_bear_none():
    schedule = schedule_of(interest_free_rows=2)

    assert column(schedule, "interest_minor")[:2] == [0, 0]
    assert schedule.rows[2].interest_minor > 0


def test_a_down_payment_is_row_one_on_the_start_date():
    schedule = schedule_of(down_payment_ppm=250_000, instalments=3)

    first, second = schedule.rows[:2]
    assert (first.due_date, first.principal_minor, first.interest_minor) == (TERMS.start_date, 300_000, 0)
    assert (second.instalment_no, second.interest_minor) == (2, 9_000)
    assert len(schedule.rows) == 4


def test_a_balloon_stays_for_the_last_row():
    schedule = schedule_of(balloon_minor=500_000)

    assert column(schedule, "total_minor")[:11] == [schedule.instalment_minor] * 11
    assert abs(schedule.rows[-1].total_minor - schedule.instalment_minor - 500_000) <= 6


def test_each_fee_keeps_its_own_remainder():
    fees = (
        Fee("service", amount_minor=1000, spread=FeeSpread.SPLIT),
        Fee("guarantee", ppm=1_000, spread=FeeSpread.SPLIT, remainder=Remainder.FIRST),
        Fee("letter", amount_minor=50),
    )

    schedule = schedule_of(instalments=7, fees=fees)

    amounts = [[part.amount_minor for part in row.fees] for row in schedule.rows]
    assert [row[0] for row in amounts] == [143] * 6 + [142]
    assert [row[1] for row in amounts] == [174] + [171] * 6
    assert [row[2] for row in amounts] == [50] * 7
    assert schedule.fee_minor == 1000 + 1200 + 350


def test_a_remainder_in_the_first_row_leaves_the_last_like_the_others():
    schedule = schedule_of(remainder=Remainder.FIRST, instalments=36)

    totals = column(schedule, "total_minor")
    assert set(totals[1:]) == {schedule.instalment_minor}
    assert totals[0] - schedule.instalment_minor == schedule.rows[0].remainder_minor != 0


def test_smoothing_brings_the_last_row_nearer():
    loan = {
        "principal_minor": 33_177,
        "rate": Rate(106_500, "year"),
        "instalments": 5,
        "start_date": date(2023, 12, 12),
        "day_count": DayCount.ACT_ACT,
        "first_day_counts": False,
    }

    plain = schedule_of(**loan)
    smoothed = schedule_of(**loan, remainder=Remainder.SMOOTHED)

    assert (plain.instalment_minor, plain.rows[-1].remainder_minor) == (6813, 3)
    assert (smoothed.instalment_minor, smoothed.rows[-1].remainder_minor) == (6814, -2)


def test_smoothing_is_given_up_where_it_would_make_the_last_row_worse():
    loan = {"principal_minor": 10_000_000, "rate": Rate(94_822, "year"), "instalments": 360}

    assert schedule_of(**loan, remainder=Remainder.SMOOTHED).smoothing == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal_minor": 0}, "principal_minor"),
        ({"instalments": 0}, "instalments"),
        ({"instalments": None}, "instalments"),
        ({"instalments": 100_000}, "instalments"),
        ({"every": 0}, "every"),
        ({"first_due_date": date(2024, 1, 31)}, "first_due_date"),
        ({"due_day": 32}, "due_day"),
        ({"due_day": 5, "first_due_date": date(2024, 3, 5)}, "due_day"),
        ({"unit": "week", "seed_day": 5}, "seed_day"),
        ({"first_due_date": date(2024, 2, 15), "seed_day": 31}, "seed_day"),
        ({"due_day": 15, "seed_day": 31}, "seed_day"),
        ({"principal_grace": 12}, "principal_grace"),
        ({"principal_grace": -1}, "principal_grace"),
        ({"method": Method.BULLET, "interest_grace": 1}, "interest_grace"),
        ({"interest_grace": 1, "deferred_interest": DeferredInterest.CAPITALISED}, "principal_grace"),
        (
            {"interest_method": InterestMethod.FLAT, "deferred_interest": DeferredInterest.CAPITALISED},
            "deferred_interest",
        ),
        ({"method": Method.EQUAL_PRINCIPAL, "remainder": Remainder.SMOOTHED}, "remainder"),
        ({"method": Method.EQUAL_PRINCIPAL, "fixed_instalment_minor": 5}, "fixed_instalment_minor"),
        ({"balloon_minor": 1_200_001}, "balloon_minor"),
        ({"down_payment_ppm": 1_000_000}, "down_payment_ppm"),
        ({"principal_minor": 1, "down_payment_ppm": 900_000}, "down_payment_ppm"),
        ({"fees": (Fee("neither"),)}, "fees"),
        ({"instalment_multiple_minor": 0}, "instalment_multiple_minor"),
        ({"factor_digits": 0}, "factor_digits"),
    ],
)
def test_terms_that_make_no_schedule_are_refused_by_field(changes, field):
    with pytest.raises(TermsRefused) as refusal:
        schedule_of(**changes)

    assert refusal.value.field == field


some_terms = st.builds(
    ScheduleTerms,
    principal_minor=st.integers(1, 10**9),
    rate=st.builds(Rate, ppm=st.integers(0, 600_000), per=st.just("year"))
    | st.builds(Rate, ppm=st.integers(0, 1_000), per=st.just("day")),
    instalments=st.integers(5, 48),
    start_date=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    method=st.sampled_from([m for m in Method if m is not Method.BULLET]),
    interest_method=st.sampled_from(InterestMethod),
    unit=st.sampled_from(("month", "week", "day")),
    every=st.integers(1, 3),
    day_count=st.sampled_from(DayCount),
    first_day_counts=st.booleans(),
    interest_rounding=st.sampled_from(Rounding),
    instalment_rounding=st.sampled_from(Rounding),
    instalment_multiple_minor=st.sampled_from((1, 10, 100)),
    remainder=st.sampled_from((Remainder.LAST, Remainder.FIRST)),
    principal_grace=st.integers(0, 4),
    interest_grace=st.integers(0, 4),
    interest_free_rows=st.integers(0, 4),
    deferred_interest=st.sampled_from((DeferredInterest.NEXT_ROW, DeferredInterest.LAST_ROW)),
    down_payment_ppm=st.sampled_from((0, 0, 100_000)),
    fees=st.sampled_from(((), (Fee("service", ppm=12_345, spread=FeeSpread.SPLIT),))),
)


@settings(max_examples=300)
@given(some_terms)
def test_every_schedule_repays_exactly_what_was_lent(terms):
    if terms.principal_minor <= 300:
        terms = replace(terms, down_payment_ppm=0)  # a loan of a few fen has no down payment to spare

    schedule = build_schedule(terms=terms)

    assert schedule.principal_minor == terms.principal_minor
    assert schedule.rows[-1].balance_minor == 0
    assert schedule.interest_minor == sum(row.accrued_minor for row in schedule.rows)
    for before, after in zip(schedule.rows, schedule.rows[1:], strict=False):
        assert before.balance_minor == after.opening_minor
        assert before.carried_out_minor == after.carried_in_minor
        assert before.due_date == after.from_date
    for row in schedule.rows:
        assert row.principal_minor >= 0
        assert row.interest_minor >= 0
        assert row.carried_out_minor >= 0
        assert row.total_minor == row.principal_minor + row.interest_minor + row.fee_minor


@given(some_terms)
def test_the_interest_of_a_row_is_within_one_minor_unit_of_the_exact_fraction(terms):
    terms = replace(terms, interest_method=InterestMethod.DECLINING, down_payment_ppm=0)

    for row in build_schedule(terms=terms).rows:
        assert abs(row.accrued_minor - row.opening_minor * Fraction(*row.factor)) < 1


@given(amount=st.integers(0, 10**9), rows=st.integers(1, 100), rounding=st.sampled_from(Rounding),
       remainder=st.sampled_from((Remainder.LAST, Remainder.FIRST)))  # fmt: skip
def test_a_split_never_makes_or_loses_a_minor_unit(amount, rows, rounding, remainder):
    split = split_equally(amount_minor=amount, rows=rows, rounding=rounding, remainder=remainder)

    assert sum(split.parts_minor) == amount
    assert min(split.parts_minor) >= 0
