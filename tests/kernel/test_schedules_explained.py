from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import (
    STEP_KEYS,
    DeferredInterest,
    Fee,
    FeeSpread,
    FirstPeriod,
    InterestMethod,
    Method,
    NoSuchRow,
    Remainder,
    ScheduleTerms,
    TermsRefused,
    build_schedule,
    explain_row,
)

FEES = (Fee("service", ppm=12_345, spread=FeeSpread.SPLIT), Fee("letter", amount_minor=7))

any_terms = st.builds(
    ScheduleTerms,
    principal_minor=st.integers(1, 10**9),
    rate=st.builds(Rate, ppm=st.integers(0, 600_000), per=st.sampled_from(("year", "month", "day"))),
    instalments=st.integers(5, 24),
    start_date=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    method=st.sampled_from(Method),
    interest_method=st.sampled_from(InterestMethod),
    unit=st.sampled_from(("month", "week", "day")),
    every=st.integers(1, 3),
    first_due_date=st.none() | st.dates(date(2040, 1, 2), date(2040, 9, 1)),
    first_period=st.sampled_from(FirstPeriod),
    day_count=st.sampled_from(DayCount),
    instalment_day_count=st.none() | st.sampled_from(DayCount),
    first_day_counts=st.booleans(),
    factor_digits=st.sampled_from((None, None, 4, 19)),
    interest_rounding=st.sampled_from(Rounding),
    instalment_rounding=st.sampled_from(Rounding),
    instalment_multiple_minor=st.sampled_from((1, 10, 100)),
    remainder=st.sampled_from(Remainder),
    fixed_instalment_minor=st.none() | st.integers(1, 10**8),
    principal_grace=st.integers(0, 4),
    interest_grace=st.integers(0, 4),
    interest_free_rows=st.integers(0, 4),
    deferred_interest=st.sampled_from(DeferredInterest),
    balloon_minor=st.sampled_from((0, 0, 1)),
    down_payment_ppm=st.sampled_from((0, 0, 100_000)),
    fees=st.sampled_from(((), FEES)),
)


PLAIN = ScheduleTerms(principal_minor=1000, rate=Rate(0, "year"), instalments=6, start_date=date(2024, 1, 31))


def build_mended(terms):
    """Build; where a combination is refused, put the field named back to its plain value and try again."""
    while True:
        try:
            return terms, build_schedule(terms=terms)
        except TermsRefused as refusal:
            fields = [refusal.field, *(["deferred_interest"] if refusal.field == "principal_grace" else [])]
            mended = replace(terms, **{field: getattr(PLAIN, field) for field in fields})
            assert mended != terms
            terms = mended


@settings(max_examples=400, deadline=None)
@given(any_terms)
def test_every_figure_of_every_row_is_what_its_explanation_recomputes(terms):
    terms, schedule = build_mended(terms)

    for row in schedule.rows:
        steps = explain_row(terms=terms, schedule=schedule, instalment_no=row.instalment_no)

        assert [step.recompute() for step in steps] == [step.result for step in steps]
        assert {step.key for step in steps} <= STEP_KEYS
        assert [step.subject for step in steps if step.subject] == [part.fee.name for part in row.fees]
        results = {step.key: step.result for step in steps}
        assert results["total"] == row.total_minor
        assert results["balance_after"] == row.balance_minor
        if not row.is_down_payment:
            assert results["interest_due"] == row.interest_minor
            assert results["days"] == row.days
        if row.share.numerator:
            assert results["share"] == Fraction(*row.share)
        assert len([step for step in steps if step.key.startswith("fee")]) == len(row.fees)
        principal = [step.result for step in steps if step.key.startswith(("principal", "down_payment"))]
        assert principal == [row.principal_minor]


def test_an_explanation_reads_like_the_sum_on_paper():
    terms = ScheduleTerms(
        principal_minor=1_200_000, rate=Rate(240_000, "year"), instalments=12, start_date=date(2024, 1, 31)
    )
    schedule = build_schedule(terms=terms)

    steps = {step.key: step for step in explain_row(terms=terms, schedule=schedule, instalment_no=1)}

    assert steps["share"].formula == "days / days_of_year"
    assert steps["share"].values == {"days": 29, "days_of_year": 365}
    assert steps["interest_accrued"].formula == "balance * rate_ppm / 1000000 * share"
    assert round(float(steps["interest_accrued"].exact()), 4) == 22882.1918
    assert steps["interest_accrued"].result == 22_882
    assert steps["interest_accrued"].rounding is Rounding.HALF_UP
    assert steps["principal"].values["instalment"] == schedule.instalment_minor


def test_days_on_both_sides_of_new_year_are_shown_apart():
    terms = ScheduleTerms(
        principal_minor=1_000_000, rate=Rate(120_000, "year"), instalments=2, start_date=date(2023, 12, 15),
        day_count=DayCount.ACT_ACT,
    )  # fmt: skip
    schedule = build_schedule(terms=terms)

    share = explain_row(terms=terms, schedule=schedule, instalment_no=1)[1]

    assert share.formula == "days_in_common_years / 365 + days_in_leap_years / 366"
    assert share.values == {"days_in_common_years": 17, "days_in_leap_years": 14}


def test_a_row_that_is_not_there_is_refused():
    terms = ScheduleTerms(principal_minor=100, rate=Rate(0, "year"), instalments=2, start_date=date(2023, 12, 15))

    with pytest.raises(NoSuchRow):
        explain_row(terms=terms, schedule=build_schedule(terms=terms), instalment_no=3)
