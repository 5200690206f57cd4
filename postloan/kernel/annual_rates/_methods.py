"""The three methods: European Union (effective), United States (actuarial), China (internal rate)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from postloan.kernel.annual_rates._fixed import BITS, ONE, exp_fixed
from postloan.kernel.annual_rates._flows import RATE_DIGITS, CashFlow, SeveralRates, net_by_date
from postloan.kernel.annual_rates._solve import Equation, Timed, solve
from postloan.kernel.annual_rates._times import CountIn, choose_count_in, series_day, years_between
from postloan.kernel.annual_rates._unit_periods import (
    UnitPeriod,
    find_unit_period,
    seed_day_of,
    unit_periods_between,
)
from postloan.kernel.money import Rounding, divide_rounded
from postloan.kernel.rates import PPM


class Among(StrEnum):
    """What to answer where several rates fit."""

    REFUSE = "refuse"
    LOWEST_NOT_NEGATIVE = "lowest_not_negative"


@dataclass(frozen=True, slots=True)
class AnnualRate:
    """A rate a year in units of 10^-15: 64344120000000 is 6.434412 %. Round it once, where it is shown."""

    e15: int

    def ppm(self, *, rounding: Rounding = Rounding.HALF_UP) -> int:
        """Return the rate in whole millionths: 24 % is 240000."""
        return divide_rounded(numerator=self.e15 * PPM, denominator=10**RATE_DIGITS, rounding=rounding)

    def percent(self, *, decimals: int = 2, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
        """
        Return the rate in per cent with so many decimals.

        >>> str(AnnualRate(96_857_080_622_808).percent())
        '9.69'
        """
        assert 0 <= decimals <= RATE_DIGITS - 2, decimals
        units = divide_rounded(numerator=self.e15, denominator=10 ** (RATE_DIGITS - 2 - decimals), rounding=rounding)
        return Decimal((int(units < 0), tuple(int(digit) for digit in str(abs(units))), -decimals))


@dataclass(frozen=True, slots=True)
class ChinaRates:
    """The internal rate a year: `nominal` is the rate of a period times the periods of a year, `compounded` with interest on interest."""

    nominal: AnnualRate
    compounded: AnnualRate


def eu_effective_rate(
    *, flows: Iterable[CashFlow], count_in: CountIn | None = None, among: Among = Among.REFUSE
) -> AnnualRate:
    """
    Return the effective annual rate of the European Union (Directive 98/7/EC; 2008/48/EC and 2014/17/EU, Annex I).

    Flows are dated, in minor units, positive to the borrower; charges are payments. A month is 1/12 of
    a year, a week 1/52, odd days are over 365 or 366. `count_in` says in which periods to count;
    None takes months where all dates lie whole months after the first, else weeks where they lie
    whole weeks, else months.

    >>> from datetime import date
    >>> flows = [CashFlow(date(1994, 1, 1), 100_000), CashFlow(date(1995, 7, 1), -120_000)]
    >>> str(eu_effective_rate(flows=flows, count_in=CountIn.MONTH).percent())
    '12.92'

    Raises:
        NoRate: if none makes advances and payments equal.
        SeveralRates: if more than one does and `among` is to refuse.
    """
    timed = _in_years(net_by_date(flows), count_in=count_in)
    return _choose([_rate_e15(growth_ln=root, periods=Fraction(1), compounded=True) for root in _roots(timed)], among)


def us_actuarial_rate(
    *, flows: Iterable[CashFlow], unit: UnitPeriod | None = None, among: Among = Among.REFUSE
) -> AnnualRate:
    """
    Return the annual percentage rate of the United States (Regulation Z, Appendix J, actuarial method).

    It is the rate of a unit-period times the unit-periods of a year; a fraction of a unit-period bears
    linear interest. `unit` is found from the dates unless it is given.

    Raises:
        NoRate, SeveralRates: as `eu_effective_rate`.
    """
    net = net_by_date(flows)
    advances = [flow.on for flow in net if flow.amount_minor > 0]
    payments = [flow.on for flow in net if flow.amount_minor < 0]
    unit = unit or find_unit_period(advances=advances, payments=payments)
    seeds = {True: seed_day_of(advances), False: seed_day_of(payments)}
    start = net[0].on
    timed = []
    for flow in net:
        full, part = unit_periods_between(start=start, end=flow.on, unit=unit, seed_day=seeds[flow.amount_minor > 0])
        timed.append(Timed(flow.amount_minor, Fraction(full), part))
    rates = [_rate_e15(growth_ln=root, periods=unit.per_year, compounded=False) for root in _roots(timed)]
    return _choose(rates, among)


def china_internal_rates(
    *,
    flows: Iterable[CashFlow],
    periods_per_year: int | Fraction = 12,
    count_in: CountIn | None = CountIn.MONTH,
    among: Among = Among.REFUSE,
) -> ChinaRates:
    """
    Return the internal rate with all charges, nominal and compounded (PBOC notice 2021 No. 3).

    The rate of one of `periods_per_year` equal periods makes advances and payments equal. Dates
    that are not whole periods apart are counted as for the European Union; `CountIn.DAY` counts
    days over 365 instead.

    Raises:
        NoRate, SeveralRates: as `eu_effective_rate`.
    """
    assert periods_per_year > 0, periods_per_year
    roots = _roots(_in_years(net_by_date(flows), count_in=count_in))
    periods = Fraction(periods_per_year)
    by_compounded = {
        _rate_e15(growth_ln=root, periods=Fraction(1), compounded=True): _rate_e15(
            growth_ln=root * periods.denominator // periods.numerator, periods=periods, compounded=False
        )
        for root in roots
    }
    compounded = _choose(list(by_compounded), among)
    return ChinaRates(nominal=AnnualRate(by_compounded[compounded.e15]), compounded=compounded)


def _in_years(net: Sequence[CashFlow], *, count_in: CountIn | None) -> list[Timed]:
    days = [flow.on for flow in net]
    chosen = count_in or choose_count_in(days)
    seed = series_day(days[1:])
    return [
        Timed(
            flow.amount_minor,
            years_between(start=days[0], end=flow.on, count_in=chosen, seed_day=seed),
        )
        for flow in net
    ]


def _roots(timed: Sequence[Timed]) -> list[int]:
    return solve(Equation(timed))


def _rate_e15(*, growth_ln: int, periods: Fraction, compounded: bool) -> int:
    """Return (growth - 1) times the periods, in 10^-15; a compounded rate is that of one whole year."""
    assert not compounded or periods == 1
    excess = (exp_fixed(growth_ln) - ONE) * periods.numerator * 10**RATE_DIGITS
    return divide_rounded(numerator=excess, denominator=periods.denominator << BITS, rounding=Rounding.HALF_EVEN)


def _choose(rates_e15: Sequence[int], among: Among) -> AnnualRate:
    if len(rates_e15) == 1:
        return AnnualRate(rates_e15[0])
    not_negative = [rate for rate in sorted(rates_e15) if rate >= 0]
    if among is Among.REFUSE or not not_negative:
        raise SeveralRates(sorted(rates_e15))
    return AnnualRate(not_negative[0])
