"""What was said to customers, and the mailbox of the demonstration."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postloan.care.outreach import operations, queries
from postloan.care.outreach.models import Message
from postloan.ground.access.roles import OFFICE
from postloan.ground.customers.operations import PurposeMissing
from postloan.ground.customers.queries import get_masked_customer
from postloan.web.ui import words
from postloan.web.ui.access import for_roles, login_of, never_stored
from postloan.web.ui.figures import contact_date_of
from postloan.web.ui.tables import Column, Emptiness, Filter, ListRows, QueryRows, Sort, Table


def _channels() -> list[tuple[str, Any]]:
    return [(code, words.CHANNEL.get(code, code)) for code in Message.Channel.values]


def _states() -> list[tuple[str, Any]]:
    return [(code, words.MESSAGE_STATE.get(code, code)) for code in Message.State.values]


MESSAGES = Table(
    name="office.messages",
    topic="outbox",
    caption=_("Messages"),
    order="-queued",
    columns=(
        Column(name="message", label=_("Message"), value="pk", link="office:message", is_fixed=True),
        Column(name="queued", label=_("Queued"), kind="instant", value="queued_at"),
        Column(name="channel", label=_("Channel"), kind="words", words="channel"),
        Column(name="purpose", label=_("Purpose"), kind="words", words="purpose"),
        Column(
            name="customer",
            label=_("Customer"),
            value="customer.external_id",
            link="desk:customer",
            link_to="customer_id",
            opens="desk:customers",
        ),
        Column(
            name="state",
            label=_("State"),
            kind="chip",
            words="message_state",
            template="office/cells/message_state.html",
        ),
        Column(name="reason", label=_("Reason"), is_shown=False),
        Column(name="sent", label=_("Sent at"), kind="instant", value="sent_at"),
        Column(
            name="contact_date",
            label=_("Contact date"),
            kind="day",
            value=lambda message: contact_date_of(message=message),
            template="office/cells/contact_date.html",
        ),
    ),
    filters=(
        Filter(name="on", label=_("Day"), kind="day"),
        Filter(name="channel", label=_("Channel"), choices=_channels),
        Filter(name="state", label=_("State"), choices=_states),
    ),
    empty=Emptiness(
        title=_("No message yet"), text=_("Reminders are planned by the close of a day and sent the morning after.")
    ),
    nothing_fits=Emptiness(
        title=_("No message fits"), text=_("Reminders are planned by the close of a day and sent the morning after.")
    ),
)
SORTS = {"queued": Sort("queued_at")}


@for_roles(OFFICE)
def messages(request: HttpRequest) -> HttpResponseBase:
    """Messages by day, channel and state. Recipients and texts stay closed here."""
    asked = MESSAGES.asked(request)
    found = queries.find_messages(on_date=asked["on"], channel=asked["channel"] or "", state=asked["state"] or "")
    return MESSAGES.answer(
        request,
        asked=asked,
        rows=QueryRows(found, SORTS),
        template="office/messages.html",
        context={"counts": queries.count_messages()},
    )


@for_roles(OFFICE)
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what it was about and what became of it; its text only after a purpose is given."""
    return render(request, "office/message.html", _facts_of(message_id))


@for_roles(OFFICE)
def reveal_message(request: HttpRequest, message_id: int) -> HttpResponse:
    """The text of one message, for a purpose; who read it and what for goes on record."""
    if request.method != "POST":
        return redirect("office:message", message_id)
    context = _facts_of(message_id)
    try:
        context["revealed"] = operations.reveal_message(
            message_id=message_id,
            purpose=request.POST.get("purpose", "")[:200],
            by=login_of(request=request).get_username(),
            at=timezone.now(),
        )
    except PurposeMissing:
        context["purpose_missing"] = True
    return never_stored(render(request, "office/message.html", context))


def _facts_of(message_id: int) -> dict[str, Any]:
    try:
        found = queries.get_message(message_id=message_id)
    except Message.DoesNotExist as error:
        raise Http404 from error
    return {"message": found, "customer": get_masked_customer(customer=found.customer)}


class _Mails(Sequence[Any]):
    """What lies in the mailbox, the latest first: only the mails of the page are opened."""

    def __len__(self) -> int:
        return queries.count_mails()

    def __getitem__(self, place: Any) -> Any:
        start, stop, _step = place.indices(len(self))
        return queries.get_mails(limit=max(stop - start, 0), offset=start)


MAILS = Table(
    name="office.mailbox",
    caption=_("Mailbox"),
    key="key",
    order="arrived",
    columns=(
        Column(name="subject", label=_("Subject"), link="office:mail", link_to="key", is_fixed=True),
        Column(name="to", label=_("To"), value="recipient"),
        Column(name="arrived", label=_("Arrived"), kind="instant", value="received_at"),
    ),
    empty=Emptiness(title=_("The mailbox is empty"), text=_("Reminders by e-mail arrive here when they are sent.")),
)


@for_roles(OFFICE)
def mailbox(request: HttpRequest) -> HttpResponseBase:
    """What arrived in the mailbox that stands at the other end of the SMTP conversation."""
    return MAILS.answer(request, rows=ListRows(_Mails()), template="office/mailbox.html")


@for_roles(OFFICE)
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail as it arrived."""
    try:
        received = queries.read_mail(key=key)
    except queries.MailNotFound as error:
        raise Http404 from error
    return render(request, "office/mail.html", {"received": received})
