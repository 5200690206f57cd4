"""
Find the rate at which what is advanced and what is paid are worth the same.

Every flow is an amount at a time of whole steps and, for the United States, a linear fraction of a
step. Its present value falls as the rate rises. Where the flows change their sign once, Descartes'
rule leaves exactly one rate. Where they change it more often, the range of rates is cut in pieces
until each provably holds none, or one: positive and negative flows are monotone each, so their values
at both ends enclose the sum and its slope. A bracket is halved a fixed number of times and finished by
Newton's method inside it, in whole numbers throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import NamedTuple

from postloan.kernel.annual_rates._fixed import BITS, ONE, exp_fixed, fixed_of, ln_fixed, power_fixed
from postloan.kernel.annual_rates._flows import NoRate

# The growth of one period, as its logarithm: from -99 % to 10^32 %, which a short loan reaches when it is compounded.
LOWEST = ln_fixed(fixed_of(numerator=1, denominator=100))
HIGHEST = ln_fixed(ONE * 10**30)

_BISECTIONS = 20
_NEWTON_STEPS = 9
_PIECES = 64
_NARROWEST = ONE >> 60
_SURE = ONE >> 180


@dataclass(frozen=True, slots=True)
class Timed:
    """An amount in minor units (any whole multiple will do) after `time` periods and a linear `part` of one."""

    amount: int
    time: Fraction
    part: Fraction = Fraction(0)


class Value(NamedTuple):
    """Present values of the positive and of the negative flows, and their slopes, in fixed point."""

    positive: int
    negative: int
    positive_slope: int
    negative_slope: int

    @property
    def total(self) -> int:
        """The net present value."""
        return self.positive + self.negative

    @property
    def slope(self) -> int:
        """Its derivative by the logarithm of the growth."""
        return self.positive_slope + self.negative_slope


class Equation:
    """The present value of timed flows as a function of the logarithm of the growth of one period."""

    def __init__(self, flows: Sequence[Timed]) -> None:
        ordered = sorted(flows, key=lambda flow: (flow.time + flow.part, flow.part))
        self._base = lcm(*(flow.time.denominator for flow in ordered))
        assert self._base == 1 or not any(flow.part for flow in ordered), "fractions of a step are linear or not"
        self._steps = [int(flow.time * self._base) for flow in ordered]
        self._parts = [flow.part for flow in ordered]
        self._amounts = [flow.amount for flow in ordered]

    @property
    def sign_changes(self) -> int:
        """How often the flows change their sign in order of time."""
        signs = [amount > 0 for amount in self._amounts if amount]
        return sum(left != right for left, right in pairwise(signs))

    def at(self, growth_ln: int) -> Value:
        """Return the present value and its slope where one period grows by `growth_ln` in logarithm."""
        growth = exp_fixed(growth_ln // self._base)
        shrink = (ONE << BITS) // growth
        powers: dict[int, int] = {}
        sums = [0, 0, 0, 0]
        discount, before = ONE, 0
        for amount, step, part in zip(self._amounts, self._steps, self._parts, strict=True):
            gap = step - before
            if gap:
                if gap not in powers:
                    powers[gap] = power_fixed(shrink, gap)
                discount, before = discount * powers[gap] >> BITS, step
            worth, time = amount * discount, (step << BITS) // self._base
            if part:
                fraction = fixed_of(numerator=part.numerator, denominator=part.denominator)
                linear = ONE + (fraction * (growth - ONE) >> BITS)
                worth = (worth << BITS) // linear
                time += fraction * growth // linear
            side = 0 if amount > 0 else 1
            sums[side] += worth
            sums[side + 2] -= worth * time >> BITS
        return Value(*sums)


def solve(equation: Equation) -> list[int]:
    """
    Return every growth (logarithm, fixed point) between -99 % and 10^32 % that makes the flows equal.

    Raises:
        NoRate: if there is none.
    """
    changes = equation.sign_changes
    if changes == 0:
        raise NoRate("the flows all go one way")
    if changes > 1:
        brackets = _isolate(equation)
    elif _differ(equation.at(LOWEST).total, equation.at(HIGHEST).total):
        brackets = [(LOWEST, HIGHEST)]
    else:
        brackets = []
    if not brackets:
        raise NoRate("no rate between -99 % and 10^32 % makes the flows equal")
    return [_refine(equation, low, high) for low, high in brackets]


def _isolate(equation: Equation) -> list[tuple[int, int]]:
    """Return pieces of the range that hold one root each, in order; every other piece provably holds none."""
    width = (HIGHEST - LOWEST) // _PIECES
    edges = [LOWEST + width * place for place in range(_PIECES)] + [HIGHEST]
    values = {edge: equation.at(edge) for edge in edges}
    open_pieces = list(reversed(list(pairwise(edges))))
    found: list[tuple[int, int]] = []
    while open_pieces:
        low, high = open_pieces.pop()
        left, right = values[low], values[high]
        if _excludes_zero(right.positive + left.negative, left.positive + right.negative):
            continue
        if _is_monotone(left, right, low=low, high=high):
            if _differ(left.total, right.total):
                found.append((low, high))
            continue
        if high - low < _NARROWEST:
            raise NoRate("at one rate the two sides come so near that it cannot be told whether they meet")
        middle = (low + high) // 2
        values[middle] = equation.at(middle)
        open_pieces += [(middle, high), (low, middle)]
    return found


def _is_monotone(left: Value, right: Value, *, low: int, high: int) -> bool:
    """Say whether the present value provably only rises or only falls; in the rate itself each slope is monotone."""
    at_low, at_high = exp_fixed(low), exp_fixed(high)
    least = (left.positive_slope << BITS) // at_low + (right.negative_slope << BITS) // at_high
    most = (right.positive_slope << BITS) // at_high + (left.negative_slope << BITS) // at_low
    return _excludes_zero(least, most)


def _refine(equation: Equation, low: int, high: int) -> int:
    """Narrow a bracket with one root: halve it, then follow the tangent, never leaving it; always as many steps."""
    low_is_positive = equation.at(low).total >= 0
    for _ in range(_BISECTIONS):
        middle = (low + high) // 2
        if (equation.at(middle).total >= 0) == low_is_positive:
            low = middle
        else:
            high = middle
    guess = (low + high) // 2
    for _ in range(_NEWTON_STEPS):
        value = equation.at(guess)
        if (value.total >= 0) == low_is_positive:
            low = guess
        else:
            high = guess
        step = (value.total << BITS) // value.slope if value.slope else 0
        guess = guess - step if low <= guess - step <= high else (low + high) // 2
    return _make_sure(equation, guess, low, high, low_is_positive=low_is_positive)


def _make_sure(equation: Equation, guess: int, low: int, high: int, *, low_is_positive: bool) -> int:
    """Return the guess if the sign really changes around it; else go on halving, which cannot fail."""
    below, above = equation.at(guess - _SURE).total, equation.at(guess + _SURE).total
    if _differ(below, above):
        return guess
    while high - low > _SURE:
        middle = (low + high) // 2
        if (equation.at(middle).total >= 0) == low_is_positive:
            low = middle
        else:
            high = middle
    return (low + high) // 2


def _differ(left: int, right: int) -> bool:
    return (left >= 0) != (right >= 0)


def _excludes_zero(least: int, most: int) -> bool:
    return least > 0 or most < 0
