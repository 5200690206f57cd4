"""Say what is known of a contact point: verified, stale (it bounces) or wrong (somebody else answers)."""

from datetime import datetime

from django.db import transaction

from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import ContactPoint


@transaction.atomic
def mark_contact_point(*, contact_point_id: int, state: str, reason: str, by: str, at: datetime) -> ContactPoint:
    """
    Return the contact point in its new state; the same state again changes nothing.

    A stale or wrong point is used no more and its owner is asked to renew it. `reason` is a code or a few words
    without personal data. Raises ContactPoint.DoesNotExist.
    """
    point = ContactPoint.objects.select_for_update().get(pk=contact_point_id)
    wanted = ContactPoint.State(state)
    if point.state == wanted:
        return point
    was = point.state
    point.state, point.state_at, point.state_reason = wanted, at, reason[:200]
    point.renewal_asked_at = None
    point.save(update_fields=["state", "state_at", "state_reason", "renewal_asked_at"])
    audit.record_act(
        by=by,
        action="mark_contact_point",
        subject_kind="customer",
        subject_id=point.customer_id,
        at=at,
        details={"contact_point": point.pk, "from": was, "to": wanted.value, "reason": reason[:200]},
    )
    return point


@transaction.atomic
def note_renewal_asked(*, contact_point_id: int, by: str, at: datetime) -> None:
    """Note that the customer was asked for a new address in place of this one; asked once, noted once."""
    noted = ContactPoint.objects.filter(pk=contact_point_id, renewal_asked_at__isnull=True)
    point = noted.select_for_update().first()
    if point is None:
        return
    noted.update(renewal_asked_at=at)
    audit.record_act(
        by=by,
        action="ask_renewal",
        subject_kind="customer",
        subject_id=point.customer_id,
        at=at,
        details={"contact_point": contact_point_id},
    )
