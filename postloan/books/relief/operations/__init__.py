from postloan.books.relief.changes import UnknownChange
from postloan.books.relief.operations._change_due_day import change_due_day
from postloan.books.relief.operations._change_rate import change_rate
from postloan.books.relief.operations._decide_change import (
    ChangeIsDecided,
    NotTheirsToDecide,
    UnknownRequest,
    approve_change,
    refuse_change,
    withdraw_change,
)
from postloan.books.relief.operations._defer_instalments import defer_instalments
from postloan.books.relief.operations._extend_term import extend_term
from postloan.books.relief.operations._pause_interest import pause_interest
from postloan.books.relief.operations._personalise_plan import personalise_plan
from postloan.books.relief.operations._propose_change import ChangeKeyReused, propose_change
from postloan.books.relief.operations._re_age import re_age
from postloan.books.relief.operations._record_death import record_death
from postloan.books.relief.operations._reduce_instalments import reduce_instalments
from postloan.books.relief.relieving import ReasonMissing

__all__ = [
    "ChangeIsDecided",
    "ChangeKeyReused",
    "NotTheirsToDecide",
    "ReasonMissing",
    "UnknownChange",
    "UnknownRequest",
    "approve_change",
    "change_due_day",
    "change_rate",
    "defer_instalments",
    "extend_term",
    "pause_interest",
    "personalise_plan",
    "propose_change",
    "re_age",
    "record_death",
    "reduce_instalments",
    "refuse_change",
    "withdraw_change",
]
