from postloan.care.outreach.operations._deliver_messages import Delivery, deliver_messages
from postloan.care.outreach.operations._fall_back import fall_back
from postloan.care.outreach.operations._mark_read import mark_read
from postloan.care.outreach.operations._queue_messages import NewMessage, queue_messages
from postloan.care.outreach.operations._record_consent import EvidenceMissing, record_consent
from postloan.care.outreach.operations._redrive_messages import redrive_messages
from postloan.care.outreach.operations._reveal_message import reveal_message
from postloan.care.outreach.operations._set_hold import (
    HoldNotSet,
    ReasonMissing,
    release_hold,
    release_person_flag,
    set_hold,
    set_person_flag,
)
from postloan.care.outreach.operations._take_receipts import match_receipts, take_receipts

__all__ = [
    "Delivery",
    "EvidenceMissing",
    "HoldNotSet",
    "NewMessage",
    "ReasonMissing",
    "deliver_messages",
    "fall_back",
    "mark_read",
    "match_receipts",
    "queue_messages",
    "record_consent",
    "redrive_messages",
    "release_hold",
    "release_person_flag",
    "reveal_message",
    "set_hold",
    "set_person_flag",
    "take_receipts",
]
