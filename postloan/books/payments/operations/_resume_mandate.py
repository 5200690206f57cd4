"""Resume a suspended mandate: debits are announced again."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_models import Mandate, MandateEvent
from postloan.books.payments.mandate_changes import MandateChange, MandateRevoked, change_state, locked_mandate


@transaction.atomic
def resume_mandate(*, mandate_id: int, channel: str, by: str, at: datetime) -> MandateChange:
    """Return the mandate, active again; harmless twice. Refusals: MandateUnknown, MandateRevoked."""
    mandate = locked_mandate(mandate_id=mandate_id)
    if mandate.state == Mandate.State.REVOKED:
        raise MandateRevoked(f"mandate {mandate_id}")
    if mandate.state == Mandate.State.ACTIVE:
        return MandateChange(mandate=mandate, dropped=0, with_bank=0)
    return change_state(mandate=mandate, kind=MandateEvent.Kind.RESUMED, reason="", channel=channel, by=by, at=at)
