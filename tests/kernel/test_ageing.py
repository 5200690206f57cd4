"""Ageing: the due date is day 0, buckets are bands, grace on ageing is not grace on reporting."""

import doctest
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import ageing
from postloan.kernel.ageing import (
    HOUSE_BANDS,
    LENDING_CLUB_BANDS,
    AgeingTerms,
    Band,
    Bands,
    BandsNotPossible,
    GraceNotPossible,
    bucket,
    bucket_entry_dates,
    bucket_index,
    bucket_index_many,
    days_past_due,
    days_past_due_many,
    is_reportable,
    is_reportable_many,
    next_bucket_edge_date,
    next_bucket_edge_date_many,
    oldest_unpaid_due_date,
    oldest_unpaid_due_date_many,
    reportable_from_date,
    reportable_from_dates_many,
)
from postloan.kernel.penalties import (
    NOTHING_COUNTED,
    PenaltyTerms,
    count_overdue,
    penalty_start_date,
)

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "ageing.md"
DUE = date(2018, 4, 1)

dates = st.dates(date(2018, 1, 1), date(2018, 12, 31))
bands = st.builds(
    lambda starts: Bands(tuple(Band(f"B{place}", start) for place, start in enumerate(sorted({0, *starts})))),
    st.sets(st.integers(1, 200), max_size=6),
)
ageing_terms = st.builds(
    AgeingTerms,
    bands=bands,
    ageing_grace_days=st.integers(0, 40),
    counted_from=st.sampled_from(["day_one", "after_grace"]),
    reporting_grace_days=st.integers(0, 40),
)


def on_day(number: int) -> date:
    return DUE + timedelta(days=number)


def columns(values: list[date | None]) -> ageing.DateArray:
    return np.array(values, dtype="datetime64[D]")


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(ageing)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@pytest.mark.parametrize(
    ("number", "days", "name"),
    [(-5, 0, "M0"), (0, 0, "M0"), (1, 1, "M1"), (30, 30, "M1"), (31, 31, "M2"), (180, 180, "M6"), (181, 181, "M6+")],
)
def test_the_due_date_is_day_nought_and_a_month_late_is_still_m1(number, days, name):
    found = days_past_due(past_due_since=DUE, business_date=on_day(number))

    assert (found, bucket(days_past_due=found)) == (days, name)


def test_nothing_unpaid_is_nought_days_in_the_best_bucket_without_an_edge():
    assert days_past_due(past_due_since=None, business_date=DUE) == 0
    assert next_bucket_edge_date(past_due_since=None, business_date=DUE) is None
    assert not is_reportable(past_due_since=None, business_date=DUE, terms=AgeingTerms())
    assert reportable_from_date(past_due_since=None, terms=AgeingTerms()) is None


def test_days_past_due_count_through_the_leap_day():
    leap = days_past_due(past_due_since=date(2020, 2, 28), business_date=date(2020, 3, 1))
    common = days_past_due(past_due_since=date(2019, 2, 28), business_date=date(2019, 3, 1))

    assert (leap, common) == (2, 1)


def test_days_past_due_follow_the_oldest_instalment_with_anything_unpaid():
    dues = [(date(2018, 3, 1), 0), (date(2018, 5, 1), 900), (date(2018, 4, 1), 1), (date(2018, 6, 1), 900)]

    assert oldest_unpaid_due_date(dues=dues, business_date=date(2018, 5, 20)) == date(2018, 4, 1)
    assert oldest_unpaid_due_date(dues=dues, business_date=date(2018, 3, 31)) is None
    assert oldest_unpaid_due_date(dues=dues, business_date=date(2018, 4, 1)) == date(2018, 4, 1)


def test_re_dating_a_schedule_ages_from_the_new_date_and_still_from_the_old_one():
    business_date = date(2018, 7, 10)

    as_re_aged = days_past_due(past_due_since=None, business_date=business_date)
    as_first_agreed = days_past_due(past_due_since=DUE, business_date=business_date)

    assert (as_re_aged, as_first_agreed) == (0, 100)


def test_a_debit_return_after_closing_reopens_at_the_original_due_date():
    closed = oldest_unpaid_due_date(dues=[(DUE, 0)], business_date=on_day(45))
    reopened = oldest_unpaid_due_date(dues=[(DUE, 500)], business_date=on_day(45))

    assert days_past_due(past_due_since=closed, business_date=on_day(45)) == 0
    assert days_past_due(past_due_since=reopened, business_date=on_day(45)) == 45


def test_grace_on_ageing_makes_days_past_due_start_late():
    def read(number: int, **terms: object) -> int:
        return days_past_due(past_due_since=DUE, business_date=on_day(number), terms=AgeingTerms(**terms))

    assert [read(day, ageing_grace_days=3, counted_from="after_grace") for day in (3, 4, 5)] == [0, 1, 2]
    assert [read(day, ageing_grace_days=3, counted_from="day_one") for day in (3, 4, 5)] == [0, 4, 5]


def test_grace_on_reporting_leaves_days_past_due_alone():
    terms = AgeingTerms(reporting_grace_days=5)

    assert [is_reportable(past_due_since=DUE, business_date=on_day(day), terms=terms) for day in (5, 6)] == [
        False,
        True,
    ]
    assert days_past_due(past_due_since=DUE, business_date=on_day(5), terms=terms) == 5


def test_the_four_graces_have_four_fields_and_none_moves_another():
    ageing_terms = AgeingTerms(ageing_grace_days=2, reporting_grace_days=6)
    found = {}

    for counted_from in ("day_one", "after_grace"):
        penalty = PenaltyTerms(rate_ppm=500, grace_days=4, counted_from=counted_from)
        count = count_overdue(
            terms=penalty, overdue_minor=1, last_free_date=DUE, on_date=on_day(10), counted=NOTHING_COUNTED
        )
        found[counted_from] = (penalty_start_date(terms=penalty, last_free_date=DUE), count.minor_days)

    assert found == {"day_one": (on_day(5), 10), "after_grace": (on_day(5), 6)}
    assert days_past_due(past_due_since=DUE, business_date=on_day(10), terms=ageing_terms) == 8
    assert reportable_from_date(past_due_since=DUE, terms=ageing_terms) == on_day(7)


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (0, "Current"),
        (15, "In Grace Period"),
        (16, "Late (16-30 days)"),
        (30, "Late (16-30 days)"),
        (31, "Late (31-120 days)"),
        (120, "Late (31-120 days)"),
        (121, "Default"),
    ],
)
def test_the_status_words_of_a_tape_are_another_set_of_bands(day, status):
    assert bucket(days_past_due=day, bands=LENDING_CLUB_BANDS) == status


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        (Band("a", 1),),
        (Band("a", 0), Band("b", 0)),
        (Band("a", 0), Band("b", 9), Band("c", 5)),
        (Band("a", 0), Band("a", 5)),
    ],
)
def test_bands_that_leave_a_gap_fall_back_or_share_a_name_are_refused(wrong):
    with pytest.raises(BandsNotPossible):
        Bands(wrong)


@pytest.mark.parametrize(
    "wrong", [{"ageing_grace_days": -1}, {"reporting_grace_days": -1}, {"counted_from": "whenever"}]
)
def test_grace_that_cannot_be_is_refused(wrong):
    with pytest.raises(GraceNotPossible):
        AgeingTerms(**wrong)


def test_the_next_edge_is_the_first_day_of_the_next_bucket_and_none_from_the_worst():
    edges = bucket_entry_dates(past_due_since=DUE)

    assert edges[:2] == (date(2018, 4, 2), date(2018, 5, 2))
    assert next_bucket_edge_date(past_due_since=DUE, business_date=on_day(180)) == on_day(181)
    assert next_bucket_edge_date(past_due_since=DUE, business_date=on_day(181)) is None


@given(past_due_since=dates, business_date=dates, terms=ageing_terms)
def test_the_bucket_changes_on_the_next_edge_and_on_no_day_before_it(past_due_since, business_date, terms):
    def index_on(day: date) -> int:
        days = days_past_due(past_due_since=past_due_since, business_date=day, terms=terms)
        return bucket_index(days_past_due=days, bands=terms.bands)

    edge = next_bucket_edge_date(past_due_since=past_due_since, business_date=business_date, terms=terms)

    now = index_on(business_date)
    if edge is None:
        assert now == len(terms.bands.bands) - 1
        return
    assert edge > business_date and index_on(edge) > now
    assert index_on(edge - timedelta(days=1)) == now


@given(past_due_since=dates, terms=ageing_terms)
def test_days_past_due_never_fall_while_nothing_is_paid(past_due_since, terms):
    days = [
        days_past_due(past_due_since=past_due_since, business_date=past_due_since + timedelta(days=day), terms=terms)
        for day in range(-3, 60)
    ]

    assert all(later - earlier >= 0 for earlier, later in pairwise(days)) and days[0] == 0


@given(since=st.lists(st.none() | dates, max_size=8), business_date=dates, terms=ageing_terms)
def test_loans_in_columns_age_as_they_do_one_by_one(since, business_date, terms):
    past_due_since = columns(since)
    asked = {"business_date": business_date, "terms": terms}

    days = days_past_due_many(past_due_since=past_due_since, **asked)

    assert days.tolist() == [days_past_due(past_due_since=day, **asked) for day in since]
    assert bucket_index_many(days_past_due=days, bands=terms.bands).tolist() == [
        bucket_index(days_past_due=number, bands=terms.bands) for number in days.tolist()
    ]
    assert next_bucket_edge_date_many(past_due_since=past_due_since, **asked).tolist() == [
        next_bucket_edge_date(past_due_since=day, **asked) for day in since
    ]
    assert is_reportable_many(past_due_since=past_due_since, **asked).tolist() == [
        is_reportable(past_due_since=day, **asked) for day in since
    ]
    assert reportable_from_dates_many(past_due_since=past_due_since, terms=terms).tolist() == [
        reportable_from_date(past_due_since=day, terms=terms) for day in since
    ]


@given(
    rows=st.lists(st.tuples(st.integers(0, 4), dates, st.integers(0, 3)), max_size=20),
    business_date=dates,
)
def test_the_oldest_unpaid_due_date_in_columns_is_that_of_each_loan(rows, business_date):
    found = oldest_unpaid_due_date_many(
        loan_index=np.array([row[0] for row in rows], dtype=np.int64),
        due_dates=columns([row[1] for row in rows]),
        open_minor=np.array([row[2] for row in rows], dtype=np.int64),
        loans=5,
        business_date=business_date,
    )

    assert found.tolist() == [
        oldest_unpaid_due_date(
            dues=[(due_date, open_minor) for loan, due_date, open_minor in rows if loan == place],
            business_date=business_date,
        )
        for place in range(5)
    ]


def test_the_house_bands_are_those_of_the_glossary():
    assert [(band.name, band.from_days) for band in HOUSE_BANDS.bands[:3]] == [("M0", 0), ("M1", 1), ("M2", 31)]
