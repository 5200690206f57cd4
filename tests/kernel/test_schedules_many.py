from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.calendars import day_of_month_many
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding, TooLargeForInt64
from postloan.kernel.rates import Rate
from postloan.kernel.schedules import (
    FirstPeriod,
    ManyTerms,
    Method,
    ScheduleTerms,
    TermsRefused,
    build_schedule,
    build_schedules_many,
)

IN_COLUMNS = (
    DayCount.SAME_AS_PERIOD, DayCount.PERIOD_30_360, DayCount.PERIOD_30_365,
    DayCount.ACT_360, DayCount.ACT_364, DayCount.ACT_365,
)  # fmt: skip

shared_terms = st.builds(
    ManyTerms,
    method=st.sampled_from(Method),
    rate_per=st.sampled_from(("year", "month", "day")),
    day_count=st.sampled_from(IN_COLUMNS),
    instalment_day_count=st.none() | st.sampled_from(IN_COLUMNS),
    first_period=st.sampled_from(FirstPeriod),
    interest_rounding=st.sampled_from(Rounding),
    instalment_rounding=st.sampled_from(Rounding),
    instalment_multiple_minor=st.sampled_from((1, 1, 10, 100)),
)
a_loan = st.tuples(
    st.integers(1, 10**8) | st.integers(1, 200),  # principal
    st.integers(0, 30_000) | st.sampled_from((0, 120_000, 240_000, 360_000)),  # ppm
    st.integers(1, 40),  # instalments
    st.dates(date(2015, 1, 1), date(2030, 12, 31)),  # start
    st.integers(1, 70),  # days to the first due date
    st.booleans(),  # a first due date at a month end stands for the 31st
    st.integers(1, 10**7),  # fixed instalment
)
some_loans = st.lists(a_loan, min_size=1, max_size=12)


def columns(loans):
    principal, ppm, count, start, wait, seed, fixed = zip(*loans, strict=True)
    starts = np.array(start, dtype="datetime64[D]")
    first_due = starts + np.array(wait)
    day = day_of_month_many(dates=first_due)
    is_month_end = day_of_month_many(dates=first_due + 1) == 1
    return {
        "principal_minor": np.array(principal),
        "rate_ppm": np.array(ppm),
        "instalments": np.array(count),
        "start_date": starts,
        "first_due_date": first_due,
        "seed_day": np.where(is_month_end & np.array(seed), 31, day),
        "instalment_minor": np.array(fixed),
    }


def one(shared, given, place, **changes):
    first_due, seed = given.get("first_due_date"), given.get("seed_day")
    terms = ScheduleTerms(
        principal_minor=int(given["principal_minor"][place]),
        rate=Rate(int(given["rate_ppm"][place]), shared.rate_per),
        instalments=int(given["instalments"][place]),
        start_date=given["start_date"][place].item(),
        first_due_date=None if first_due is None else first_due[place].item(),
        seed_day=None if seed is None else int(seed[place]),
        method=shared.method,
        day_count=shared.day_count,
        instalment_day_count=shared.instalment_day_count,
        first_period=shared.first_period,
        interest_rounding=shared.interest_rounding,
        instalment_rounding=shared.instalment_rounding,
        instalment_multiple_minor=shared.instalment_multiple_minor,
    )
    return build_schedule(terms=replace(terms, **changes))


def rows_of(many, place):
    span = slice(many.offsets[place], many.offsets[place + 1])
    names = ("instalment_no", "from_date", "due_date", "principal_minor", "interest_minor")
    return list(zip(*(getattr(many, name)[span].tolist() for name in names), strict=True))


def rows_of_one(schedule):
    return [
        (row.instalment_no, row.from_date, row.due_date, row.principal_minor, row.interest_minor)
        for row in schedule.rows
    ]


@settings(max_examples=400, deadline=None)
@given(shared_terms, some_loans, st.booleans(), st.booleans())
def test_both_forms_give_the_same_rows(shared, loans, first_due_is_given, seed_is_given):
    given_columns = columns(loans)
    del given_columns["instalment_minor"]
    if not first_due_is_given:
        del given_columns["first_due_date"]
    if not seed_is_given:
        del given_columns["seed_day"]

    many = build_schedules_many(terms=shared, **given_columns)

    for place in range(len(loans)):
        alone = one(shared, given_columns, place)
        assert rows_of(many, place) == rows_of_one(alone)
        assert many.instalment_minor[place] == (alone.instalment_minor or 0)


@settings(max_examples=200, deadline=None)
@given(shared_terms, some_loans)
def test_both_forms_agree_where_the_instalment_is_given(shared, loans):
    shared = replace(shared, method=Method.EQUAL_INSTALMENT)
    given_columns = columns(loans)

    many = build_schedules_many(terms=shared, **given_columns)

    for place, fixed in enumerate(given_columns["instalment_minor"].tolist()):
        alone = one(shared, given_columns, place, fixed_instalment_minor=fixed)
        assert rows_of(many, place) == rows_of_one(alone)


def test_both_forms_agree_on_a_long_book_with_every_rounding():
    random = np.random.default_rng(20240131)
    loans = 300
    given_columns = {
        "principal_minor": random.integers(100, 10**9, loans),
        "rate_ppm": random.integers(0, 360_000, loans),
        "instalments": random.choice([36, 60, 360], loans),
        "start_date": np.datetime64("2018-01-01") + random.integers(0, 90, loans),
    }
    for rounding in Rounding:
        shared = ManyTerms(day_count=DayCount.SAME_AS_PERIOD, instalment_rounding=rounding)
        many = build_schedules_many(terms=shared, **given_columns)
        for place in range(0, loans, 7):
            assert rows_of(many, place) == rows_of_one(one(shared, given_columns, place))


def test_an_instalment_that_is_whole_before_rounding_is_found_exactly():
    # 3 rows at 0.5 a month of 100 %: no float may decide whether 19 x 8 / ... is whole or a hair above.
    given_columns = {
        "principal_minor": np.array([19 * 10**6, 19 * 10**6 + 1]),
        "rate_ppm": np.array([500_000, 500_000]),
        "instalments": np.array([3, 3]),
        "start_date": np.array(["2024-01-01"] * 2, dtype="datetime64[D]"),
    }
    shared = ManyTerms(rate_per="month", instalment_rounding=Rounding.UP)

    many = build_schedules_many(terms=shared, **given_columns)

    assert many.instalment_minor.tolist() == [13_500_000, 13_500_001]


def test_no_loans_give_no_rows():
    empty = np.array([], dtype=np.int64)

    many = build_schedules_many(
        terms=ManyTerms(), principal_minor=empty, rate_ppm=empty, instalments=empty,
        start_date=np.array([], dtype="datetime64[D]"),
    )  # fmt: skip

    assert many.offsets.tolist() == [0]
    assert len(many.due_date) == 0


GOOD = {
    "principal_minor": np.array([1000]),
    "rate_ppm": np.array([100]),
    "instalments": np.array([3]),
    "start_date": np.array(["2024-01-01"], dtype="datetime64[D]"),
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal_minor": np.array([0])}, "principal_minor"),
        ({"rate_ppm": np.array([-1])}, "rate_ppm"),
        ({"instalments": np.array([0])}, "instalments"),
        ({"seed_day": np.array([32])}, "seed_day"),
        ({"seed_day": np.array([5]), "first_due_date": np.array(["2024-01-06"], dtype="datetime64[D]")}, "seed_day"),
        ({"first_due_date": np.array(["2024-01-01"], dtype="datetime64[D]")}, "first_due_date"),
        ({"instalment_minor": np.array([0])}, "instalment_minor"),
        ({"terms": ManyTerms(day_count=DayCount.ACT_ACT)}, "day_count"),
        ({"terms": ManyTerms(method=Method.BULLET), "instalment_minor": np.array([5])}, "instalment_minor"),
    ],
)
def test_columns_that_make_no_schedule_are_refused_by_name(changes, field):
    with pytest.raises(TermsRefused) as refusal:
        build_schedules_many(**{"terms": ManyTerms(), **GOOD, **changes})

    assert refusal.value.field == field


def test_an_amount_too_large_for_columns_is_refused_and_not_wrapped_round():
    with pytest.raises(TooLargeForInt64):
        build_schedules_many(
            terms=ManyTerms(), **{**GOOD, "principal_minor": np.array([10**14]), "rate_ppm": np.array([10**6])}
        )
