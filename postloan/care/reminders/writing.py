"""What a reminder has to say at the moment it leaves: what is owed now, and nothing where nothing is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from postloan.books.loans.models import Loan
from postloan.books.payments.debit_amounts import get_amounts_due
from postloan.care.outreach.models import Message
from postloan.care.outreach.writers import Drop, Facts

PURPOSE = "reminder"


def write_reminders(messages: Sequence[Message], names: Mapping[int, str], at: datetime) -> Mapping[int, Facts | Drop]:
    """Return the values of each reminder by what is owed now; drop it where nothing is, or its day is over."""
    rows = {message.pk: [(loan_id, no) for loan_id, no in message.occasion["loans"]] for message in messages}
    amounts = get_amounts_due(rows=[row for members in rows.values() for row in members])
    loans = Loan.objects.in_bulk({loan_id for loan_id, _ in amounts})
    said: dict[int, Facts | Drop] = {}
    for message in messages:
        today = at.astimezone(ZoneInfo(message.customer.time_zone)).date()
        open_rows = [row for row in rows[message.pk] if amounts[row] > 0]
        if today > date.fromisoformat(message.occasion["contact_date"]):
            said[message.pk] = Drop("its day had passed")
        elif today > date.fromisoformat(message.occasion.get("grace_until", message.occasion["contact_date"])):
            said[message.pk] = Drop("its grace was over")
        elif not open_rows:
            said[message.pk] = Drop("paid before it left")
        else:
            said[message.pk] = _facts(
                message, names[message.customer_id], [(loans[row[0]], row[1], amounts[row]) for row in open_rows]
            )
    return said


def _facts(message: Message, name: str, lines: Sequence[tuple[Loan, int, int]]) -> Facts:
    totals: dict[str, int] = {}
    for loan, _, amount in lines:
        totals[loan.currency] = totals.get(loan.currency, 0) + amount
    facts: dict[str, object] = {
        "name": name,
        "total": [(amount, currency) for currency, amount in sorted(totals.items())],
        "due": date.fromisoformat(message.occasion["due_date"]),
        "loans": [
            {
                "reference": loan.external_id,
                "instalment_no": no,
                "instalments": loan.instalments,
                "amount": (amount, loan.currency),
            }
            for loan, no, amount in lines
        ],
    }
    if sender := message.occasion.get("sender"):
        facts["sender"] = sender
    if grace_until := message.occasion.get("grace_until"):
        facts["grace_until"] = date.fromisoformat(grace_until)
    return facts  # type: ignore[return-value]
