"""Plan a reminder for every debit that came back: the customer should know before the bank's statement tells them."""

from datetime import date, datetime, timedelta

from django.db import transaction

from postloan.books.payments.models import DebitReturn
from postloan.care.reminders.models import Reminder

KIND = "debit_failed"
LOOK_BACK = timedelta(days=5)


@transaction.atomic
def plan_failed_debits(*, contact_date: date, at: datetime) -> int:
    """
    Plan reminders for `contact_date` of debits that came back lately; each due date once. Returns how many are new.

    Whether anything is still owed is asked when the message is made, and again when it leaves.
    """
    returns = DebitReturn.objects.filter(recorded_at__gt=at - LOOK_BACK, recorded_at__lte=at)
    rows = returns.select_related("attempt__order__mandate").order_by("pk")
    wanted = {
        (order.loan_id, order.due_date): Reminder(
            loan_id=order.loan_id,
            customer_id=order.mandate.customer_id,
            instalment_no=order.instalment_no,
            due_date=order.due_date,
            kind=KIND,
            contact_date=contact_date,
        )
        for order in (row.attempt.order for row in rows)
    }
    known = set(
        Reminder.objects.filter(loan_id__in={loan_id for loan_id, _ in wanted}, kind=KIND).values_list(
            "loan_id", "due_date"
        )
    )
    new = [reminder for key, reminder in wanted.items() if key not in known]
    Reminder.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
