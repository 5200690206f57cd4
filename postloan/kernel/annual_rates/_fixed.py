"""
Exponentials and logarithms in whole numbers.

A real number is held as a whole number of 2^-BITS. Nothing here is a float, so a rate has the same
digits on every machine, and the error (below 2^-200 for the sizes met) is far below any digit shown.
"""

BITS = 256
ONE = 1 << BITS

_HALVINGS = 12
_TERMS = 20


def fixed_of(*, numerator: int, denominator: int) -> int:
    """Return a fraction in fixed point, rounded down. `denominator` is positive."""
    assert denominator > 0, denominator
    return (numerator << BITS) // denominator


def exp_fixed(x: int) -> int:
    """Return e to the power of `x`, both in fixed point."""
    twos, rest = divmod(x, LN_2)
    small = rest >> _HALVINGS
    total = term = ONE
    for n in range(1, _TERMS + 1):
        term = (term * small >> BITS) // n
        total += term
    for _ in range(_HALVINGS):
        total = total * total >> BITS
    return total << twos if twos >= 0 else total >> -twos


def ln_fixed(x: int) -> int:
    """Return the natural logarithm of `x`, both in fixed point. `x` is positive."""
    assert x > 0, x
    twos = x.bit_length() - 1 - BITS
    mantissa = x >> twos if twos >= 0 else x << -twos
    return _ln_of_mantissa(mantissa) + twos * LN_2


def power_fixed(base: int, exponent: int) -> int:
    """Return `base`, in fixed point, to a whole power that is not negative."""
    assert exponent >= 0, exponent
    result = ONE
    while exponent:
        if exponent & 1:
            result = result * base >> BITS
        base = base * base >> BITS
        exponent >>= 1
    return result


def _ln_of_mantissa(x: int) -> int:
    """Return ln of a number from 1 to 2, as 2 atanh((x - 1) / (x + 1))."""
    ratio = ((x - ONE) << BITS) // (x + ONE)
    square = ratio * ratio >> BITS
    total, power, n = 0, ratio, 1
    while power:
        total += power // n
        power = power * square >> BITS
        n += 2
    return 2 * total


LN_2 = _ln_of_mantissa(2 * ONE)
