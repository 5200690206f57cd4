"""
Webhooks: carriers bring receipts, WeChat brings what followers do. No token of ours: each call is signed by its carrier.

A call that is unsigned, stale or unreadable is refused and changes nothing; the same call twice brings nothing new.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from postloan.care.outreach import operations
from postloan.outside.sms.gateway_receipts import ReceiptUnreadable, SignatureWrong
from postloan.outside.wechat.inbound import CallRefused, EnvelopeUnreadable, check_address

BODY_BYTES_MAX = 200_000
BY = "webhook"
log = logging.getLogger(__name__)


@csrf_exempt
def receipts(request: HttpRequest, route: str) -> HttpResponse:
    """Take receipts of delivery that an HTTP gateway brings."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])

    def take() -> HttpResponse:
        _, answer = operations.take_gateway_call(
            route=route,
            url=request.build_absolute_uri(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=_body(request),
            at=timezone.now(),
            by=BY,
        )
        return HttpResponse(answer, content_type="application/json" if answer.startswith("{") else "text/plain")

    return _answered(take)


@csrf_exempt
def wechat(request: HttpRequest) -> HttpResponse:
    """Confirm the address (GET) and take what followers and template messages report (POST)."""

    def take() -> HttpResponse:
        query = {name: str(value) for name, value in request.GET.items()}
        if request.method == "GET":
            account = operations.wechat_account()
            return HttpResponse(
                check_address(account=account, query=query, at=timezone.now()), content_type="text/plain"
            )
        operations.take_wechat_call(query=query, body=_body(request), at=timezone.now(), by=BY)
        return HttpResponse("success", content_type="text/plain")

    return _answered(take)


class BodyTooLarge(ValueError):
    """No receipt is that long."""


def _body(request: HttpRequest) -> bytes:
    if int(request.headers.get("Content-Length") or 0) > BODY_BYTES_MAX:
        raise BodyTooLarge
    return request.body


def _answered(take: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return take()
    except operations.RouteHasNoReceipts:
        return HttpResponse(status=404)
    except (SignatureWrong, CallRefused) as refused:
        log.warning("a receipt was refused: %s", refused)
        return HttpResponse(status=403)
    except (ReceiptUnreadable, EnvelopeUnreadable):
        return HttpResponse(status=422)
    except BodyTooLarge:
        return HttpResponse(status=413)
