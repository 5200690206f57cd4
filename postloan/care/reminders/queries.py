"""Questions about reminders: what is planned for a loan, and what became of it."""

from postloan.care.reminders.models import Reminder


def get_reminders_of_loan(*, loan_id: int, limit: int = 100) -> list[Reminder]:
    """Return the loan's reminders with their messages, the latest first."""
    reminders = Reminder.objects.filter(loan_id=loan_id).select_related("message")
    return list(reminders.order_by("-contact_date", "-pk")[:limit])
