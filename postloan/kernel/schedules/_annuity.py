"""
The equal instalment, exactly.

With a factor f for each row (rate times share of the year), the instalment that repays a principal
P and leaves a balloon B is (P * growth - B) / annuity, where growth is the product of all (1 + f)
and annuity starts at 1 and becomes 1 + annuity * (1 + f) with every further row. All factors are
brought to one denominator, so the whole is two big integers and one rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from postloan.kernel.daycounts import Share
from postloan.kernel.money import Rounding, divide_rounded, divide_to_multiple
from postloan.kernel.rates import PPM


@dataclass(frozen=True, slots=True)
class Annuity:
    """The formula of an instalment before rounding: `numerator / denominator`, with its two parts."""

    growth: Fraction
    annuity: Fraction
    numerator: int
    denominator: int


def rate_factor(*, rate_ppm: int, share: Share, digits: int | None = None) -> Share:
    """
    Return rate times share of the rate's period, as whole numbers.

    With `digits` the factor is rounded half-even to so many significant decimal digits.
    """
    exact = Share(rate_ppm * share.numerator, PPM * share.denominator)
    if digits is None or exact.numerator == 0:
        return exact
    scale = digits - _decimal_exponent(exact)
    if scale <= 0:
        return exact
    numerator = exact.numerator * 10**scale
    return Share(
        divide_rounded(numerator=numerator, denominator=exact.denominator, rounding=Rounding.HALF_EVEN), 10**scale
    )


def _decimal_exponent(value: Share) -> int:
    """Return e so that 10^(e-1) <= value < 10^e."""
    exponent = len(str(value.numerator)) - len(str(value.denominator))
    over, under = value.numerator * 10 ** max(-exponent, 0), value.denominator * 10 ** max(exponent, 0)
    return exponent + 1 if over >= under else exponent


def annuity_of(*, principal_minor: int, balloon_minor: int, factors: Sequence[Share]) -> Annuity:
    """Return the unrounded instalment over rows with these factors."""
    base, rates = _common_base(factors)
    growth, annuity, scale = 1, 0, 1
    for rate in rates:
        annuity = scale + annuity * (base + rate)
        growth *= base + rate
        scale *= base
    # growth is over base^n, annuity over base^(n-1); scale is base^n
    return Annuity(
        growth=Fraction(growth, scale),
        annuity=Fraction(annuity * base, scale),
        numerator=principal_minor * growth - balloon_minor * scale,
        denominator=base * annuity,
    )


def equal_instalment_minor(
    *,
    principal_minor: int,
    factors: Sequence[Share],
    rounding: Rounding,
    multiple_minor: int = 1,
    balloon_minor: int = 0,
) -> int:
    """
    Return the equal instalment, rounded once to a multiple; to the minor unit where that would give nothing.

    Fineract's rule for "in multiples of" (docs/rules/schedules.md).
    """
    exact = annuity_of(principal_minor=principal_minor, balloon_minor=balloon_minor, factors=factors)
    return round_instalment(exact=exact, rounding=rounding, multiple_minor=multiple_minor)


def round_instalment(*, exact: Annuity, rounding: Rounding, multiple_minor: int) -> int:
    """Round once, to the multiple if that leaves anything, else to the minor unit."""
    for multiple in (multiple_minor, 1):
        rounded = divide_to_multiple(
            numerator=exact.numerator, denominator=exact.denominator, multiple=multiple, rounding=rounding
        )
        if rounded:
            return rounded
    return 0


def _common_base(factors: Sequence[Share]) -> tuple[int, list[int]]:
    reduced = []
    for factor in factors:
        shared = gcd(factor.numerator, factor.denominator)
        reduced.append((factor.numerator // shared, factor.denominator // shared))
    base = lcm(*(denominator for _, denominator in reduced)) if reduced else 1
    return base, [numerator * (base // denominator) for numerator, denominator in reduced]
