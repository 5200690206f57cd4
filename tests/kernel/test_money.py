from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel.money import (
    INT64_MAX,
    Rounding,
    TooLargeForInt64,
    divide_rounded,
    divide_rounded_many,
    divide_to_multiple,
    divide_to_multiple_many,
    multiply_many,
    round_to_multiple,
)

EVERY_ROUNDING = tuple(Rounding)
int64s = st.integers(-INT64_MAX - 1, INT64_MAX)

TABLE = {  # of a half and of a quarter, on both sides of nought
    #                     2.5 -2.5 3.5 -3.5 2.25 -2.25 2.75 -2.75
    Rounding.HALF_EVEN: (2, -2, 4, -4, 2, -2, 3, -3),
    Rounding.HALF_UP: (3, -3, 4, -4, 2, -2, 3, -3),
    Rounding.HALF_DOWN: (2, -2, 3, -3, 2, -2, 3, -3),
    Rounding.UP: (3, -3, 4, -4, 3, -3, 3, -3),
    Rounding.DOWN: (2, -2, 3, -3, 2, -2, 2, -2),
    Rounding.CEILING: (3, -2, 4, -3, 3, -2, 3, -2),
    Rounding.FLOOR: (2, -3, 3, -4, 2, -3, 2, -3),
}
QUARTERS = (10, -10, 14, -14, 9, -9, 11, -11)


@pytest.mark.parametrize("rounding", EVERY_ROUNDING)
def test_each_rounding_treats_ties_and_refunds_as_its_name_says(rounding):
    one_by_one = tuple(divide_rounded(numerator=n, denominator=4, rounding=rounding) for n in QUARTERS)
    together = divide_rounded_many(numerators=np.array(QUARTERS), denominators=4, rounding=rounding)

    assert one_by_one == TABLE[rounding]
    assert tuple(together) == TABLE[rounding]


@given(numerator=int64s, denominator=st.integers(1, INT64_MAX), rounding=st.sampled_from(EVERY_ROUNDING))
def test_the_array_form_agrees_over_the_whole_of_int64(numerator, denominator, rounding):
    together = divide_rounded_many(
        numerators=np.array([numerator]), denominators=np.array([denominator]), rounding=rounding
    )

    assert int(together[0]) == divide_rounded(numerator=numerator, denominator=denominator, rounding=rounding)


@given(whole=st.integers(-(10**9), 10**9), half=st.integers(1, 10**6), rounding=st.sampled_from(EVERY_ROUNDING))
def test_the_array_form_agrees_on_exact_ties(whole, half, rounding):
    numerator, denominator = (2 * whole + 1) * half, 2 * half

    together = divide_rounded_many(numerators=np.array([numerator]), denominators=denominator, rounding=rounding)

    assert int(together[0]) == divide_rounded(numerator=numerator, denominator=denominator, rounding=rounding)


@given(numerator=st.integers(), denominator=st.integers(min_value=1), rounding=st.sampled_from(EVERY_ROUNDING))
def test_rounding_never_moves_an_amount_by_a_whole_unit(numerator, denominator, rounding):
    rounded = divide_rounded(numerator=numerator, denominator=denominator, rounding=rounding)

    moved = abs(rounded - Fraction(numerator, denominator))
    assert moved < 1
    if rounding.startswith("half"):
        assert moved <= Fraction(1, 2)


@given(numerator=st.integers(), denominator=st.integers(min_value=1))
def test_half_even_is_what_python_does_with_exact_fractions(numerator, denominator):
    rounded = divide_rounded(numerator=numerator, denominator=denominator, rounding=Rounding.HALF_EVEN)

    assert rounded == round(Fraction(numerator, denominator))


def test_a_multiple_is_rounded_once_and_not_by_way_of_the_minor_unit():
    # 149.6 is 150 to the unit, and 150 is 200 to the hundred; rounded once it is 100.
    assert divide_to_multiple(numerator=1496, denominator=10, multiple=100, rounding=Rounding.HALF_UP) == 100
    assert round_to_multiple(amount_minor=31_250, multiple_minor=100, rounding=Rounding.CEILING) == 31_300
    assert round_to_multiple(amount_minor=31_300, multiple_minor=100, rounding=Rounding.CEILING) == 31_300


@given(
    numerators=st.lists(st.integers(-(10**12), 10**12), max_size=20),
    denominator=st.integers(1, 10**6),
    multiple=st.sampled_from((1, 5, 100)),
    rounding=st.sampled_from(EVERY_ROUNDING),
)
def test_multiples_agree_in_both_forms(numerators, denominator, multiple, rounding):
    together = divide_to_multiple_many(
        numerators=np.array(numerators, dtype=np.int64),
        denominators=denominator,
        multiple=multiple,
        rounding=rounding,
    )

    assert list(together) == [
        divide_to_multiple(numerator=n, denominator=denominator, multiple=multiple, rounding=rounding)
        for n in numerators
    ]


@given(st.lists(st.tuples(int64s, int64s), min_size=1, max_size=8))
def test_a_product_is_exact_or_refused(pairs):
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))

    try:
        products = multiply_many(factors=[left, right])
    except TooLargeForInt64:
        assert max(abs(a) * abs(b) for a, b in pairs) > 9.1e18
    else:
        assert list(products) == [a * b for a, b in pairs]


def test_the_largest_loan_of_the_notes_fits_and_the_next_size_is_refused():
    principal_minor = np.array([25_000_000_000])  # 250 million yuan at 100 % over a leap year

    assert multiply_many(factors=[principal_minor, 1_000_000, 366])[0] == 25_000_000_000 * 1_000_000 * 366
    with pytest.raises(TooLargeForInt64):
        multiply_many(factors=[principal_minor * 2, 1_000_000, 366])


def test_no_loans_are_no_trouble():
    assert divide_rounded_many(numerators=np.array([]), denominators=7, rounding=Rounding.UP).size == 0
    assert multiply_many(factors=[np.array([], dtype=np.int64), 10**18, 10**18]).size == 0


def test_a_float_is_not_money():
    with pytest.raises(AssertionError):
        divide_rounded_many(numerators=np.array([1.5]), denominators=1, rounding=Rounding.DOWN)
