"""Suspend a mandate: nothing more is debited until it is resumed."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_models import Mandate, MandateEvent
from postloan.books.payments.mandate_changes import MandateChange, MandateRevoked, change_state, locked_mandate


@transaction.atomic
def suspend_mandate(*, mandate_id: int, reason: str, channel: str, by: str, at: datetime) -> MandateChange:
    """
    Return the mandate, suspended; harmless twice. Debits only announced are dropped.

    Refusals: MandateUnknown, MandateRevoked.
    """
    mandate = locked_mandate(mandate_id=mandate_id)
    if mandate.state == Mandate.State.REVOKED:
        raise MandateRevoked(f"mandate {mandate_id}")
    if mandate.state == Mandate.State.SUSPENDED:
        return MandateChange(mandate=mandate, dropped=0, with_bank=0)
    kind = MandateEvent.Kind.SUSPENDED
    return change_state(mandate=mandate, kind=kind, reason=reason, channel=channel, by=by, at=at)
