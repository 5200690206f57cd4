"""
The conventions of other lenders and systems, each a named set of our own parameters.

Nothing here is a special path: whoever gives the same parameters by hand gets the same schedule.
What each system does, and where that was seen, is in docs/rules/quote.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from postloan.kernel.calendars import MonthEnd
from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.schedules import DeferredInterest, FirstPeriod, InterestMethod, Method, Remainder

Convention: TypeAlias = Literal["postloan", "fineract_progressive", "fineract_cumulative", "frappe", "lending_club"]

_POSTLOAN: dict[str, Any] = {
    "method": Method.EQUAL_INSTALMENT,
    "interest_method": InterestMethod.DECLINING,
    "month_end": MonthEnd.SAME_DAY,
    "first_period": FirstPeriod.BY_DAYS,
    "day_count": DayCount.ACT_365,
    "instalment_day_count": None,
    "first_day_counts": True,
    "factor_digits": None,
    "interest_rounding": Rounding.HALF_UP,
    "instalment_rounding": Rounding.HALF_UP,
    "instalment_multiple_minor": 1,
    "remainder": Remainder.LAST,
    "deferred_interest": DeferredInterest.NEXT_ROW,
}

_FINERACT: dict[str, Any] = _POSTLOAN | {
    "first_period": FirstPeriod.WHOLE,
    "first_day_counts": False,
    "interest_rounding": Rounding.HALF_EVEN,
    "instalment_rounding": Rounding.HALF_EVEN,
}

_PRESETS: Mapping[Convention, Mapping[str, Any]] = MappingProxyType(
    {
        "postloan": _POSTLOAN,
        "fineract_progressive": _FINERACT
        | {"day_count": DayCount.ACT_ACT, "remainder": Remainder.SMOOTHED, "factor_digits": 19},
        "fineract_cumulative": _FINERACT
        | {"day_count": DayCount.ACT_365, "instalment_day_count": DayCount.PERIOD_30_365},
        "frappe": _POSTLOAN
        | {
            "day_count": DayCount.ACT_365,
            "instalment_day_count": DayCount.SAME_AS_PERIOD,
            "interest_rounding": Rounding.HALF_EVEN,
            "instalment_rounding": Rounding.CEILING,
            "instalment_multiple_minor": 100,
        },
        "lending_club": _POSTLOAN | {"day_count": DayCount.SAME_AS_PERIOD, "instalment_rounding": Rounding.UP},
    }
)


def preset_of(convention: Convention) -> Mapping[str, Any]:
    """Return what a convention says about every parameter that is a choice."""
    return _PRESETS[convention]
