"""Write one audit record inside the transaction of the act itself."""

from datetime import datetime
from typing import Any

from django.db import connection

from postloan.ground.audit.models import AuditRecord


def record_act(
    *,
    by: str,
    action: str,
    subject_kind: str,
    subject_id: object,
    at: datetime,
    purpose: str = "",
    details: dict[str, Any] | None = None,
) -> AuditRecord:
    """
    Record that `by` did `action` to a subject at `at`; returns the record.

    Must be called inside a transaction, so that act and record stand or fall
    together. `details` carries ids and figures, never names or contact points.
    """
    assert connection.in_atomic_block, "an act and its audit record share one transaction"
    return AuditRecord.objects.create(
        recorded_at=at,
        by=by,
        action=action,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        purpose=purpose,
        details=details or {},
    )
