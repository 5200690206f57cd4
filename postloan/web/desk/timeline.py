"""One timeline of what happened: money, messages, reminders, instalments, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils import timezone

from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments.models import Receipt
from postloan.care.outreach.models import Message
from postloan.care.reminders.models import Reminder

Kind = Literal["message", "receipt", "reminder", "raised", "settled", "disbursed", "taken_over"]


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline; `thing` is what the page tells about it."""

    on_date: date
    at: datetime | None
    kind: Kind
    thing: Any

    @property
    def night_date(self) -> date:
        """The business date whose close had to do with it: what falls due or is reminded is prepared the evening before."""
        return self.on_date - timedelta(days=1) if self.kind in ("raised", "reminder") else self.on_date


def customer_timeline(
    *, loans: Iterable[Loan], messages: Iterable[Message], receipts: Iterable[Receipt]
) -> list[Happening]:
    """Return what happened with a customer, the latest first."""
    return _newest_first([*_messages(messages), *_receipts(receipts), *_loans(loans)])


def loan_timeline(
    *,
    loan: Loan,
    instalments: Sequence[Instalment],
    receipts: Iterable[Receipt],
    reminders: Iterable[Reminder],
) -> list[Happening]:
    """Return what happened to a loan, the latest first."""
    happened = [*_loans([loan]), *_receipts(receipts)]
    happened += [Happening(row.contact_date, None, "reminder", row) for row in reminders]
    happened += [Happening(row.due_date, None, "raised", row) for row in instalments]
    happened += [Happening(row.settled_date, None, "settled", row) for row in instalments if row.settled_date]
    return _newest_first(happened)


def _messages(messages: Iterable[Message]) -> list[Happening]:
    return [
        Happening(timezone.localtime(at).date(), at, "message", message)
        for message in messages
        for at in [message.sent_at or message.queued_at]
    ]


def _receipts(receipts: Iterable[Receipt]) -> list[Happening]:
    return [Happening(receipt.booked_date, None, "receipt", receipt) for receipt in receipts]


def _loans(loans: Iterable[Loan]) -> list[Happening]:
    happened = []
    for loan in loans:
        happened.append(Happening(loan.disbursed_date, None, "disbursed", loan))
        if loan.takeover_date is not None:
            happened.append(Happening(loan.takeover_date, None, "taken_over", loan))
    return happened


def _newest_first(happened: list[Happening]) -> list[Happening]:
    earliest = datetime.min.replace(tzinfo=timezone.get_default_timezone())
    return sorted(happened, key=lambda item: (item.on_date, item.at or earliest), reverse=True)
