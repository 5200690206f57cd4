"""The customer has been told terms and risks with the figures of the offer, and says so."""

import json
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import Acknowledgement, Application, LoanOffer
from postloan.books.applications.timeline import hold_application, move_to, refuse_unless, tell
from postloan.ground.customers.cipher import field_cipher


class OfferExpired(ValueError):
    """The offer has run out; a new request gets a new one."""


class FiguresDiffer(ValueError):
    """What the customer saw is not what is offered: another amount, date, rate or version of a text."""


class TextNotAcknowledged(ValueError):
    """A text that goes with the offer has not been acknowledged; `text_ids` names those that are missing."""

    def __init__(self, *, text_ids: Collection[int]) -> None:
        super().__init__(f"texts {sorted(text_ids)} are not acknowledged")
        self.text_ids = frozenset(text_ids)


@transaction.atomic
def acknowledge_offer(
    *,
    application_id: int,
    figures_sha256: str,
    text_ids: Collection[int],
    channel: str,
    evidence: dict[str, str],
    by: str,
    at: datetime,
) -> Application:
    """
    Return the application, its offer acknowledged; once acknowledged it comes back as it stands.

    `figures_sha256` is that of the offer the customer saw, `text_ids` the texts they acknowledged, each kept with its
    version, the time, the channel and `evidence` (device, session, how it was shown), which lies encrypted. Refusals:
    UnknownApplication, NotTheNextStep, OfferExpired, FiguresDiffer, TextNotAcknowledged.
    """
    application = hold_application(application_id=application_id)
    if application.state == Application.State.ACKNOWLEDGED:
        return application
    refuse_unless(application=application, may_become=Application.State.ACKNOWLEDGED)
    offer = application.offer
    refuse_expired(offer=offer, at=at)
    if figures_sha256 != offer.figures_sha256:
        raise FiguresDiffer(f"application {application_id}")
    if missing := set(offer.text_ids) - set(text_ids):
        raise TextNotAcknowledged(text_ids=missing)
    written = field_cipher().encrypt(
        value=json.dumps(evidence, sort_keys=True), field="acknowledgement.evidence", row_id=offer.pk
    )
    Acknowledgement.objects.bulk_create(
        Acknowledgement(offer=offer, text_id=text_id, acknowledged_at=at, channel=channel, evidence_encrypted=written)
        for text_id in offer.text_ids
    )
    move_to(application=application, state=Application.State.ACKNOWLEDGED)
    details = {"texts": offer.text_ids, "channel": channel, "figures_sha256": figures_sha256}
    tell(application=application, kind="acknowledged", by=by, at=at, details=details)
    return application


def refuse_expired(*, offer: LoanOffer, at: datetime) -> None:
    """Refuse (OfferExpired) from the instant on at which the offer ends."""
    if at >= offer.expires_at:
        raise OfferExpired(f"the offer ended at {offer.expires_at.isoformat()}")
