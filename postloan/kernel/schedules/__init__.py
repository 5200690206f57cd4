"""
Schedules of instalments, exact to the minor unit, for one loan and for many.

`build_schedule` is the truth: one loan, plain integers of any size, every row with the parts of
its explanation. `build_schedules_many` gives the same figures in columns. `explain_row` puts those parts into steps that a page can show and a test can
recompute.
"""

from postloan.kernel.schedules._annuity import annuity_of, equal_instalment_minor, rate_factor, round_instalment
from postloan.kernel.schedules._build import build_schedule
from postloan.kernel.schedules._explain import STEP_KEYS, NoSuchRow, Step, explain_row
from postloan.kernel.schedules._many import ManyTerms, SchedulesMany, build_schedules_many
from postloan.kernel.schedules._rows import FeePart, Schedule, ScheduleRow, Smoothing
from postloan.kernel.schedules._split import Split, split_equally
from postloan.kernel.schedules._terms import (
    LARGEST_MINOR,
    MOST_INSTALMENTS,
    DeferredInterest,
    Fee,
    FeeSpread,
    FirstPeriod,
    InterestMethod,
    Method,
    Remainder,
    ScheduleTerms,
    TermsRefused,
    check_terms,
)

__all__ = [
    "LARGEST_MINOR",
    "MOST_INSTALMENTS",
    "STEP_KEYS",
    "DeferredInterest",
    "Fee",
    "FeePart",
    "FeeSpread",
    "FirstPeriod",
    "InterestMethod",
    "ManyTerms",
    "Method",
    "NoSuchRow",
    "Remainder",
    "Schedule",
    "ScheduleRow",
    "ScheduleTerms",
    "SchedulesMany",
    "Smoothing",
    "Split",
    "Step",
    "TermsRefused",
    "annuity_of",
    "build_schedule",
    "build_schedules_many",
    "check_terms",
    "equal_instalment_minor",
    "explain_row",
    "rate_factor",
    "round_instalment",
    "split_equally",
]
