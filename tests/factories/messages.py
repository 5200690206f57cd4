"""Messages as they stand after delivery."""

from datetime import UTC, datetime

from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import MessageText, put_text
from postloan.ground.customers.models import Customer

SENT_AT = datetime(2018, 7, 2, 9, tzinfo=UTC)


def make_message(
    *,
    customer: Customer,
    channel: str = "inbox",
    state: str = "sent",
    subject: str = "Your instalment of $352.27 is due on 10 July",
    body: str = "Dear Ada Sample, please pay $352.27 by 10 July 2018.",
    key: str = "",
) -> Message:
    """Return one message to a customer, its text encrypted as delivery leaves it."""
    message = Message.objects.create(
        key=key or f"test:{customer.pk}:{channel}:{Message.objects.count()}",
        customer=customer,
        channel=channel,
        purpose="reminder",
        template="reminder",
        language="en",
        subject_encrypted=b"",
        body_encrypted=b"",
        occasion={"kind": "days_before_7", "due_date": "2018-07-10", "contact_date": "2018-07-03", "loans": []},
        state=state,
        not_before_at=SENT_AT,
        queued_at=SENT_AT,
        sent_at=SENT_AT if state == "sent" else None,
    )
    put_text(message=message, text=MessageText(subject=subject, body=body))
    message.save(update_fields=["subject_encrypted", "body_encrypted"])
    return message
