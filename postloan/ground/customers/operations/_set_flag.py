"""Set and release a flag on a person: vulnerable, deceased, represented, incapacitated."""

from datetime import datetime
from typing import Any

from django.db import transaction

from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import CustomerFlag


class FlagNotSet(LookupError):
    """There is no such open flag to release."""


class ReasonMissing(ValueError):
    """A flag is set or released without saying why."""


@transaction.atomic
def set_flag(
    *, customer_id: int, kind: str, reason: str, by: str, at: datetime, details: dict[str, Any] | None = None
) -> CustomerFlag:
    """
    Return the open flag of this kind: a new one, or the one that stands already (setting twice changes nothing).

    `details` holds codes and dates, nothing that tells who somebody is. Refuses an empty reason (ReasonMissing).
    """
    if not reason.strip():
        raise ReasonMissing("say why")
    flag, is_new = CustomerFlag.objects.get_or_create(
        customer_id=customer_id,
        kind=CustomerFlag.Kind(kind),
        released_at=None,
        defaults={"since_at": at, "reason": reason.strip()[:300], "by": by, "details": details or {}},
    )
    if is_new:
        audit.record_act(
            by=by,
            action="set_flag",
            subject_kind="customer",
            subject_id=customer_id,
            at=at,
            details={"flag": flag.kind, "flag_id": flag.pk},
        )
    return flag


@transaction.atomic
def release_flag(*, customer_id: int, kind: str, reason: str, by: str, at: datetime) -> CustomerFlag:
    """Return the flag, released now. Refuses an empty reason (ReasonMissing) and a flag not set (FlagNotSet)."""
    if not reason.strip():
        raise ReasonMissing("say why")
    flag = (
        CustomerFlag.objects.select_for_update()
        .filter(customer_id=customer_id, kind=CustomerFlag.Kind(kind), released_at__isnull=True)
        .first()
    )
    if flag is None:
        raise FlagNotSet(f"{kind} is not set for customer {customer_id}")
    flag.released_at, flag.release_reason, flag.released_by = at, reason.strip()[:300], by
    flag.save(update_fields=["released_at", "release_reason", "released_by"])
    audit.record_act(
        by=by,
        action="release_flag",
        subject_kind="customer",
        subject_id=customer_id,
        at=at,
        details={"flag": flag.kind, "flag_id": flag.pk},
    )
    return flag
