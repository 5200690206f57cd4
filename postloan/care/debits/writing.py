"""What a debit notice has to say at the moment it leaves, if the debit is still on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from postloan.books.payments.debit_accounts import masked_account_of
from postloan.books.payments.models import DebitOrder
from postloan.care.outreach.models import Message
from postloan.care.outreach.writers import Drop, Facts

PURPOSE = "debit_notice"


def write_notices(messages: Sequence[Message], names: Mapping[int, str], at: datetime) -> Mapping[int, Facts | Drop]:
    """Return the values of each notice; drop it where the debit is off, or has left already."""
    orders = DebitOrder.objects.select_related("mandate", "loan").in_bulk(
        [message.occasion["order"] for message in messages]
    )
    said: dict[int, Facts | Drop] = {}
    for message in messages:
        order = orders[message.occasion["order"]]
        if order.state != DebitOrder.State.ANNOUNCED or order.tries + 1 != message.occasion["try"]:
            said[message.pk] = Drop("the debit is off or has left")
            continue
        said[message.pk] = {
            "name": names[message.customer_id],
            "total": (order.amount_minor, order.currency),
            "day": order.collect_date,
            "account": masked_account_of(mandate=order.mandate),
            "mandate": order.mandate.reference,
            "loan": order.loan.external_id,
            "instalment_no": order.instalment_no,
        }
    return said
