"""The page behind an opt-out link: no login, one button, in force at once. It shows nobody's name or address."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from postloan.care.outreach import operations
from postloan.care.outreach.opting_out import LinkInvalid, read_link
from postloan.web.ui.policy import with_policy


@csrf_exempt  # mail programs opt out by a POST of their own (RFC 8058); the signed link is what authorises it
@with_policy
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to stop, and stop when told so by POST. A link fetched by a scanner changes nothing."""
    try:
        link = read_link(token=token)
        if request.method == "POST":
            operations.opt_out_by_link(token=token, at=timezone.now())
    except LinkInvalid as error:
        raise Http404 from error
    facts: dict[str, Any] = {"channel": link.channel, "is_done": request.method == "POST", "token": token}
    return render(request, "portal/stop.html", facts)
