"""Release the lock on an account at the customer's request."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.debit_locks import release_lock
from postloan.books.payments.debit_packs import debit_policy
from postloan.books.payments.mandate_changes import locked_mandate
from postloan.ground.audit import operations as audit
from postloan.kernel.debit_policy import ReleaseEvent


class ReleaseNotAllowed(ValueError):
    """The rules do not let this event release a lock."""


@transaction.atomic
def release_debit_lock(*, mandate_id: int, event: ReleaseEvent, by: str, at: datetime) -> bool:
    """
    Return whether the mandate's account was locked; it is not any more.

    Refusals: MandateUnknown, ReleaseNotAllowed.
    """
    mandate = locked_mandate(mandate_id=mandate_id)
    policy = debit_policy(code=mandate.policy)
    if event not in policy.lock.released_by.value:
        raise ReleaseNotAllowed(f"{event} by policy {policy.code}")
    released = release_lock(mandate=mandate, event=event, policy=policy, by=by, at=at)
    if released:
        audit.record_act(
            by=by,
            action="release_debit_lock",
            subject_kind="mandate",
            subject_id=mandate_id,
            at=at,
            details={"event": event},
        )
    return released
