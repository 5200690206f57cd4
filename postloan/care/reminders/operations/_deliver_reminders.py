"""Deliver the reminders that wait, asking once more what is owed and writing the text from that."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from postloan.books.loans.models import Loan
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import MessageText
from postloan.care.reminders.amounts import get_amounts_due
from postloan.care.reminders.wording import LoanLine, reminder_text


def deliver_reminders(
    *, at: datetime, by: str, lease: timedelta = timedelta(minutes=10), limit: int = 400
) -> outreach.Delivery:
    """Take up to `limit` waiting reminders through delivery; call again until the total is 0."""
    write = partial(_write, at=at)
    return outreach.deliver_messages(purpose="reminder", write=write, at=at, by=by, lease=lease, limit=limit)


def _write(
    messages: Sequence[Message], names: Mapping[int, str], *, at: datetime
) -> Mapping[int, MessageText | outreach.Drop]:
    """Return the text of each message by what is owed now; drop it where nothing is, or its day is over."""
    rows = {message.pk: [(loan_id, no) for loan_id, no in message.occasion["loans"]] for message in messages}
    amounts = get_amounts_due(rows=[row for members in rows.values() for row in members])
    loans = Loan.objects.in_bulk({loan_id for loan_id, _ in amounts})
    texts: dict[int, MessageText | outreach.Drop] = {}
    for message in messages:
        lines = [
            LoanLine(
                reference=loans[loan_id].external_id,
                instalment_no=no,
                instalments=loans[loan_id].instalments,
                amount_minor=amounts[loan_id, no],
                currency=loans[loan_id].currency,
            )
            for loan_id, no in rows[message.pk]
            if amounts[loan_id, no] > 0
        ]
        today = at.astimezone(ZoneInfo(message.customer.time_zone)).date()
        if today > date.fromisoformat(message.occasion["contact_date"]):
            texts[message.pk] = outreach.Drop("its day had passed")
            continue
        if not lines:
            texts[message.pk] = outreach.Drop("paid before it left")
            continue
        texts[message.pk] = reminder_text(
            name=names[message.customer_id],
            due_date=date.fromisoformat(message.occasion["due_date"]),
            kind=message.occasion["kind"],
            lines=lines,
            language=message.language,
        )
    return texts
