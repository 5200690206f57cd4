"""
Close a debt or a person to contact, and open it again, with a reason each time; flags on the person likewise.

Each takes the person's lock, so a contact is decided either before the hold or knowing of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from postloan.care.outreach.gate_session import NOTHING, GateSession, open_session
from postloan.care.outreach.models import ContactHold
from postloan.care.outreach.statement_columns import FLAG_COLUMNS, HOLD_COLUMNS
from postloan.ground.audit import operations as audit
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import CustomerFlag
from postloan.ground.customers.operations import ReasonMissing

__all__ = ["HoldNotSet", "ReasonMissing", "release_hold", "release_person_flag", "set_hold", "set_person_flag"]


class HoldNotSet(LookupError):
    """There is no such open hold to release."""


@transaction.atomic
def set_hold(
    *,
    customer_id: int,
    kind: str,
    reason: str,
    by: str,
    at: datetime,
    loan_id: int | None = None,
    until_at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> ContactHold:
    """
    Return the open hold of this kind on this debt or person: a new one, or the one that stands already.

    `facts` are codes for the rules (`written` of a dispute, `kind` = breathing_space of an advice hold). Refuses an
    empty reason (ReasonMissing); the database refuses a dispute or a plan that names no debt.
    """
    if not reason.strip():
        raise ReasonMissing("say why")
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    hold, is_new = ContactHold.objects.get_or_create(
        customer_id=customer_id,
        loan_id=loan_id,
        kind=ContactHold.Kind(kind),
        released_at=None,
        defaults={
            "since_at": at, "until_at": until_at, "reason": reason.strip()[:300], "by": by, "facts": dict(facts or {}),
        },
    )  # fmt: skip
    if is_new:
        _record(session, hold, "set", by=by, at=at)
    return hold


@transaction.atomic
def release_hold(
    *,
    customer_id: int,
    kind: str,
    reason: str,
    by: str,
    at: datetime,
    loan_id: int | None = None,
    released_as: str = "",
) -> ContactHold:
    """
    Return the hold, released now.

    `released_as` says it in the rules' words where it matters how: plan_breached or plan_ended, promise_broken.
    Refuses an empty reason (ReasonMissing) and a hold that is not open (HoldNotSet).
    """
    if not reason.strip():
        raise ReasonMissing("say why")
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    hold = ContactHold.objects.filter(
        customer_id=customer_id, loan_id=loan_id, kind=ContactHold.Kind(kind), released_at__isnull=True
    ).first()
    if hold is None:
        raise HoldNotSet(f"no {kind} of customer {customer_id} is open")
    hold.released_at, hold.release_reason, hold.released_by = at, reason.strip()[:300], by
    if released_as:
        hold.facts = hold.facts | {"released_as": released_as}
    hold.save(update_fields=["released_at", "release_reason", "released_by", "facts"])
    _record(session, hold, "released", by=by, at=at)
    return hold


@transaction.atomic
def set_person_flag(
    *, customer_id: int, kind: str, reason: str, by: str, at: datetime, details: dict[str, Any] | None = None
) -> CustomerFlag:
    """Set a flag on a person (`customers.set_flag`) under the gate's lock and with an entry in the evidence."""
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    stood = CustomerFlag.objects.filter(customer_id=customer_id, kind=kind, released_at__isnull=True).exists()
    flag = customers.set_flag(customer_id=customer_id, kind=kind, reason=reason, by=by, at=at, details=details)
    if not stood:
        _record_flag(session, flag, "set", at=at)
    return flag


@transaction.atomic
def release_person_flag(*, customer_id: int, kind: str, reason: str, by: str, at: datetime) -> CustomerFlag:
    """Release a flag on a person (`customers.release_flag`) under the gate's lock, with an entry in the evidence."""
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    flag = customers.release_flag(customer_id=customer_id, kind=kind, reason=reason, by=by, at=at)
    _record_flag(session, flag, "released", at=at)
    return flag


def _record(session: GateSession, hold: ContactHold, step: str, *, by: str, at: datetime) -> None:
    session.chains.add(
        customer_id=hold.customer_id,
        kind=f"hold.{step}",
        subject_id=hold.pk,
        at=at,
        row={name: getattr(hold, name) for name in HOLD_COLUMNS},
        facts={"kind": str(hold.kind)},
    )
    session.write()
    audit.record_act(
        by=by,
        action=f"hold_{step}",
        subject_kind="customer",
        subject_id=hold.customer_id,
        at=at,
        details={"hold": str(hold.kind), "hold_id": hold.pk, "loan_id": hold.loan_id},
    )


def _record_flag(session: GateSession, flag: CustomerFlag, step: str, *, at: datetime) -> None:
    session.chains.add(
        customer_id=flag.customer_id,
        kind=f"flag.{step}",
        subject_id=flag.pk,
        at=at,
        row={name: getattr(flag, name) for name in FLAG_COLUMNS},
        facts={"kind": str(flag.kind)},
    )
    session.write()
