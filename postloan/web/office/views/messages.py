"""What was said to customers, and the mailbox of the demonstration."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from postloan.care.outreach import operations, queries
from postloan.care.outreach.models import Message
from postloan.ground.access.roles import OFFICE
from postloan.ground.customers.operations import PurposeMissing
from postloan.ground.customers.queries import get_masked_customer
from postloan.web.ui.access import for_roles, login_of, never_stored
from postloan.web.ui.asking import asked_choice, asked_day
from postloan.web.ui.figures import contact_date_of
from postloan.web.ui.paging import MOST_ROWS_IN_FILE, PAGE_ROWS, csv_answer, page_of, wants_csv

CHANNELS = tuple(Message.Channel.values)
STATES = tuple(Message.State.values)


@for_roles(OFFICE)
def messages(request: HttpRequest) -> HttpResponse:
    """Messages by day, channel and state. Recipients and texts stay closed here."""
    asked = {
        "on_date": asked_day(request=request, name="on"),
        "channel": asked_choice(request=request, name="channel", choices=CHANNELS),
        "state": asked_choice(request=request, name="state", choices=STATES),
    }
    found = queries.find_messages(**asked)  # type: ignore[arg-type]
    if wants_csv(request):
        return _as_csv(list(found[:MOST_ROWS_IN_FILE]))
    context = asked | {
        "page": page_of(request=request, rows=found),
        "counts": queries.count_messages(),
        "channels": CHANNELS,
        "states": STATES,
    }
    return render(request, "office/messages.html", context)


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


@for_roles(OFFICE)
def mailbox(request: HttpRequest) -> HttpResponse:
    """What arrived in the mailbox that stands at the other end of the SMTP conversation."""
    page = Paginator(range(queries.count_mails()), PAGE_ROWS).get_page(request.GET.get("page"))
    offset = max(page.start_index() - 1, 0)
    mails = queries.get_mails(limit=PAGE_ROWS, offset=offset)
    return render(request, "office/mailbox.html", {"page": page, "mails": mails})


@for_roles(OFFICE)
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail as it arrived."""
    try:
        received = queries.read_mail(key=key)
    except queries.MailNotFound as error:
        raise Http404 from error
    return render(request, "office/mail.html", {"received": received})


def _as_csv(found: list[Message]) -> HttpResponse:
    header = [_("Message"), _("Customer"), _("Channel"), _("Purpose"), _("State"), _("Reason"), _("Queued"), _("Sent")]
    header += [_("Contact date")]
    rows = (
        (
            row.pk,
            row.customer_id,
            row.channel,
            row.purpose,
            row.state,
            row.reason,
            row.queued_at,
            row.sent_at or "",
            contact_date_of(message=row),
        )
        for row in found
    )
    return csv_answer(name="messages", header=header, rows=rows)
