"""
Divide money, and say how the fraction is rounded.

Money is a whole number of minor units (fen for CNY, cents for USD). Every division of money in
Postloan goes through this module, because languages and databases round differently: Python's
`round` is half-even on floats, PostgreSQL's `round(numeric)` goes away from zero, integer
division floors in Python and NumPy and truncates towards zero in PostgreSQL. The one-amount form
is exact for integers of any size; the array form is exact for int64 and refuses what would not
fit. The rule and its worked example are in docs/rules/money.md.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Int64Array: TypeAlias = npt.NDArray[np.int64]

INT64_MAX = 2**63 - 1
# Float products are good to about 1 part in 10^15 per factor: stay clear of the edge by far more.
SAFE_PRODUCT = 9.2e18


class Rounding(StrEnum):
    """How a fraction of a minor unit becomes a whole one; negative amounts mirror positive ones except in the last two."""

    HALF_EVEN = "half_even"  # nearest, a tie to the even neighbour
    HALF_UP = "half_up"  # nearest, a tie away from zero
    HALF_DOWN = "half_down"  # nearest, a tie towards zero
    UP = "up"  # away from zero
    DOWN = "down"  # towards zero
    CEILING = "ceiling"  # towards plus infinity
    FLOOR = "floor"  # towards minus infinity


class TooLargeForInt64(OverflowError):
    """A product of amounts, rates and days does not fit 64 bits; the one-loan form can still compute it."""


def divide_rounded(*, numerator: int, denominator: int, rounding: Rounding) -> int:
    """
    Return `numerator / denominator` as a whole number, exact for integers of any size.

    `denominator` must be positive.

    >>> divide_rounded(numerator=5, denominator=2, rounding=Rounding.HALF_EVEN)
    2
    >>> divide_rounded(numerator=-5, denominator=2, rounding=Rounding.HALF_UP)
    -3
    """
    assert denominator > 0, denominator
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    match rounding:
        case Rounding.FLOOR:
            return floor
        case Rounding.CEILING:
            return floor + 1
        case Rounding.DOWN:
            return floor + (numerator < 0)
        case Rounding.UP:
            return floor + (numerator > 0)
    if 2 * rest != denominator:
        return floor + (2 * rest > denominator)
    match rounding:
        case Rounding.HALF_EVEN:
            return floor + floor % 2
        case Rounding.HALF_UP:
            return floor + (numerator > 0)
        case Rounding.HALF_DOWN:
            return floor + (numerator < 0)
    raise AssertionError(rounding)


def divide_rounded_many(
    *, numerators: npt.NDArray[Any], denominators: npt.NDArray[Any] | int, rounding: Rounding
) -> Int64Array:
    """
    Return `numerators / denominators` rounded, element by element, in int64.

    Agrees with `divide_rounded` for every pair of int64 with a positive denominator; nothing
    inside can overflow, because a rest is compared with its complement instead of being doubled.
    """
    over = _as_int64(numerators)
    under = np.asarray(denominators, dtype=np.int64)
    assert under.size == 0 or int(under.min()) > 0, "denominators must be positive"
    floor: Int64Array = np.floor_divide(over, under)
    rest = over - floor * under
    floor += _steps_up(over=over, under=under, floor=floor, rest=rest, rounding=rounding)
    return floor


def _steps_up(
    *, over: Int64Array, under: Int64Array, floor: Int64Array, rest: Int64Array, rounding: Rounding
) -> npt.NDArray[np.bool_]:
    """Say which quotients go one above their floor."""
    match rounding:
        case Rounding.FLOOR:
            return np.zeros(floor.shape, dtype=np.bool_)
        case Rounding.CEILING:
            return rest > 0
        case Rounding.DOWN:
            return (rest > 0) & (over < 0)
        case Rounding.UP:
            return (rest > 0) & (over > 0)
    complement = under - rest
    tie_goes_up: npt.NDArray[np.bool_]
    match rounding:
        case Rounding.HALF_EVEN:
            tie_goes_up = (floor & 1) == 1
        case Rounding.HALF_UP:
            tie_goes_up = over > 0
        case Rounding.HALF_DOWN:
            tie_goes_up = over < 0
    goes_up: npt.NDArray[np.bool_] = (rest > complement) | ((rest == complement) & tie_goes_up)
    return goes_up


def multiply_many(*, factors: Sequence[npt.NDArray[Any] | int]) -> Int64Array:
    """
    Return the product of the factors element by element, in int64.

    Raises:
        TooLargeForInt64: if any product might not fit; nothing wraps round in silence.
    """
    whole = [_as_int64(factor) for factor in factors]
    bound = 1
    for factor in whole:
        bound *= max(abs(int(factor.max(initial=0))), abs(int(factor.min(initial=0))))
    if bound > INT64_MAX:
        _refuse_overflow(whole)
    product = whole[0]
    for factor in whole[1:]:
        product = product * factor
    return product


def _refuse_overflow(factors: Sequence[Int64Array]) -> None:
    """Look at every product in floats; what wraps round on the way is right again if the end fits."""
    size = np.abs(factors[0].astype(np.float64))
    for factor in factors[1:]:
        size = size * np.abs(factor.astype(np.float64))
    largest = float(size.max(initial=0.0))
    if largest > SAFE_PRODUCT:
        raise TooLargeForInt64(f"a product of about {largest:.3g} does not fit 64 bits")


def _as_int64(values: npt.NDArray[Any] | int) -> Int64Array:
    array = np.asarray(values)
    assert array.dtype.kind in "iu" or array.size == 0, f"money is whole numbers, not {array.dtype}"
    return array.astype(np.int64, copy=False)


def divide_to_multiple(*, numerator: int, denominator: int, multiple: int, rounding: Rounding) -> int:
    """
    Return `numerator / denominator` rounded once, to a whole multiple of `multiple`.

    An instalment of 312.50 in whole yuan is `multiple=100`:

    >>> divide_to_multiple(numerator=31_250, denominator=1, multiple=100, rounding=Rounding.HALF_EVEN)
    31200
    """
    assert multiple > 0, multiple
    return multiple * divide_rounded(numerator=numerator, denominator=denominator * multiple, rounding=rounding)


def divide_to_multiple_many(
    *, numerators: npt.NDArray[Any], denominators: npt.NDArray[Any] | int, multiple: int, rounding: Rounding
) -> Int64Array:
    """Return `divide_to_multiple` element by element, in int64."""
    assert multiple > 0, multiple
    under = multiply_many(factors=[np.asarray(denominators, dtype=np.int64), multiple])
    return multiple * divide_rounded_many(numerators=numerators, denominators=under, rounding=rounding)


def round_to_multiple(*, amount_minor: int, multiple_minor: int, rounding: Rounding) -> int:
    """Return `amount_minor` rounded to a whole multiple of `multiple_minor`."""
    return divide_to_multiple(numerator=amount_minor, denominator=1, multiple=multiple_minor, rounding=rounding)
