"""
The loan engine: contract terms and dated events in; schedule versions, instalments, balances and postings out.

`replay` is the truth that rows in a database are projections of. `extend` adds events and replays only the tail;
`postings_to_book` is the difference to what was posted, for today's books; `settlement_quote` says what pays the loan
off on a day; `explain_instalment` puts every figure into steps that recompute. The rule pages are docs/rules/replay.md,
loan_events.md, prepayment.md and relief.md.
"""

from postloan.kernel.engine._apply import PLAN_CHANGES
from postloan.kernel.engine._events import (
    AccountEvent,
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
    Purchase,
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
from postloan.kernel.engine._explain import LOAN_STEP_KEYS, explain_instalment, explain_settlement
from postloan.kernel.engine._ledger import ACCOUNTS, balances_of
from postloan.kernel.engine._postings import postings_to_book, sums
from postloan.kernel.engine._refusals import EventRefused, LoanClosed
from postloan.kernel.engine._replay import Replay, extend, replay
from postloan.kernel.engine._settlement import SettlementQuote
from postloan.kernel.engine._state import Applied, Entry, ScheduleVersion, State, VersionRow
from postloan.kernel.engine._state import Row as StateRow
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
from postloan.kernel.engine.terms import LoanTerms, Opening, PlannedRow, ServicingRefused, ServicingTerms

__all__ = [
    "ACCOUNTS",
    "LOAN_STEP_KEYS",
    "PLAN_CHANGES",
    "AccountEvent",
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
    "LoanClosed",
    "LoanTerms",
    "MerchantRefund",
    "NonAccrual",
    "Opening",
    "PayoutRefund",
    "PersonalisedPlan",
    "PlannedRow",
    "Prepayment",
    "Purchase",
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
    "State",
    "StateRow",
    "VersionRow",
    "Waiver",
    "allocations",
    "balances",
    "balances_of",
    "explain_instalment",
    "explain_settlement",
    "extend",
    "instalments",
    "look_at",
    "postings_to_book",
    "replay",
    "settlement_quote",
    "sort_key",
    "sums",
]
