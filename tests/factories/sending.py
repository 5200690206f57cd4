"""Messages that wait in the outbox, each about a loan of its own with an amount of its own."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from postloan.books.loans.models import Loan
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.ground.customers.models import Customer
from tests.factories.books import make_loan, make_product
from tests.factories.people import make_customer

AT = datetime(2018, 7, 3, 16, tzinfo=UTC)  # noon in New York
DUE = date(2018, 7, 10)


def make_waiting(*, number: int, channel: str, at: datetime = AT, **more: Any) -> tuple[Message, Loan]:
    """Return a reminder on `channel` that waits, and its loan: `number` cents are part of the amount, to know it by."""
    customer: Customer = make_customer(number=number)
    loan = make_loan(
        product=make_product(),
        customer=customer,
        due_dates=[DUE],
        principal_minor=[1_000_000 + number],
        interest_minor=[0],
    )
    key = f"reminder:{customer.pk}"
    with transaction.atomic():
        queued = outreach.queue_messages(
            messages=[
                outreach.NewMessage(
                    key=f"{key}:{channel}",
                    customer_id=customer.pk,
                    channel=channel,
                    purpose="reminder",
                    template="reminder_before",
                    language="en",
                    occasion={
                        "kind": "days_before_7",
                        "due_date": DUE.isoformat(),
                        "contact_date": at.date().isoformat(),
                        "loans": [[loan.pk, 1]],
                    },
                    not_before_at=at,
                    chain=key,
                    **more,
                )
            ],
            at=at,
        )
    return queued[f"{key}:{channel}"], loan


def number_in(text: str) -> int:
    """Return the number that a text was made with."""
    whole, _, minor = text.partition("USD 10,0")[2][:5].partition(".")
    return int(whole + minor)
