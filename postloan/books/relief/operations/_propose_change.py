"""Ask for a change of a loan: done at once within one's authority, else left for a second person."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from postloan.books.payments.servicing import hold_loan
from postloan.books.relief.changes import Change
from postloan.books.relief.models import ChangeRequest
from postloan.books.relief.queries import may_agree_alone, preview_change
from postloan.books.relief.relieving import ReasonMissing, relieve
from postloan.ground.access.roles import Role
from postloan.ground.audit import operations as audit


class ChangeKeyReused(ValueError):
    """The key is already on another change of this loan."""


@transaction.atomic
def propose_change(
    *, loan_id: int, change: Change, reason: str, roles: Collection[Role], by: str, at: datetime
) -> ChangeRequest:
    """
    Return the request: done, where `roles` may agree to it alone, or proposed. The same key again returns the first.

    It is worked out before it is kept, so a change that cannot be is refused here and not by the second person.
    Refusals: ReasonMissing, ChangeKeyReused, UnknownLoan, LoanHasNoPlan, and those of the engine (EventRefused).
    """
    if not reason.strip():
        raise ReasonMissing("say why")
    hold_loan(loan_id=loan_id)
    known = ChangeRequest.objects.filter(loan_id=loan_id, key=change.key).first()
    if known is not None:
        if (known.kind, known.value_date, known.fields) != (change.kind, change.value_date, dict(change.fields)):
            raise ChangeKeyReused(change.key)
        return known
    seen = preview_change(loan_id=loan_id, change=change)
    request = ChangeRequest(
        loan_id=loan_id,
        key=change.key,
        kind=change.kind,
        fields=dict(change.fields),
        value_date=change.value_date,
        given_up_minor=seen.given_up_minor,
        reason=reason.strip()[:200],
        proposed_by=by,
        proposed_at=at,
    )
    if may_agree_alone(roles=roles, kind=change.kind, given_up_minor=seen.given_up_minor, periods=change.periods):
        done = relieve(loan_id=loan_id, change=change, reason=request.reason, by=by, at=at)
        request.state, request.event = ChangeRequest.State.DONE, done.event
    request.save(force_insert=True)
    audit.record_act(
        by=by,
        action="propose_change",
        subject_kind="loan",
        subject_id=loan_id,
        at=at,
        details={"request": request.pk, "kind": change.kind, "state": request.state},
    )
    return request
