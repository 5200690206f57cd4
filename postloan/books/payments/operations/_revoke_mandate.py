"""Revoke a mandate: the customer takes the authority back, for good."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_models import Mandate, MandateEvent
from postloan.books.payments.mandate_changes import MandateChange, change_state, locked_mandate


@transaction.atomic
def revoke_mandate(*, mandate_id: int, reason: str, channel: str, by: str, at: datetime) -> MandateChange:
    """
    Return the mandate, revoked; harmless twice.

    Debits only announced are dropped. What is with the bank already cannot be held; the
    answer says how many, for whoever tells the customer. Refusals: MandateUnknown.
    """
    mandate = locked_mandate(mandate_id=mandate_id)
    if mandate.state == Mandate.State.REVOKED:
        return MandateChange(mandate=mandate, dropped=0, with_bank=0)
    return change_state(mandate=mandate, kind=MandateEvent.Kind.REVOKED, reason=reason, channel=channel, by=by, at=at)
