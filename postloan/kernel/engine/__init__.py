"""
The loan engine: contract terms and dated events in; schedule versions, instalments, balances and postings out.

`replay` is the truth that rows in a database are projections of. `extend` adds events and replays only the tail;
`postings_to_book` is the difference to what was posted, for today's books; `settlement_quote` says what pays the loan
off on a day; `explain_figure` puts any figure into steps that recompute. The rule pages are docs/rules/replay.md,
loan_events.md, prepayment.md and relief.md.
"""

from postloan.kernel.engine._events import (
    Arrears,
    Charge,
    Chargeback,
    ChargeOff,
    Conversion,
    Death,
    Deferral,
    Disbursement,
    DueDayChange,
    EarlySettlement,
    Event,
    Extension,
    InterestPause,
    MerchantRefund,
    NonAccrual,
    PayoutRefund,
    PersonalisedPlan,
    Prepayment,
    RateChange,
    Reageing,
    Reamortisation,
    Receipt,
    ReducedInstalments,
    Refund,
    Reversal,
    Waiver,
    sort_key,
)
from postloan.kernel.engine._ledger import ACCOUNTS, balances_of
from postloan.kernel.engine._postings import postings_to_book, sums
from postloan.kernel.engine._refusals import EventRefused
from postloan.kernel.engine._replay import Replay, extend, replay
from postloan.kernel.engine._settlement import SettlementQuote
from postloan.kernel.engine._state import Applied, Entry, ScheduleVersion, VersionRow
from postloan.kernel.engine._views import (
    AllocationView,
    Amounts,
    Balances,
    InstalmentView,
    SettlementInPast,
    allocations,
    balances,
    instalments,
    look_at,
    settlement_quote,
)
from postloan.kernel.engine.terms import LoanTerms, ServicingRefused, ServicingTerms

__all__ = [
    "ACCOUNTS",
    "AllocationView",
    "Amounts",
    "Applied",
    "Arrears",
    "Balances",
    "Charge",
    "ChargeOff",
    "Chargeback",
    "Conversion",
    "Death",
    "Deferral",
    "Disbursement",
    "DueDayChange",
    "EarlySettlement",
    "Entry",
    "Event",
    "EventRefused",
    "Extension",
    "InstalmentView",
    "InterestPause",
    "LoanTerms",
    "MerchantRefund",
    "NonAccrual",
    "PayoutRefund",
    "PersonalisedPlan",
    "Prepayment",
    "RateChange",
    "Reageing",
    "Reamortisation",
    "Receipt",
    "ReducedInstalments",
    "Refund",
    "Replay",
    "Reversal",
    "ScheduleVersion",
    "ServicingRefused",
    "ServicingTerms",
    "SettlementInPast",
    "SettlementQuote",
    "VersionRow",
    "Waiver",
    "allocations",
    "balances",
    "balances_of",
    "extend",
    "instalments",
    "look_at",
    "postings_to_book",
    "replay",
    "settlement_quote",
    "sort_key",
    "sums",
]
