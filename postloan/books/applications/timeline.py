"""An application's steps: which may follow which, and the events that tell of them."""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from postloan.books.applications.models import Application, ApplicationEvent
from postloan.ground.audit import operations as audit

State = Application.State

NEXT: Final[dict[str, frozenset[str]]] = {
    State.SUBMITTED: frozenset({State.OFFERED, State.REFUSED, State.REFERRED, State.CANCELLED, State.EXPIRED}),
    State.REFERRED: frozenset({State.OFFERED, State.REFUSED, State.CANCELLED, State.EXPIRED}),
    State.OFFERED: frozenset({State.ACKNOWLEDGED, State.CANCELLED, State.EXPIRED}),
    State.ACKNOWLEDGED: frozenset({State.PAYING, State.CANCELLED, State.EXPIRED}),
    State.PAYING: frozenset({State.PAID_OUT, State.PAYOUT_FAILED}),
}


class UnknownApplication(LookupError):
    """No application with this id."""


class NotTheNextStep(ValueError):
    """The application does not stand where this step could be taken; `state` is where it stands."""

    def __init__(self, *, application_id: int, state: str, wanted: str) -> None:
        super().__init__(f"application {application_id} is {state}, which {wanted} cannot follow")
        self.state = state


def hold_application(*, application_id: int) -> Application:
    """Lock the application for one step and return it. Refuses with UnknownApplication."""
    assert connection.in_atomic_block, "a step is one transaction"
    held = Application.objects.select_for_update(of=("self",), no_key=True).select_related(
        "product_version__product", "offer_rules"
    )
    application = held.filter(pk=application_id).first()
    if application is None:
        raise UnknownApplication(f"application {application_id}")
    return application


def refuse_unless(*, application: Application, may_become: str) -> None:
    """Refuse (NotTheNextStep) where `may_become` cannot follow the application's state."""
    if may_become not in NEXT.get(application.state, frozenset()):
        raise NotTheNextStep(application_id=application.pk, state=application.state, wanted=may_become)


def move_to(*, application: Application, state: str, fields: tuple[str, ...] = ()) -> None:
    """Put the application into its next state and write it, with other `fields` changed at the same time."""
    refuse_unless(application=application, may_become=state)
    application.state = state
    application.save(update_fields=["state", *fields])


def tell(*, application: Application, kind: str, by: str, at: datetime, details: dict[str, Any] | None = None) -> None:
    """Write the next event of the timeline and its audit record. The application is held, so numbers do not clash."""
    ApplicationEvent.objects.create(
        application=application,
        event_no=ApplicationEvent.objects.filter(application=application).count() + 1,
        kind=kind,
        at=at,
        by=by,
        details=details or {},
    )
    audit.record_act(
        by=by,
        action=f"application_{kind}",
        subject_kind="application",
        subject_id=application.pk,
        at=at,
        details=details,
    )
