"""Notifications of the portal on the borrower's own device: asked for, stopped, opened."""

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from postloan.care.outreach import operations as outreach
from postloan.ground.access.queries import get_customer_id
from postloan.ground.access.roles import Role
from postloan.web.ui.access import for_roles, login_of

BORROWER = frozenset({Role.BORROWER})
SUBSCRIPTION_BYTES_MAX = 4_000


def worker(request: HttpRequest) -> HttpResponse:
    """The worker that shows notifications; it lies under /portal/ so that it may serve all of the portal."""
    file = finders.find("portal/worker.js") or str(settings.STATIC_ROOT / "portal" / "worker.js")
    with open(file, encoding="utf-8") as script:  # noqa: PTH123
        answer = HttpResponse(script.read(), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@for_roles(BORROWER)
def start(request: HttpRequest) -> HttpResponse:
    """Keep the subscription of this device."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    text = request.body[: SUBSCRIPTION_BYTES_MAX + 1].decode("utf-8", "replace")
    try:
        outreach.subscribe(
            customer_id=_own(request),
            channel="push",
            value=text,
            at=timezone.now(),
            by=login_of(request=request).get_username(),
        )
    except outreach.SubscriptionMalformed:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


@for_roles(BORROWER)
def stop(request: HttpRequest) -> HttpResponse:
    """Let the borrower's devices go."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    outreach.unsubscribe(
        customer_id=_own(request), channel="push", at=timezone.now(), by=login_of(request=request).get_username()
    )
    return HttpResponse(status=204)


@for_roles(BORROWER)
def opened(request: HttpRequest, message_id: int) -> HttpResponse:
    """A notification was opened: note it, and show the loans."""
    outreach.mark_read(message_id=message_id, customer_id=_own(request), at=timezone.now())
    return redirect("portal:home")


def _own(request: HttpRequest) -> int:
    customer_id = get_customer_id(user=login_of(request=request))
    if customer_id is None:
        raise Http404("this login belongs to no customer")
    return customer_id
