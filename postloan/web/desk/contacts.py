"""One customer's contacts and wishes at the desk: the timeline with its decisions, consents, holds, flags, addresses."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from postloan.books.loans.queries import find_loans
from postloan.care.outreach import contact_queries as queries
from postloan.care.outreach import operations
from postloan.care.outreach.models import Consent, ContactHold
from postloan.ground.access.roles import DESK
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import ContactPoint, CustomerFlag
from postloan.ground.customers.queries import get_customers, get_masked_customer
from postloan.web.ui.access import for_roles, login_of

# What an agent takes down in a conversation; a consent given needs its text and proof, and has fields for them.
ACTS = (
    "opt_out", "opt_in", "consent_given", "consent_withdrawn", "medium_refused", "cease_request", "cease_withdrawn",
    "workplace_forbidden", "workplace_permitted", "preferred_channel", "wrong_number", "lost_contact", "contact_restored",
)  # fmt: skip
CHANNELS = ("voice", "sms", "email", "push", "wechat", "letter", "visit")
REFUSALS = (
    operations.EvidenceMissing, operations.ReasonMissing, operations.HoldNotSet, customers.FlagNotSet, IntegrityError,
)  # fmt: skip


@for_roles(DESK)
def contacts(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Everything that was said between us and this customer, and everything that binds the next contact."""
    found = get_customers(customer_ids=[customer_id])
    if not found:
        raise Http404
    context = {
        "customer": found[0],
        "masked": get_masked_customer(customer=found[0]),
        "contacts": queries.get_contacts_of_customer(customer_id=customer_id),
        "wishes": queries.get_wishes(customer_id=customer_id),
        "loans": list(find_loans(customer_id=customer_id)),
        "acts": ACTS,
        "channels": CHANNELS,
        "hold_kinds": [*ContactHold.Kind.values, *CustomerFlag.Kind.values],
        "point_states": ContactPoint.State.values,
    }
    return render(request, "desk/contacts.html", context)


@for_roles(DESK)
def take_wish(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Take down what the customer said they want; in force before the next send."""
    if request.method == "POST":
        act, channel = _one_of(request, "act", ACTS), _one_of(request, "channel", CHANNELS, may_be_empty=True)
        _try(request, lambda by, at: _record(request, customer_id, act, channel, by=by, at=at))
    return redirect("desk:contacts", customer_id)


@for_roles(DESK)
def change_hold(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Set or release a hold or a flag, with a reason."""
    if request.method == "POST":
        kind = _one_of(request, "kind", [*ContactHold.Kind.values, *CustomerFlag.Kind.values])
        does_release = request.POST.get("release") == "1"
        _try(request, lambda by, at: _hold(request, customer_id, kind, does_release, by=by, at=at))
    return redirect("desk:contacts", customer_id)


@for_roles(DESK)
def mark_point(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note that a number or address is verified, dead or somebody else's."""
    if request.method == "POST":
        state = _one_of(request, "state", ContactPoint.State.values)
        point = next(
            (
                each
                for each in queries.get_wishes(customer_id=customer_id).points
                if str(each.pk) == request.POST.get("point")
            ),
            None,
        )
        if point is None:
            raise Http404
        _try(
            request,
            lambda by, at: customers.mark_contact_point(
                contact_point_id=point.pk, state=state, reason="told at the desk", by=by, at=at
            ),
        )
    return redirect("desk:contacts", customer_id)


def _record(request: HttpRequest, customer_id: int, act: str, channel: str, *, by: str, at: datetime) -> Consent:
    return operations.record_consent(
        customer_id=customer_id,
        act=act,
        channel=channel,
        text_version=request.POST.get("text_version", "")[:60],
        evidence=request.POST.get("evidence", "")[:300],
        via="agent",
        by=by,
        at=at,
    )


def _hold(request: HttpRequest, customer_id: int, kind: str, does_release: bool, *, by: str, at: datetime) -> None:
    reason, loan = request.POST.get("reason", "")[:300], request.POST.get("loan", "")
    about: dict[str, Any] = {"customer_id": customer_id, "kind": kind, "reason": reason, "by": by, "at": at}
    if kind in CustomerFlag.Kind.values:
        (operations.release_person_flag if does_release else operations.set_person_flag)(**about)
        return
    about["loan_id"] = int(loan) if loan.isdecimal() and len(loan) < 18 else None
    if does_release:
        operations.release_hold(**about)
        return
    days = request.POST.get("days", "")
    until_at = at + timedelta(days=int(days)) if days.isdecimal() and 0 < len(days) < 4 else None
    operations.set_hold(**about, until_at=until_at)


def _one_of(request: HttpRequest, name: str, known: Any, *, may_be_empty: bool = False) -> str:
    given = request.POST.get(name, "")
    if given in known or (may_be_empty and not given):
        return given
    raise Http404


def _try(request: HttpRequest, act: Any) -> None:
    """Do it, and say that it is on record or what is missing."""
    try:
        with transaction.atomic():
            act(login_of(request=request).get_username(), timezone.now())
    except REFUSALS:
        messages.error(
            request, _("Not taken down: give a reason, the text and proof of a consent, the loan of a dispute.")
        )
    else:
        messages.success(request, _("Taken down, and in force for the next contact."))
