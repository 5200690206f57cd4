"""Send again what had ended undelivered: a person decides it, with a reason, and it is on record."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from postloan.care.outreach.models import Message
from postloan.care.outreach.operations._set_hold import ReasonMissing
from postloan.ground.audit import operations as audit


@transaction.atomic
def redrive_messages(*, message_ids: Collection[int], reason: str, by: str, at: datetime) -> int:
    """
    Put failed messages back into the outbox and return how many; what did not fail is left as it is.

    They are asked of the gate and of their writer like any other: what is paid by now is dropped.
    Refuses without a reason (ReasonMissing).
    """
    if not reason.strip():
        raise ReasonMissing("say why these messages are sent again")
    dead = Message.objects.filter(pk__in=message_ids, state=Message.State.FAILED).select_for_update()
    ids = sorted(dead.values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(
        state=Message.State.QUEUED,
        attempts=0,
        redriven=F("redriven") + 1,
        not_before_at=at,
        reason="",
        fall_back_at=None,
    )
    for message_id in ids:
        audit.record_act(
            by=by, action="redrive_message", subject_kind="message", subject_id=message_id, purpose=reason[:200], at=at
        )
    return len(ids)
