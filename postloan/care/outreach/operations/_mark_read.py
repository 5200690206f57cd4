"""Note that a customer has opened a notice in the portal."""

from datetime import datetime

from postloan.care.outreach.models import Message


def mark_read(*, message_id: int, customer_id: int, at: datetime) -> None:
    """Set the time of first reading; the customer's own notices only, later readings change nothing."""
    Message.objects.filter(pk=message_id, customer_id=customer_id, read_at__isnull=True).update(read_at=at)
