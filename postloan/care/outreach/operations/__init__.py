from postloan.care.outreach.operations._deliver_messages import Delivery, Drop, Write, deliver_messages
from postloan.care.outreach.operations._mark_read import mark_read
from postloan.care.outreach.operations._queue_messages import NewMessage, queue_messages
from postloan.care.outreach.operations._reveal_message import reveal_message

__all__ = [
    "Delivery",
    "Drop",
    "NewMessage",
    "Write",
    "deliver_messages",
    "mark_read",
    "queue_messages",
    "reveal_message",
]
