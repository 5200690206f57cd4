"""Allocation: money in = parts + unapplied, in the order of the waterfall, never more than is open."""

import doctest
from collections import defaultdict
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import allocation
from postloan.kernel.ageing import days_past_due, oldest_unpaid_due_date
from postloan.kernel.allocation import (
    CIVIL_CODE_561,
    COMPONENTS,
    NothingToAllocate,
    OpenInstalment,
    Waterfall,
    WaterfallNotPossible,
    allocate,
    allocate_many,
    open_after,
    reverse_allocation,
)

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "allocation.md"
TODAY = date(2018, 4, 5)

amounts = st.integers(0, 1_000)
waterfalls = st.builds(
    Waterfall,
    order=st.sampled_from(list(permutations(COMPONENTS))),
    style=st.sampled_from(["row_wise", "component_wise"]),
    future=st.sampled_from(["hold", "next_instalment", "last_instalment"]),
)


@st.composite
def instalments(draw: st.DrawFn) -> list[OpenInstalment]:
    """Return a loan's open instalments in due order; two may share a due date."""
    due_dates = sorted(draw(st.lists(st.dates(date(2018, 3, 20), date(2018, 4, 20)), max_size=6)))
    return [
        OpenInstalment(number, due_date, draw(amounts), draw(amounts), draw(amounts), draw(amounts))
        for number, due_date in enumerate(due_dates, start=1)
    ]


def parts_of(receipt_minor: int, owed: list[OpenInstalment], waterfall: Waterfall) -> list[tuple[int, str, int]]:
    found = allocate(receipt_minor=receipt_minor, owed=owed, waterfall=waterfall, on_date=TODAY)
    return [(part.instalment_no, part.component, part.amount_minor) for part in found.parts]


def test_the_worked_example_holds():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(allocation)

    assert (page.failed, docstrings.failed) == (0, 0)
    assert page.attempted and docstrings.attempted


@pytest.mark.parametrize("receipt_minor", [0, -1])
def test_a_receipt_that_is_not_positive_is_refused(receipt_minor):
    with pytest.raises(NothingToAllocate):
        allocate(receipt_minor=receipt_minor, owed=[], waterfall=CIVIL_CODE_561, on_date=TODAY)


@pytest.mark.parametrize(
    "terms",
    [
        {"order": ("fee", "interest", "principal")},
        {"order": ("fee", "fee", "penalty", "interest", "principal")},
        {"order": CIVIL_CODE_561.order, "style": "diagonal"},
        {"order": CIVIL_CODE_561.order, "future": "someday"},
    ],
)
def test_a_waterfall_that_leaves_a_component_out_or_uses_an_unknown_word_is_refused(terms):
    with pytest.raises(WaterfallNotPossible):
        Waterfall(**terms)


@given(receipt_minor=st.integers(1, 20_000), owed=instalments(), waterfall=waterfalls)
def test_neither_creates_nor_loses_money_and_pays_no_more_than_is_open(receipt_minor, owed, waterfall):
    found = allocate(receipt_minor=receipt_minor, owed=owed, waterfall=waterfall, on_date=TODAY)

    payable = [row for row in owed if waterfall.future != "hold" or row.due_date <= TODAY]
    paid_minor = sum(part.amount_minor for part in found.parts)
    assert paid_minor + found.unapplied_minor == receipt_minor
    assert paid_minor == min(receipt_minor, sum(row.total_minor for row in payable))
    by_number = {row.instalment_no: row for row in payable}
    for part in found.parts:
        assert 0 < part.amount_minor <= by_number[part.instalment_no].component_minor(part.component)


@given(receipt_minor=st.integers(1, 20_000), owed=instalments(), waterfall=waterfalls)
def test_only_the_last_part_may_leave_something_open_behind_it(receipt_minor, owed, waterfall):
    everything = allocate(receipt_minor=10**9, owed=owed, waterfall=waterfall, on_date=TODAY).parts

    parts = allocate(receipt_minor=receipt_minor, owed=owed, waterfall=waterfall, on_date=TODAY).parts

    assert parts[:-1] == everything[: max(len(parts) - 1, 0)]
    if parts:
        same_cell = everything[len(parts) - 1]
        assert (parts[-1].instalment_no, parts[-1].component) == (same_cell.instalment_no, same_cell.component)


@given(receipt_minor=st.integers(1, 20_000), owed=instalments(), waterfall=waterfalls)
def test_a_reversal_puts_back_exactly_what_was_owed(receipt_minor, owed, waterfall):
    found = allocate(receipt_minor=receipt_minor, owed=owed, waterfall=waterfall, on_date=TODAY)

    after = open_after(owed=owed, parts=found.parts)
    restored = open_after(owed=after, parts=reverse_allocation(allocation=found))

    assert restored == tuple(owed)
    assert all(row.component_minor(component) >= 0 for row in after for component in COMPONENTS)


@given(first=st.integers(1, 9_000), second=st.integers(1, 9_000), owed=instalments(), waterfall=waterfalls)
def test_two_receipts_pay_what_one_of_their_sum_pays(first, second, owed, waterfall):
    paid_first = allocate(receipt_minor=first, owed=owed, waterfall=waterfall, on_date=TODAY)
    left = open_after(owed=owed, parts=paid_first.parts)
    paid_second = allocate(receipt_minor=second, owed=left, waterfall=waterfall, on_date=TODAY)

    together = allocate(receipt_minor=first + second, owed=owed, waterfall=waterfall, on_date=TODAY)

    assert open_after(owed=left, parts=paid_second.parts) == open_after(owed=owed, parts=together.parts)


def test_the_civil_code_pays_costs_then_interest_then_principal_of_the_oldest_debt_first():
    owed = [
        OpenInstalment(2, date(2018, 4, 1), 1, 2, 3, 4),
        OpenInstalment(1, date(2018, 3, 1), 10, 20, 30, 40),
    ]

    parts = parts_of(105, owed, CIVIL_CODE_561)

    assert parts == [
        (1, "fee", 20),
        (1, "penalty", 10),
        (1, "interest", 30),
        (1, "principal", 40),
        (2, "fee", 2),
        (2, "penalty", 1),
        (2, "interest", 2),
    ]


def test_an_instalment_may_be_paid_from_its_due_date_on():
    owed = [OpenInstalment(1, TODAY, principal_minor=5), OpenInstalment(2, TODAY + timedelta(1), principal_minor=5)]

    assert parts_of(10, owed, CIVIL_CODE_561) == [(1, "principal", 5)]


def test_a_partial_payment_gives_other_days_past_due_row_by_row_than_bucket_by_bucket():
    owed = [
        OpenInstalment(1, date(2018, 3, 1), interest_minor=10, principal_minor=90),
        OpenInstalment(2, date(2018, 4, 1), interest_minor=10, principal_minor=90),
    ]
    days = {}

    for style in ("row_wise", "component_wise"):
        waterfall = Waterfall(order=CIVIL_CODE_561.order, style=style)
        parts = allocate(receipt_minor=100, owed=owed, waterfall=waterfall, on_date=TODAY).parts
        dues = [(row.due_date, row.total_minor) for row in open_after(owed=owed, parts=parts)]
        since = oldest_unpaid_due_date(dues=dues, business_date=TODAY)
        days[style] = days_past_due(past_due_since=since, business_date=TODAY)

    assert days == {"row_wise": 4, "component_wise": 35}


@pytest.mark.parametrize(
    ("future", "parts", "unapplied_minor"),
    [
        ("hold", [(1, "principal", 50)], 70),
        ("next_instalment", [(1, "principal", 50), (2, "interest", 10), (2, "principal", 50), (3, "interest", 10)], 0),
        ("last_instalment", [(1, "principal", 50), (3, "interest", 10), (3, "principal", 50), (2, "interest", 10)], 0),
    ],
)
def test_an_overpayment_is_paid_in_advance_only_where_the_waterfall_says_so(future, parts, unapplied_minor):
    owed = [
        OpenInstalment(1, date(2018, 4, 1), principal_minor=50),
        OpenInstalment(2, date(2018, 5, 1), interest_minor=10, principal_minor=50),
        OpenInstalment(3, date(2018, 6, 1), interest_minor=10, principal_minor=50),
    ]
    waterfall = Waterfall(order=CIVIL_CODE_561.order, future=future)

    found = allocate(receipt_minor=120, owed=owed, waterfall=waterfall, on_date=TODAY)

    assert [(part.instalment_no, part.component, part.amount_minor) for part in found.parts] == parts
    assert found.unapplied_minor == unapplied_minor


@pytest.mark.parametrize("future", ["hold", "next_instalment", "last_instalment"])
def test_what_the_whole_loan_does_not_owe_stays_unapplied_to_be_refunded(future):
    owed = [OpenInstalment(1, date(2018, 4, 1), principal_minor=50)]
    waterfall = Waterfall(order=CIVIL_CODE_561.order, future=future)

    found = allocate(receipt_minor=80, owed=owed, waterfall=waterfall, on_date=TODAY)

    assert found.unapplied_minor == 30


@given(
    loans=st.lists(st.tuples(st.integers(0, 12_000), instalments()), max_size=5),
    waterfall=waterfalls,
)
def test_loans_in_columns_are_paid_as_they_are_one_by_one(loans, waterfall):
    rows = [(place, row) for place, (_, owed) in enumerate(loans) for row in owed]

    in_columns = allocate_many(
        available_minor=np.array([available for available, _ in loans], dtype=np.int64),
        loan_index=np.array([place for place, _ in rows], dtype=np.int64),
        due_dates=np.array([row.due_date for _, row in rows], dtype="datetime64[D]"),
        open_minor=np.array(
            [[row.component_minor(component) for component in COMPONENTS] for _, row in rows], dtype=np.int64
        ).reshape(-1, len(COMPONENTS)),
        waterfall=waterfall,
        on_date=TODAY,
    )

    paid: dict[tuple[int, int, str], int] = defaultdict(int)
    unapplied = []
    for place, (available, owed) in enumerate(loans):
        if available == 0:
            unapplied.append(0)
            continue
        found = allocate(receipt_minor=available, owed=owed, waterfall=waterfall, on_date=TODAY)
        unapplied.append(found.unapplied_minor)
        for part in found.parts:
            paid[place, part.instalment_no, part.component] += part.amount_minor
    assert in_columns.unapplied_minor.tolist() == unapplied
    assert in_columns.paid_minor.tolist() == [
        [paid[place, row.instalment_no, component] for component in COMPONENTS] for place, row in rows
    ]
