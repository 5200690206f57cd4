from postloan.care.outreach.operations._ask_gate import ask_gate, note_receipts, settle_slots
from postloan.care.outreach.operations._change_text import (
    ReasonForText,
    SamePerson,
    TextNotOpen,
    approve_text,
    draft_text,
    reject_text,
    submit_text,
)
from postloan.care.outreach.operations._deliver_messages import Delivery, deliver_messages
from postloan.care.outreach.operations._erase_expired import Erased, EvidenceBroken, erase_expired, months_kept
from postloan.care.outreach.operations._fall_back import fall_back
from postloan.care.outreach.operations._mark_read import mark_read
from postloan.care.outreach.operations._queue_messages import NewMessage, queue_messages
from postloan.care.outreach.operations._record_consent import EvidenceMissing, record_consent
from postloan.care.outreach.operations._record_contacts import Recorded, Report, record_contacts
from postloan.care.outreach.operations._redrive_messages import redrive_messages
from postloan.care.outreach.operations._reserve_contacts import may_contact, reserve_contacts
from postloan.care.outreach.operations._reveal_message import reveal_message
from postloan.care.outreach.operations._seal_evidence import NothingToSeal, seal_evidence
from postloan.care.outreach.operations._set_hold import (
    HoldNotSet,
    ReasonMissing,
    release_hold,
    release_person_flag,
    set_hold,
    set_person_flag,
)
from postloan.care.outreach.operations._settle_contacts import (
    ContactNotFound,
    Outcome,
    OutcomeUnknown,
    return_lapsed_slots,
    settle_contacts,
)
from postloan.care.outreach.operations._subscribe import SubscriptionMalformed, subscribe, unsubscribe
from postloan.care.outreach.operations._take_inbound import Taken, opt_out_by_link, take_inbound
from postloan.care.outreach.operations._take_incoming import (
    RouteHasNoReceipts,
    take_gateway_call,
    take_incoming,
    take_wechat_call,
    wechat_account,
    wechat_link,
)
from postloan.care.outreach.operations._take_receipts import match_receipts, take_receipts

__all__ = [
    "ContactNotFound",
    "Delivery",
    "Erased",
    "EvidenceBroken",
    "EvidenceMissing",
    "HoldNotSet",
    "NewMessage",
    "NothingToSeal",
    "Outcome",
    "OutcomeUnknown",
    "ReasonForText",
    "ReasonMissing",
    "Recorded",
    "Report",
    "RouteHasNoReceipts",
    "SamePerson",
    "SubscriptionMalformed",
    "Taken",
    "TextNotOpen",
    "approve_text",
    "ask_gate",
    "deliver_messages",
    "draft_text",
    "erase_expired",
    "fall_back",
    "mark_read",
    "match_receipts",
    "may_contact",
    "months_kept",
    "note_receipts",
    "opt_out_by_link",
    "queue_messages",
    "record_consent",
    "record_contacts",
    "redrive_messages",
    "reject_text",
    "release_hold",
    "release_person_flag",
    "reserve_contacts",
    "return_lapsed_slots",
    "reveal_message",
    "seal_evidence",
    "set_hold",
    "set_person_flag",
    "settle_contacts",
    "settle_slots",
    "submit_text",
    "subscribe",
    "take_gateway_call",
    "take_inbound",
    "take_incoming",
    "take_receipts",
    "take_wechat_call",
    "unsubscribe",
    "wechat_account",
    "wechat_link",
]
