from postloan.care.outreach.operations._deliver_messages import Delivery, Drop, Write, deliver_messages
from postloan.care.outreach.operations._mark_read import mark_read
from postloan.care.outreach.operations._queue_messages import NewMessage, queue_messages
from postloan.care.outreach.operations._record_consent import EvidenceMissing, record_consent
from postloan.care.outreach.operations._reveal_message import reveal_message
from postloan.care.outreach.operations._set_hold import (
    HoldNotSet,
    ReasonMissing,
    release_hold,
    release_person_flag,
    set_hold,
    set_person_flag,
)

__all__ = [
    "Delivery",
    "Drop",
    "EvidenceMissing",
    "HoldNotSet",
    "NewMessage",
    "ReasonMissing",
    "Write",
    "deliver_messages",
    "mark_read",
    "queue_messages",
    "record_consent",
    "release_hold",
    "release_person_flag",
    "reveal_message",
    "set_hold",
    "set_person_flag",
]
