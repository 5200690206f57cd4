from postloan.books.applications.operations._acknowledge_offer import (
    FiguresDiffer,
    OfferExpired,
    TextNotAcknowledged,
    acknowledge_offer,
)
from postloan.books.applications.operations._add_payout_account import (
    AccountOwnerUnknown,
    NotAnAccount,
    add_payout_account,
)
from postloan.books.applications.operations._cancel_application import (
    TooLateToCancel,
    cancel_application,
    expire_offers,
)
from postloan.books.applications.operations._decide_application import (
    DecisionNeedsAReason,
    decide_application,
    decide_by_hand,
)
from postloan.books.applications.operations._draw_now import accept_offer, draw_now, request_money
from postloan.books.applications.operations._load_pack import LoadedPack, PackTextMissing, load_pack
from postloan.books.applications.operations._pay_out import BooksBehind, pay_out
from postloan.books.applications.operations._publish_offer import publish_offer_rules, publish_text
from postloan.books.applications.operations._settle_transfers import Settled, settle_transfers
from postloan.books.applications.operations._submit_application import (
    ApplicantUnknown,
    LineDoesNotFit,
    NewApplication,
    PayoutAccountDoesNotFit,
    RequestReused,
    submit_application,
)
from postloan.books.applications.timeline import NotTheNextStep, UnknownApplication

__all__ = [
    "AccountOwnerUnknown",
    "ApplicantUnknown",
    "BooksBehind",
    "DecisionNeedsAReason",
    "FiguresDiffer",
    "LineDoesNotFit",
    "LoadedPack",
    "NewApplication",
    "NotAnAccount",
    "NotTheNextStep",
    "OfferExpired",
    "PackTextMissing",
    "PayoutAccountDoesNotFit",
    "RequestReused",
    "Settled",
    "TextNotAcknowledged",
    "TooLateToCancel",
    "UnknownApplication",
    "accept_offer",
    "acknowledge_offer",
    "add_payout_account",
    "cancel_application",
    "decide_application",
    "decide_by_hand",
    "draw_now",
    "expire_offers",
    "load_pack",
    "pay_out",
    "publish_offer_rules",
    "publish_text",
    "request_money",
    "settle_transfers",
    "submit_application",
]
