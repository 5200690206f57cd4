from postloan.books.lines.holding import ChangeInThePast, ReasonMissing, UnknownLine, hold_path
from postloan.books.lines.operations._change_limit import RaiseNeverRuns, change_limit, raise_temporarily
from postloan.books.lines.operations._change_price import change_price
from postloan.books.lines.operations._freeze_line import LineClosedForGood, close_line, freeze_line, unfreeze_line
from postloan.books.lines.operations._open_line import (
    LimitNotPossible,
    LineIsThere,
    LineOfAnotherCustomer,
    UnknownCustomer,
    UnknownProduct,
    open_line,
)
from postloan.books.lines.operations._reserve_draw import (
    DrawReferenceReused,
    DrawRefused,
    DrawSettledBefore,
    LimitExceeded,
    LineClosed,
    LineExpired,
    LineFrozen,
    NotADrawAmount,
    release_draw,
    reserve_draw,
    settle_draw,
)

__all__ = [
    "ChangeInThePast",
    "DrawReferenceReused",
    "DrawRefused",
    "DrawSettledBefore",
    "LimitExceeded",
    "LimitNotPossible",
    "LineClosed",
    "LineClosedForGood",
    "LineExpired",
    "LineFrozen",
    "LineIsThere",
    "LineOfAnotherCustomer",
    "NotADrawAmount",
    "RaiseNeverRuns",
    "ReasonMissing",
    "UnknownCustomer",
    "UnknownLine",
    "UnknownProduct",
    "change_limit",
    "change_price",
    "close_line",
    "freeze_line",
    "hold_path",
    "open_line",
    "raise_temporarily",
    "release_draw",
    "reserve_draw",
    "settle_draw",
    "unfreeze_line",
]
