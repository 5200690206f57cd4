"""End an application before money is on its way: the customer cancels, or the offer has run out."""

from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import Application
from postloan.books.applications.timeline import hold_application, move_to, tell


class TooLateToCancel(ValueError):
    """Money is on its way or has arrived; what is borrowed can be repaid early instead."""


@transaction.atomic
def cancel_application(*, application_id: int, reason: str, by: str, at: datetime) -> Application:
    """
    Return the application, cancelled; harmless twice.

    Refusals: UnknownApplication, TooLateToCancel from the moment a payout is planned, NotTheNextStep where it was
    refused or has expired.
    """
    application = hold_application(application_id=application_id)
    if application.state == Application.State.CANCELLED:
        return application
    if application.state in {Application.State.PAYING, Application.State.PAID_OUT}:
        raise TooLateToCancel(f"application {application_id} is {application.state}")
    move_to(application=application, state=Application.State.CANCELLED)
    tell(application=application, kind="cancelled", by=by, at=at, details={"reason": reason})
    return application


def expire_offers(*, by: str, at: datetime) -> int:
    """Record on their timelines the offers that have run out by `at`, and return how many; they were dead before."""
    waiting = Application.objects.filter(
        state__in=[Application.State.OFFERED, Application.State.ACKNOWLEDGED], offer__expires_at__lte=at
    )
    return sum(
        _expire(application_id=found, by=by, at=at) for found in waiting.order_by("pk").values_list("pk", flat=True)
    )


@transaction.atomic
def _expire(*, application_id: int, by: str, at: datetime) -> bool:
    application = hold_application(application_id=application_id)
    if application.state not in {Application.State.OFFERED, Application.State.ACKNOWLEDGED}:
        return False  # paid out or cancelled meanwhile
    move_to(application=application, state=Application.State.EXPIRED)
    details = {"expired_at": application.offer.expires_at.isoformat()}
    tell(application=application, kind="expired", by=by, at=at, details=details)
    return True
