"""What surrounds every answer of the API: a number for the call, what is left of the minute, JSON even where nothing fits."""

import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from postloan.api.v1.problems import problem

ID_AS_SENT = re.compile(r"[A-Za-z0-9._-]{8,64}")


def answers_of_the_api(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give answers under /api/ their headers; a page that says "not found" becomes a problem document."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith("/api/"):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST and "json" not in response.get("Content-Type", ""):
            title = HTTPStatus(response.status_code).phrase
            response = problem(status=response.status_code, title=f"{title}.", kind="/problems/no-such-address")
        asked_id = request.headers.get("X-Request-Id", "")
        response["X-Request-Id"] = asked_id if ID_AS_SENT.fullmatch(asked_id) else uuid4().hex
        caller = getattr(request, "api_caller", None)
        if caller is not None:
            response["X-RateLimit-Limit"] = str(caller.token.calls_a_minute)
            response["X-RateLimit-Remaining"] = str(caller.calls_left)
            response["Cache-Control"] = "no-store"
        return response

    return answered
