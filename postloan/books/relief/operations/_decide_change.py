"""A second person decides on a change that was beyond the first one's authority."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from postloan.books.payments.servicing import hold_loan
from postloan.books.relief.models import ChangeRequest
from postloan.books.relief.queries import may_agree_alone
from postloan.books.relief.relieving import ReasonMissing, relieve
from postloan.ground.access.roles import Role
from postloan.ground.audit import operations as audit


class UnknownRequest(LookupError):
    """No request with this id."""


class ChangeIsDecided(ValueError):
    """The request was decided before, another way."""


class NotTheirsToDecide(PermissionError):
    """The person proposed it themselves, or their authority does not cover it."""


@transaction.atomic
def approve_change(*, request_id: int, roles: Collection[Role], by: str, at: datetime) -> ChangeRequest:
    """
    Return the request, done: the change happens now, worked out anew. Approved before, it comes back as it stands.

    Refusals: UnknownRequest, ChangeIsDecided, NotTheirsToDecide, and those of the change itself, which then stays
    proposed.
    """
    request = _held(request_id)
    if request.state == ChangeRequest.State.DONE:
        return request
    _refuse_decided(request)
    change = request.change
    if by == request.proposed_by or not may_agree_alone(
        roles=roles, kind=change.kind, given_up_minor=request.given_up_minor, periods=change.periods
    ):
        raise NotTheirsToDecide(f"request {request_id}")
    done = relieve(loan_id=request.loan_id, change=change, reason=request.reason, by=by, at=at)
    request.event = done.event
    return _decide(request, ChangeRequest.State.DONE, "", by, at)


@transaction.atomic
def refuse_change(*, request_id: int, reason: str, roles: Collection[Role], by: str, at: datetime) -> ChangeRequest:
    """
    Return the request, refused for a reason; refused before, it comes back as it stands.

    Refusals: UnknownRequest, ChangeIsDecided, NotTheirsToDecide, ReasonMissing.
    """
    request = _held(request_id)
    if request.state == ChangeRequest.State.REFUSED:
        return request
    _refuse_decided(request)
    if not reason.strip():
        raise ReasonMissing("say why")
    change = request.change
    if by == request.proposed_by or not may_agree_alone(
        roles=roles, kind=change.kind, given_up_minor=request.given_up_minor, periods=change.periods
    ):
        raise NotTheirsToDecide(f"request {request_id}")
    return _decide(request, ChangeRequest.State.REFUSED, reason.strip()[:200], by, at)


@transaction.atomic
def withdraw_change(*, request_id: int, by: str, at: datetime) -> ChangeRequest:
    """Return the request, withdrawn by the person who proposed it. Refusals as `refuse_change`."""
    request = _held(request_id)
    if request.state == ChangeRequest.State.WITHDRAWN:
        return request
    _refuse_decided(request)
    if by != request.proposed_by:
        raise NotTheirsToDecide(f"request {request_id}")
    return _decide(request, ChangeRequest.State.WITHDRAWN, "", by, at)


def _held(request_id: int) -> ChangeRequest:
    """Return the request, held after its loan, in the order in which everybody locks."""
    loan_id = ChangeRequest.objects.filter(pk=request_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise UnknownRequest(f"request {request_id}")
    hold_loan(loan_id=loan_id)
    return ChangeRequest.objects.select_for_update().get(pk=request_id)


def _refuse_decided(request: ChangeRequest) -> None:
    if request.state != ChangeRequest.State.PROPOSED:
        raise ChangeIsDecided(f"request {request.pk}: {request.state}")


def _decide(request: ChangeRequest, state: ChangeRequest.State, reason: str, by: str, at: datetime) -> ChangeRequest:
    request.state, request.decision_reason, request.decided_by, request.decided_at = state, reason, by, at
    request.save(update_fields=["state", "decision_reason", "decided_by", "decided_at", "event"])
    audit.record_act(
        by=by,
        action=f"change_{state}",
        subject_kind="loan",
        subject_id=request.loan_id,
        at=at,
        details={"request": request.pk, "kind": request.kind},
    )
    return request
