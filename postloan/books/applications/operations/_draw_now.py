"""From request to money in one call, for a customer who has a line and has seen what it costs."""

from collections.abc import Collection
from datetime import datetime

from postloan.books.applications.deciding import Decider
from postloan.books.applications.models import Application
from postloan.books.applications.operations._acknowledge_offer import acknowledge_offer
from postloan.books.applications.operations._decide_application import decide_application
from postloan.books.applications.operations._pay_out import pay_out
from postloan.books.applications.operations._submit_application import NewApplication, submit_application
from postloan.outside.bank.transfers_port import TransferChannel


def request_money(*, request: NewApplication, by: str, at: datetime, decider: Decider | None = None) -> Application:
    """
    Return the application: offered, refused with its reasons, or referred to a person.

    Repeated with the same `client_reference` it goes on where it stopped. Refusals: as submit_application.
    """
    application = submit_application(request=request, by=by, at=at)
    return decide_application(application_id=application.pk, by=by, at=at, decider=decider)


def accept_offer(
    *,
    application_id: int,
    figures_sha256: str,
    text_ids: Collection[int],
    channel: str,
    evidence: dict[str, str],
    by: str,
    at: datetime,
    bank: TransferChannel | None = None,
) -> Application:
    """
    Return the application after the customer has acknowledged the offer and it was paid out, as far as the bank let it.

    Refusals: as acknowledge_offer and pay_out. A draw that the line refuses leaves the acknowledgement standing, so
    that it can be paid out later while the offer lasts.
    """
    acknowledge_offer(
        application_id=application_id,
        figures_sha256=figures_sha256,
        text_ids=text_ids,
        channel=channel,
        evidence=evidence,
        by=by,
        at=at,
    )
    return pay_out(application_id=application_id, by=by, at=at, channel=bank)


def draw_now(
    *,
    request: NewApplication,
    figures_sha256: str,
    text_ids: Collection[int],
    evidence: dict[str, str],
    by: str,
    at: datetime,
    decider: Decider | None = None,
    bank: TransferChannel | None = None,
) -> Application:
    """
    Return the application of a customer who confirmed a preview (`queries.preview_offer`): paid out, if all goes well.

    Where it is refused or referred it comes back so, and nothing was acknowledged. Repeated, it goes on where it
    stopped. Refusals: as request_money and accept_offer; FiguresDiffer where the preview is not what is offered now.
    """
    application = request_money(request=request, by=by, at=at, decider=decider)
    match application.state:
        case Application.State.OFFERED:
            return accept_offer(
                application_id=application.pk,
                figures_sha256=figures_sha256,
                text_ids=text_ids,
                channel=request.channel,
                evidence=evidence,
                by=by,
                at=at,
                bank=bank,
            )
        case Application.State.ACKNOWLEDGED | Application.State.PAYING:
            return pay_out(application_id=application.pk, by=by, at=at, channel=bank)
    return application
