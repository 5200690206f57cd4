"""Accrual: exact to any date, rounded once, stopped in the books but not in law."""

import doctest
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import accrual
from postloan.kernel.accrual import (
    Segment,
    accrual_to_post_many,
    accrual_to_post_minor,
    row_interest_accrued_many,
    row_interest_accrued_minor,
    segments_interest_minor,
    simple_interest_many,
    simple_interest_minor,
)
from postloan.kernel.daycounts import Share
from postloan.kernel.money import Rounding, TooLargeForInt64

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "accrual.md"
MARCH, APRIL = date(2018, 3, 1), date(2018, 4, 1)

roundings = st.sampled_from(list(Rounding))
dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))
rows = st.tuples(
    st.integers(-(10**9), 10**9),  # interest, negative for a credit
    dates,
    st.integers(0, 400),  # days of the row
    st.none() | dates,  # stopped from
)


def accrued(to_date: date, *, interest_minor: int = 200, rounding: Rounding = Rounding.HALF_UP, **more: date) -> int:
    return row_interest_accrued_minor(
        interest_minor=interest_minor, from_date=MARCH, due_date=APRIL, to_date=to_date, rounding=rounding, **more
    )


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(accrual)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@given(
    interest_minor=st.integers(0, 10**9),
    days=st.integers(1, 400),
    nights=st.lists(st.integers(0, 450)),
    rounding=roundings,
)
def test_however_many_nights_are_missed_the_days_of_a_row_sum_to_its_interest(interest_minor, days, nights, rounding):
    due_date = MARCH + timedelta(days=days)
    posted_minor = 0

    for night in [*sorted(nights), days]:
        accrued_minor = row_interest_accrued_minor(
            interest_minor=interest_minor,
            from_date=MARCH,
            due_date=due_date,
            to_date=MARCH + timedelta(days=night),
            rounding=rounding,
        )
        posted_minor += accrual_to_post_minor(accrued_minor=accrued_minor, posted_minor=posted_minor)
        assert posted_minor == accrued_minor

    assert posted_minor == interest_minor


def test_three_missed_days_equal_three_single_ones():
    each_night = 0
    for day in (2, 3, 4):
        each_night += accrual_to_post_minor(accrued_minor=accrued(date(2018, 3, day)), posted_minor=each_night)

    at_once = accrual_to_post_minor(accrued_minor=accrued(date(2018, 3, 4)), posted_minor=0)

    assert each_night == at_once == 19  # 200 × 3 / 31 = 19.35


def test_a_small_balance_is_not_overcharged_by_rounding_each_day():
    day_by_day = 30 * simple_interest_minor(
        principal_minor=33_333, rate_ppm=200, share=Share(1, 1), rounding=Rounding.HALF_UP
    )
    exact = simple_interest_minor(principal_minor=33_333, rate_ppm=200, share=Share(30, 1), rounding=Rounding.HALF_UP)

    assert (day_by_day, exact) == (210, 200)


def test_the_day_the_row_begins_bears_interest_and_the_day_of_payment_does_not():
    assert accrued(MARCH) == 0
    assert accrued(MARCH + timedelta(days=1), interest_minor=31) == 1


@pytest.mark.parametrize(
    ("to_date", "expected"), [(date(2017, 1, 1), 0), (APRIL, 200), (date(2018, 4, 2), 200), (date(2030, 1, 1), 200)]
)
def test_a_row_accrues_nothing_before_it_begins_and_nothing_after_it_is_due(to_date, expected):
    assert accrued(to_date) == expected


def test_a_row_of_no_days_has_all_its_interest_from_the_next_day_on():
    def of_the_row(to_date: date) -> int:
        return row_interest_accrued_minor(
            interest_minor=9, from_date=MARCH, due_date=MARCH, to_date=to_date, rounding=Rounding.DOWN
        )

    assert (of_the_row(MARCH), of_the_row(date(2018, 3, 2))) == (0, 9)


def test_charge_off_stops_accrual_in_the_books_but_not_the_debt():
    in_the_books = accrued(APRIL, interest_minor=310, stopped_from_date=date(2018, 3, 11))
    in_law = accrued(APRIL, interest_minor=310)

    assert (in_the_books, in_law) == (100, 310)


def test_a_backdated_stop_gives_back_today_what_was_posted_too_much():
    posted_minor = accrued(date(2018, 3, 21), interest_minor=310)

    accrued_minor = accrued(date(2018, 3, 22), interest_minor=310, stopped_from_date=date(2018, 3, 11))

    assert accrual_to_post_minor(accrued_minor=accrued_minor, posted_minor=posted_minor) == -100


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.HALF_UP, -3),
        (Rounding.HALF_EVEN, -2),
        (Rounding.HALF_DOWN, -2),
        (Rounding.UP, -3),
        (Rounding.DOWN, -2),
        (Rounding.CEILING, -2),
        (Rounding.FLOOR, -3),
    ],
)
def test_a_negative_amount_rounds_as_its_rule_says_not_as_the_language_divides(rounding, expected):
    half_a_row = row_interest_accrued_minor(
        interest_minor=-5, from_date=MARCH, due_date=date(2018, 3, 3), to_date=date(2018, 3, 2), rounding=rounding
    )

    assert half_a_row == expected


def test_a_rate_cut_inside_a_row_splits_its_days_and_rounds_once():
    before = Segment(principal_minor=123_456, rate_ppm=49_000, share=Share(10, 365))  # 165.74
    after = Segment(principal_minor=123_456, rate_ppm=47_500, share=Share(21, 365))  # 337.39

    together = segments_interest_minor(segments=[before, after], rounding=Rounding.DOWN)
    apart = [segments_interest_minor(segments=[part], rounding=Rounding.DOWN) for part in (before, after)]

    assert together == int(Fraction(123_456 * (49_000 * 10 + 47_500 * 21), 365 * 1_000_000)) == 503
    assert sum(apart) == 502


@given(
    principal_minor=st.integers(0, 10**12),
    rate_ppm=st.integers(0, 10**6),
    days=st.lists(st.integers(0, 100), min_size=1, max_size=5),
    rounding=roundings,
)
def test_splitting_a_row_without_a_change_changes_nothing(principal_minor, rate_ppm, days, rounding):
    segments = [Segment(principal_minor, rate_ppm, Share(part, 365)) for part in days]

    whole = simple_interest_minor(
        principal_minor=principal_minor, rate_ppm=rate_ppm, share=Share(sum(days), 365), rounding=rounding
    )

    assert segments_interest_minor(segments=segments, rounding=rounding) == whole


@given(rows=st.lists(rows, max_size=8), to_date=dates, rounding=roundings)
def test_rows_in_columns_accrue_as_they_do_one_by_one(rows, to_date, rounding):
    one_by_one = [
        row_interest_accrued_minor(
            interest_minor=interest_minor,
            from_date=from_date,
            due_date=from_date + timedelta(days=days),
            to_date=to_date,
            rounding=rounding,
            stopped_from_date=stopped,
        )
        for interest_minor, from_date, days, stopped in rows
    ]

    in_columns = row_interest_accrued_many(
        interest_minor=np.array([row[0] for row in rows], dtype=np.int64),
        from_dates=np.array([row[1] for row in rows], dtype="datetime64[D]"),
        due_dates=np.array([row[1] + timedelta(days=row[2]) for row in rows], dtype="datetime64[D]"),
        to_date=to_date,
        rounding=rounding,
        stopped_from_dates=np.array([row[3] for row in rows], dtype="datetime64[D]"),
    )

    assert in_columns.tolist() == one_by_one
    assert accrual_to_post_many(accrued_minor=in_columns, posted_minor=in_columns).tolist() == [0] * len(rows)


@given(
    loans=st.lists(
        st.tuples(st.integers(-(10**10), 10**10), st.integers(0, 10**6), st.integers(0, 366), st.integers(1, 366)),
        max_size=8,
    ),
    rounding=roundings,
)
def test_simple_interest_in_columns_is_that_of_each_loan(loans, rounding):
    one_by_one = [
        simple_interest_minor(principal_minor=principal, rate_ppm=ppm, share=Share(days, year), rounding=rounding)
        for principal, ppm, days, year in loans
    ]

    columns = np.array(loans, dtype=np.int64).reshape(-1, 4)
    in_columns = simple_interest_many(
        principal_minor=columns[:, 0],
        rate_ppm=columns[:, 1],
        share_numerators=columns[:, 2],
        share_denominators=columns[:, 3],
        rounding=rounding,
    )

    assert in_columns.tolist() == one_by_one


def test_an_amount_that_would_overflow_is_refused_and_not_wrapped():
    with pytest.raises(TooLargeForInt64):
        simple_interest_many(
            principal_minor=np.array([10**13]),
            rate_ppm=1_000_000,
            share_numerators=366,
            share_denominators=365,
            rounding=Rounding.HALF_UP,
        )
