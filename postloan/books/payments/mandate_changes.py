"""A change of a mandate's state: the row, its evidence, the orders it ends, and the audit record, together."""

from dataclasses import dataclass
from datetime import datetime

from postloan.books.payments.debit_models import DebitOrder, Mandate, MandateEvent
from postloan.ground.audit import operations as audit


class MandateUnknown(LookupError):
    """No mandate has this id."""


class MandateRevoked(ValueError):
    """The mandate was revoked: a new one must be signed."""


@dataclass(frozen=True)
class MandateChange:
    """
    A mandate after the change: `dropped` orders ended with it, `with_bank` are at the bank already and cannot be held.
    """

    mandate: Mandate
    dropped: int
    with_bank: int


def locked_mandate(*, mandate_id: int) -> Mandate:
    """Return the mandate, held until the transaction ends. Raises MandateUnknown."""
    found = Mandate.objects.select_for_update().filter(pk=mandate_id).first()
    if found is None:
        raise MandateUnknown(f"mandate {mandate_id}")
    return found


def change_state(
    *, mandate: Mandate, kind: MandateEvent.Kind, reason: str, channel: str, by: str, at: datetime
) -> MandateChange:
    """Put a locked mandate into the state that `kind` leads to; orders only announced are dropped unless it is active."""
    states = {
        MandateEvent.Kind.SUSPENDED: Mandate.State.SUSPENDED,
        MandateEvent.Kind.RESUMED: Mandate.State.ACTIVE,
        MandateEvent.Kind.REVOKED: Mandate.State.REVOKED,
    }
    mandate.state, mandate.reason = states[kind], "" if kind == MandateEvent.Kind.RESUMED else reason
    mandate.save(update_fields=["state", "reason"])
    MandateEvent.objects.create(mandate=mandate, kind=kind, happened_at=at, by=by, channel=channel, reason=reason)
    dropped = 0
    if mandate.state != Mandate.State.ACTIVE:
        dropped = DebitOrder.objects.filter(mandate=mandate, state=DebitOrder.State.ANNOUNCED).update(
            state=DebitOrder.State.DROPPED, reason=DebitOrder.Reason.MANDATE_ENDED
        )
    with_bank = DebitOrder.objects.filter(mandate=mandate, state=DebitOrder.State.SENT).count()
    audit.record_act(
        by=by,
        action=f"{kind}_mandate",
        subject_kind="mandate",
        subject_id=mandate.pk,
        at=at,
        details={"reason": reason, "channel": channel, "dropped": dropped, "with_bank": with_bank},
    )
    return MandateChange(mandate=mandate, dropped=dropped, with_bank=with_bank)
