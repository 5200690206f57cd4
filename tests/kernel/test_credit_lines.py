"""What may still be drawn on a day follows from dated steps, and from every line above."""

import doctest
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import credit_lines
from postloan.kernel.credit_lines import (
    Availability,
    LimitStep,
    LineFigures,
    PriceStep,
    StateStep,
    limit_on,
    price_on,
    state_on,
)
from postloan.kernel.rates import Rate

RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "credit_lines.md"

DAYS = st.dates(date(2024, 1, 1), date(2024, 2, 15))


def test_a_raise_ends_by_its_date_alone():
    steps = [
        LimitStep(1, date(2024, 1, 1), None, 1_000_000),
        LimitStep(2, date(2024, 11, 1), date(2024, 11, 12), 500_000),
    ]

    days = [date(2024, 10, 31), date(2024, 11, 1), date(2024, 11, 11), date(2024, 11, 12)]
    assert [limit_on(steps=steps, on_date=day) for day in days] == [1_000_000, 1_500_000, 1_500_000, 1_000_000]


def test_a_limit_changed_during_a_raise_keeps_the_raise_on_top():
    steps = [
        LimitStep(1, date(2024, 1, 1), None, 1_000_000),
        LimitStep(2, date(2024, 11, 1), date(2024, 11, 12), 500_000),
        LimitStep(3, date(2024, 11, 5), None, 200_000),
    ]

    assert limit_on(steps=steps, on_date=date(2024, 11, 6)) == 700_000
    assert limit_on(steps=steps, on_date=date(2024, 11, 12)) == 200_000


def test_of_two_changes_of_one_day_the_later_recorded_holds():
    steps = [LimitStep(2, date(2024, 1, 1), None, 5), LimitStep(1, date(2024, 1, 1), None, 9)]

    assert limit_on(steps=steps, on_date=date(2024, 1, 1)) == 5


def test_before_its_first_step_a_line_has_no_limit():
    assert limit_on(steps=[LimitStep(1, date(2024, 1, 2), None, 5)], on_date=date(2024, 1, 1)) == 0


def test_a_state_and_a_price_hold_from_their_day_on():
    states = [StateStep(1, date(2024, 2, 1), "frozen"), StateStep(2, date(2024, 3, 1), "open")]
    prices = [PriceStep(1, date(2024, 2, 1), Rate(400, "day")), PriceStep(2, date(2024, 3, 1), Rate(350, "day"))]

    days = [date(2024, 1, 31), date(2024, 2, 1), date(2024, 3, 1)]
    assert [state_on(steps=states, on_date=day) for day in days] == ["open", "frozen", "open"]
    assert [price_on(steps=prices, on_date=day) for day in days] == [None, Rate(400, "day"), Rate(350, "day")]


def test_the_least_of_the_path_can_be_drawn():
    own = LineFigures(line_id=2, limit_minor=800, used_minor=100)
    total = LineFigures(line_id=1, limit_minor=1_000, used_minor=600)

    left = Availability(path=(own, total))

    assert (left.available_minor, left.binding.line_id) == (400, 1)


def test_nothing_is_available_below_zero_frozen_or_expired():
    over = LineFigures(line_id=1, limit_minor=100, used_minor=600)
    frozen = LineFigures(line_id=1, limit_minor=900, used_minor=0, state="frozen")
    expired = LineFigures(line_id=1, limit_minor=900, used_minor=0, is_running=False)

    assert [line.available_minor for line in (over, frozen, expired)] == [0, 0, 0]


@given(
    steps=st.lists(st.tuples(DAYS, st.none() | st.integers(1, 30), st.integers(0, 1_000)), max_size=6),
    day=DAYS,
)
def test_the_order_in_which_steps_are_read_changes_nothing(steps, day):
    made = [
        LimitStep(no, start, None if length is None else date.fromordinal(start.toordinal() + length), amount)
        for no, (start, length, amount) in enumerate(steps)
    ]

    assert limit_on(steps=made, on_date=day) == limit_on(steps=made[::-1], on_date=day)


def test_the_worked_example_of_the_rule_page_comes_out_as_printed():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)

    assert page.attempted
    assert not page.failed
    assert not doctest.testmod(credit_lines).failed
