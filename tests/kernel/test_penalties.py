"""Penalties: nothing in grace, exact after it, raised once, capped, and holidays kept apart."""

import doctest
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import penalties
from postloan.kernel.ageing import days_past_due
from postloan.kernel.money import Rounding
from postloan.kernel.penalties import (
    LENDING_CLUB_LATE_FEE,
    NOTHING_COUNTED,
    LateFeeTerms,
    OverdueCount,
    PenaltyNotPossible,
    PenaltyTerms,
    count_overdue,
    late_fee_to_raise_minor,
    late_fees_to_raise_many,
    penalties_to_raise_many,
    penalty_minor,
    penalty_start_date,
    penalty_start_dates,
    penalty_to_raise_minor,
)

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "penalties.md"
DUE = date(2018, 4, 1)

days = st.dates(date(2018, 3, 1), date(2018, 6, 30))
amounts = st.integers(0, 10**9)
penalty_terms = st.builds(
    PenaltyTerms,
    rate_ppm=st.integers(0, 400_000),
    rate_period_days=st.sampled_from([1, 360, 365]),
    grace_days=st.integers(0, 14),
    counted_from=st.sampled_from(["day_one", "after_grace"]),
    rounding=st.sampled_from(list(Rounding)),
    cap_ppm=st.none() | st.integers(0, 300_000),
)
fee_terms = st.builds(
    LateFeeTerms,
    grace_days=st.integers(0, 20),
    minimum_minor=st.integers(0, 3_000),
    share_ppm=st.integers(0, 100_000),
    rounding=st.sampled_from(list(Rounding)),
    cap_ppm=st.none() | st.integers(0, 1_000_000),
)


def on_day(number: int) -> date:
    return DUE + timedelta(days=number)


def raised_by(number: int, *, terms: PenaltyTerms, overdue_minor: int = 100_000, last_free_date: date = DUE) -> int:
    """Return the whole penalty if the balance stands still until the day with that number."""
    count = count_overdue(
        terms=terms,
        overdue_minor=overdue_minor,
        last_free_date=last_free_date,
        on_date=on_day(number),
        counted=NOTHING_COUNTED,
    )
    return penalty_to_raise_minor(
        terms=terms, minor_days=count.minor_days, raised_minor=0, cap_principal_minor=overdue_minor
    )


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(penalties)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@pytest.mark.parametrize(
    ("counted_from", "by_day"),
    [("day_one", {0: 0, 1: 0, 3: 0, 4: 200, 5: 250}), ("after_grace", {0: 0, 1: 0, 3: 0, 4: 50, 5: 100})],
)
def test_no_penalty_until_the_grace_is_over_and_then_from_day_one_or_from_its_end(counted_from, by_day):
    terms = PenaltyTerms(rate_ppm=500, grace_days=3, counted_from=counted_from)

    assert {day: raised_by(day, terms=terms) for day in by_day} == by_day


def test_without_grace_the_due_date_is_free_and_the_day_after_it_is_one_day():
    terms = PenaltyTerms(rate_ppm=500)

    assert [raised_by(day, terms=terms) for day in (0, 1, 2)] == [0, 50, 100]


def test_what_is_paid_within_the_grace_bears_no_penalty_even_when_days_count_from_the_first():
    terms = PenaltyTerms(rate_ppm=500, grace_days=3, counted_from="day_one")

    before_payment = count_overdue(
        terms=terms, overdue_minor=100_000, last_free_date=DUE, on_date=on_day(2), counted=NOTHING_COUNTED
    )
    after = count_overdue(
        terms=terms, overdue_minor=40_000, last_free_date=DUE, on_date=on_day(5), counted=before_payment
    )

    assert after == OverdueCount(minor_days=40_000 * 5, through_date=on_day(5))


def test_a_non_working_due_date_moves_the_last_free_day_but_neither_days_past_due_nor_their_start():
    terms = PenaltyTerms(rate_ppm=500)
    after_the_holiday = on_day(7)  # due inside a holiday week: free until the day after it

    assert raised_by(7, terms=terms, last_free_date=after_the_holiday) == 0
    assert raised_by(8, terms=terms, last_free_date=after_the_holiday) == 50
    assert days_past_due(past_due_since=DUE, business_date=on_day(8)) == 8


def test_a_yearly_penalty_rate_is_used_as_quoted_and_rounded_once():
    terms = PenaltyTerms(rate_ppm=240_000, rate_period_days=365)

    assert raised_by(10, terms=terms, overdue_minor=12_345) == 81  # 12,345 × 0.24 × 10 / 365 = 81.17


@given(
    terms=penalty_terms,
    overdue_minor=amounts,
    nights=st.lists(st.integers(-5, 90), max_size=8),
)
def test_nights_missed_or_repeated_raise_what_undisturbed_nights_raise(terms, overdue_minor, nights):
    count, raised_minor = NOTHING_COUNTED, 0

    for night in [*sorted(nights), 90]:
        count = count_overdue(
            terms=terms, overdue_minor=overdue_minor, last_free_date=DUE, on_date=on_day(night), counted=count
        )
        raised_minor += penalty_to_raise_minor(
            terms=terms, minor_days=count.minor_days, raised_minor=raised_minor, cap_principal_minor=overdue_minor
        )

    assert raised_minor == raised_by(90, terms=terms, overdue_minor=overdue_minor)


def test_a_receipt_counts_the_same_before_and_after_the_close_of_its_day():
    terms = PenaltyTerms(rate_ppm=500)

    def count(overdue_minor: int, number: int, counted: OverdueCount) -> OverdueCount:
        return count_overdue(
            terms=terms, overdue_minor=overdue_minor, last_free_date=DUE, on_date=on_day(number), counted=counted
        )

    receipt_first = count(400, 5, count(1_000, 5, NOTHING_COUNTED))
    close_first = count(1_000, 5, count(1_000, 5, NOTHING_COUNTED))

    assert count(400, 9, receipt_first) == count(400, 9, close_first) == OverdueCount(5 * 1_000 + 4 * 400, on_day(9))


def test_a_backdated_receipt_gives_the_difference_back_today():
    terms = PenaltyTerms(rate_ppm=500)
    raised_minor = raised_by(20, terms=terms)

    replayed = count_overdue(
        terms=terms,
        overdue_minor=0,
        last_free_date=DUE,
        on_date=on_day(20),
        counted=OverdueCount(minor_days=100_000 * 12, through_date=on_day(12)),
    )
    to_raise = penalty_to_raise_minor(
        terms=terms, minor_days=replayed.minor_days, raised_minor=raised_minor, cap_principal_minor=100_000
    )

    assert (raised_minor, to_raise) == (1_000, -400)


def test_the_cap_stops_the_penalty_but_takes_nothing_back():
    terms = PenaltyTerms(rate_ppm=500, cap_ppm=10_000)  # 1 % of 1,000.00 is 10.00

    def to_raise(raised_minor: int, cap_principal_minor: int) -> int:
        return penalty_to_raise_minor(
            terms=terms,
            minor_days=100_000 * 60,
            raised_minor=raised_minor,
            cap_principal_minor=cap_principal_minor,
        )

    assert penalty_minor(terms=terms, minor_days=100_000 * 60) == 3_000
    assert to_raise(0, 100_000) == 1_000
    assert to_raise(1_000, 100_000) == 0
    assert to_raise(1_000, 50_000) == 0


def test_a_waived_penalty_is_not_raised_again():
    terms = PenaltyTerms(rate_ppm=500)
    waived_minor = raised_by(10, terms=terms)

    to_raise = penalty_to_raise_minor(
        terms=terms, minor_days=100_000 * 12, raised_minor=waived_minor, cap_principal_minor=100_000
    )

    assert to_raise == 100


@pytest.mark.parametrize(
    ("unpaid_minor", "day", "was_raised", "fee_minor"),
    [
        (80_000, 15, False, 0),
        (80_000, 16, False, 4_000),
        (80_000, 200, False, 4_000),
        (20_000, 16, False, 1_500),
        (30_010, 16, False, 1_501),  # 1,500.5 rounds half up
        (80_000, 16, True, 0),
        (0, 16, False, 0),
    ],
)
def test_the_late_fee_is_the_greater_of_fifteen_and_five_per_cent_once_after_fifteen_days(
    unpaid_minor, day, was_raised, fee_minor
):
    found = late_fee_to_raise_minor(
        terms=LENDING_CLUB_LATE_FEE,
        unpaid_minor=unpaid_minor,
        last_free_date=DUE,
        on_date=on_day(day),
        was_raised=was_raised,
    )

    assert found == fee_minor


def test_a_capped_late_fee_is_never_more_than_what_is_unpaid():
    terms = LateFeeTerms(grace_days=15, minimum_minor=1_500, share_ppm=50_000, cap_ppm=1_000_000)

    fee_minor = late_fee_to_raise_minor(
        terms=terms, unpaid_minor=1, last_free_date=DUE, on_date=on_day(16), was_raised=False
    )

    assert fee_minor == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_ppm": -1},
        {"rate_ppm": 1, "rate_period_days": 0},
        {"rate_ppm": 1, "grace_days": -1},
        {"rate_ppm": 1, "cap_ppm": -1},
        {"rate_ppm": 1, "basis": "everything"},
        {"rate_ppm": 1, "counted_from": "whenever"},
    ],
)
def test_penalty_terms_that_cannot_be_are_refused(wrong):
    with pytest.raises(PenaltyNotPossible):
        PenaltyTerms(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"grace_days": -1}, {"grace_days": 0, "minimum_minor": -1}, {"grace_days": 0, "share_ppm": -1}]
)
def test_late_fee_terms_that_cannot_be_are_refused(wrong):
    with pytest.raises(PenaltyNotPossible):
        LateFeeTerms(**wrong)


@given(
    terms=penalty_terms,
    on_date=days,
    rows=st.lists(
        st.tuples(amounts, days, st.integers(0, 10**9), st.none() | days, st.integers(0, 10**6), amounts), max_size=8
    ),
)
def test_penalties_in_columns_are_those_of_each_instalment(terms, on_date, rows):
    one_by_one = []
    for overdue_minor, last_free_date, minor_days, through_date, raised_minor, cap_principal_minor in rows:
        count = count_overdue(
            terms=terms,
            overdue_minor=overdue_minor,
            last_free_date=last_free_date,
            on_date=on_date,
            counted=OverdueCount(minor_days, through_date),
        )
        to_raise = penalty_to_raise_minor(
            terms=terms,
            minor_days=count.minor_days,
            raised_minor=raised_minor,
            cap_principal_minor=cap_principal_minor,
        )
        one_by_one.append((to_raise, count.minor_days, count.through_date))

    last_free_dates = np.array([row[1] for row in rows], dtype="datetime64[D]")
    in_columns = penalties_to_raise_many(
        terms=terms,
        overdue_minor=np.array([row[0] for row in rows], dtype=np.int64),
        last_free_dates=last_free_dates,
        on_date=on_date,
        counted_minor_days=np.array([row[2] for row in rows], dtype=np.int64),
        counted_through_dates=np.array([row[3] for row in rows], dtype="datetime64[D]"),
        raised_minor=np.array([row[4] for row in rows], dtype=np.int64),
        cap_principal_minor=np.array([row[5] for row in rows], dtype=np.int64),
    )

    found = zip(
        in_columns.to_raise_minor.tolist(),
        in_columns.minor_days.tolist(),
        in_columns.through_dates.tolist(),
        strict=True,
    )
    assert list(found) == one_by_one
    assert penalty_start_dates(terms=terms, last_free_dates=last_free_dates).tolist() == [
        penalty_start_date(terms=terms, last_free_date=row[1]) for row in rows
    ]


@given(terms=fee_terms, on_date=days, rows=st.lists(st.tuples(amounts, days, st.booleans()), max_size=8))
def test_late_fees_in_columns_are_those_of_each_instalment(terms, on_date, rows):
    one_by_one = [
        late_fee_to_raise_minor(
            terms=terms, unpaid_minor=unpaid, last_free_date=last_free_date, on_date=on_date, was_raised=was_raised
        )
        for unpaid, last_free_date, was_raised in rows
    ]

    in_columns = late_fees_to_raise_many(
        terms=terms,
        unpaid_minor=np.array([row[0] for row in rows], dtype=np.int64),
        last_free_dates=np.array([row[1] for row in rows], dtype="datetime64[D]"),
        on_date=on_date,
        was_raised=np.array([row[2] for row in rows], dtype=bool),
    )

    assert in_columns.tolist() == one_by_one
