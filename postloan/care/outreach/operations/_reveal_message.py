"""Read what a message said, for a stated purpose; the reading is on record."""

from datetime import datetime

from django.db import transaction

from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import MessageText, get_text
from postloan.ground.audit import operations as audit
from postloan.ground.customers.operations import PurposeMissing


@transaction.atomic
def reveal_message(*, message_id: int, purpose: str, by: str, at: datetime) -> MessageText:
    """Return subject and body in the clear; refuses without a purpose (customers.operations.PurposeMissing)."""
    if not purpose.strip():
        raise PurposeMissing("say what the text is needed for")
    message = Message.objects.get(pk=message_id)
    audit.record_act(
        by=by, action="reveal_message", subject_kind="message", subject_id=message_id, purpose=purpose, at=at
    )
    return get_text(message=message)
