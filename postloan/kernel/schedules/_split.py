"""Divide an amount equally over rows, and name who gets the remainder."""

from typing import NamedTuple

from postloan.kernel.money import Rounding, divide_to_multiple
from postloan.kernel.schedules._terms import Remainder


class Split(NamedTuple):
    """Equal parts of an amount: the regular part, and the parts as they fall."""

    regular_minor: int
    parts_minor: tuple[int, ...]


def split_equally(
    *, amount_minor: int, rows: int, rounding: Rounding, remainder: Remainder, multiple_minor: int = 1
) -> Split:
    """
    Return `rows` parts that sum to `amount_minor`, none of them negative.

    Every part is the regular one, except that the first or the last takes what rounding leaves, and
    that nothing is asked once the amount is used up (rounding up, or more rows than fen).

    >>> split_equally(amount_minor=1000, rows=3, rounding=Rounding.HALF_UP, remainder=Remainder.LAST).parts_minor
    (333, 333, 334)
    >>> split_equally(amount_minor=3, rows=5, rounding=Rounding.UP, remainder=Remainder.LAST).parts_minor
    (1, 1, 1, 0, 0)
    """
    regular = _regular_part(amount_minor=amount_minor, rows=rows, rounding=rounding, multiple_minor=multiple_minor)
    parts = []
    left = amount_minor
    if remainder is Remainder.FIRST:
        parts.append(max(amount_minor - regular * (rows - 1), 0))
        left -= parts[0]
    while len(parts) < rows:
        is_rest = len(parts) == rows - 1
        parts.append(left if is_rest else min(regular, left))
        left -= parts[-1]
    assert left == 0
    assert sum(parts) == amount_minor
    assert min(parts) >= 0
    return Split(regular_minor=regular, parts_minor=tuple(parts))


def _regular_part(*, amount_minor: int, rows: int, rounding: Rounding, multiple_minor: int) -> int:
    """Round to the multiple, or to the minor unit where the multiple would leave nothing."""
    for multiple in (multiple_minor, 1):
        part = divide_to_multiple(numerator=amount_minor, denominator=rows, multiple=multiple, rounding=rounding)
        if part:
            return part
    return 0
