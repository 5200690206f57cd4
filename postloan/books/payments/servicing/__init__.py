"""
The loan engine behind the books: a loan's rows as the engine's contract and events, and its answer back as rows.

`hold_loan` locks, `history.py` reads, `difference.py` compares the engine's loan with the rows, `writing.py` writes what
differs, `happening.py` joins them: one event, one transaction, one entry of the difference, dated today. An operation
is a small file that says which event it is and what it refuses.
"""

from postloan.books.payments.servicing.difference import Difference, compare
from postloan.books.payments.servicing.happening import (
    EventKeyReused,
    EventPreview,
    Happened,
    NewEvent,
    happen,
    preview,
    reversal_of,
)
from postloan.books.payments.servicing.history import (
    LoanHasNoPlan,
    event_id_of,
    load_history,
    receipt_id,
    replay_loan,
)
from postloan.books.payments.servicing.holding import HeldLoan, LoanKeptElsewhere, UnknownLoan, hold_loan

__all__ = [
    "Difference",
    "EventKeyReused",
    "EventPreview",
    "Happened",
    "HeldLoan",
    "LoanHasNoPlan",
    "LoanKeptElsewhere",
    "NewEvent",
    "UnknownLoan",
    "compare",
    "event_id_of",
    "happen",
    "hold_loan",
    "load_history",
    "preview",
    "receipt_id",
    "replay_loan",
    "reversal_of",
]
