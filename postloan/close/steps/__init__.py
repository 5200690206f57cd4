"""
The steps of the night, in their order. Each is a function from a Night to a Night in a file of its own.

A step sees what the steps before it made. Reading, writing and positions stand
around them, in `read.py`, `write.py` and `write_positions.py`.
"""

from collections.abc import Callable

from postloan.close.night import Night
from postloan.close.steps.accrue import accrue
from postloan.close.steps.age import age
from postloan.close.steps.apply_unapplied import apply_unapplied
from postloan.close.steps.charge_penalties import charge_penalties
from postloan.close.steps.cut_bills import cut_bills
from postloan.close.steps.plan_reminders import plan_reminders
from postloan.close.steps.raise_due import raise_due
from postloan.close.steps.replay_events import replay_events
from postloan.close.steps.set_next_dates import set_next_dates
from postloan.close.steps.verify import verify

Step = Callable[[Night], Night]

STEPS: tuple[Step, ...] = (
    replay_events,  # loans that events have changed: the engine says what tomorrow morning finds
    cut_bills,  # bills of the day become demands, what is left of those that are over goes on
    raise_due,  # what falls due tomorrow becomes a demand
    apply_unapplied,  # money already here pays it
    charge_penalties,  # what lateness costs, after grace
    accrue,  # month end: interest earned but not yet due
    age,  # since when past due, which bucket, closed or not
    plan_reminders,  # who is to be told tomorrow
    set_next_dates,  # when there is something to do again
    verify,  # every loan's figures still hold
)
