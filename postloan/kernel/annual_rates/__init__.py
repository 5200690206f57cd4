"""
Annual rates: what a loan costs in one number, from its dated cash flows, by three methods.

The rules and a worked example are in docs/rules/annual_rates.md.
"""

from postloan.kernel.annual_rates._flows import CashFlow, NoRate, SeveralRates, net_by_date
from postloan.kernel.annual_rates._methods import (
    Among,
    AnnualRate,
    ChinaRates,
    china_internal_rates,
    eu_effective_rate,
    us_actuarial_rate,
)
from postloan.kernel.annual_rates._times import CountIn, years_between
from postloan.kernel.annual_rates._unit_periods import UnitPeriod, find_unit_period, unit_periods_between

__all__ = [
    "Among",
    "AnnualRate",
    "CashFlow",
    "ChinaRates",
    "CountIn",
    "NoRate",
    "SeveralRates",
    "UnitPeriod",
    "china_internal_rates",
    "eu_effective_rate",
    "find_unit_period",
    "net_by_date",
    "unit_periods_between",
    "us_actuarial_rate",
    "years_between",
]
