"""What a refusal looks like: RFC 9457 problem details, for every kind of refusal an endpoint can meet."""

import logging
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from postloan.api.v1.doors import KEY_HEADER, KeyTooLong, ScopeMissing
from postloan.ground.access.operations import KeyUsedForAnotherCall, TooManyCalls

log = logging.getLogger(__name__)


class FieldError(Schema):
    field: str
    message: str


class Problem(Schema):
    """A refusal. `type` names it for programs, `title` for people; `errors` names each field at fault."""

    type: str
    title: str
    status: int
    errors: list[FieldError]


class PlainText(Parser):
    """Refuses the character NUL, which no text column takes, before anything else sees it."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body, read as JSON."""
        if b"\\u0000" in request.body:
            raise HttpError(422, "The character NUL is no text.")
        return super().parse_body(request)

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        """Return the query."""
        if any("\0" in value for values in data.lists() for value in values[1]):
            raise HttpError(422, "The character NUL is no text.")
        return super().parse_querydict(data, list_fields, request)


def problem(
    *, status: int, title: str, kind: str = "about:blank", errors: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """Return a problem document that names each field at fault."""
    told = Problem(type=kind, title=title, status=status, errors=[FieldError(**each) for each in errors or []])
    return HttpResponse(told.model_dump_json(), status=status, content_type="application/problem+json")


def refuse_kindly(*, api: NinjaAPI, refusals: Mapping[type[Exception], int]) -> None:
    """
    Answer each of these refusals with its status and a problem named for it.

    A refusal with `field` names that field. `LoanClosed` becomes `/problems/loan-closed`.
    """
    for kind, status in refusals.items():
        api.add_exception_handler(kind, partial(_refused, status=status))


def _refused(request: HttpRequest, refusal: Exception, *, status: int) -> HttpResponse:
    message = getattr(refusal, "message", "") or str(refusal) or _title(refusal)
    field = getattr(refusal, "field", None)
    errors = [] if field is None else [{"field": field, "message": message}]
    return problem(status=status, title=message, kind=f"/problems/{_slug(refusal)}", errors=errors)


def add_problem_handlers(*, api: NinjaAPI) -> None:
    """Register what any endpoint may meet: no token, no scope, too many calls, bad input, nothing there."""

    @api.exception_handler(AuthenticationError)
    def token_wanted(request: HttpRequest, refusal: AuthenticationError) -> HttpResponse:
        response = problem(
            status=401, title="Send a valid token: Authorization: Bearer plt_…", kind="/problems/no-token"
        )
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(ScopeMissing)
    def scope_wanted(request: HttpRequest, refusal: ScopeMissing) -> HttpResponse:
        return problem(status=403, title=f"The token lacks the scope {refusal.scope}.", kind="/problems/scope-missing")

    @api.exception_handler(TooManyCalls)
    def slow_down(request: HttpRequest, refusal: TooManyCalls) -> HttpResponse:
        response = problem(status=429, title=f"{refusal}.", kind="/problems/too-many-calls")
        response["Retry-After"] = str(refusal.wait_seconds)
        return response

    @api.exception_handler(KeyUsedForAnotherCall)
    def key_used(request: HttpRequest, refusal: KeyUsedForAnotherCall) -> HttpResponse:
        return problem(
            status=409,
            title="This idempotency key was used for another call.",
            kind="/problems/key-used-for-another-call",
        )

    @api.exception_handler(KeyTooLong)
    def key_too_long(request: HttpRequest, refusal: KeyTooLong) -> HttpResponse:
        return problem(status=400, title=f"{KEY_HEADER} is at most 100 characters.", kind="/problems/key-too-long")

    @api.exception_handler(ValidationError)
    def input_refused(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
        return problem(
            status=422,
            title="The input is not as described.",
            kind="/problems/input-refused",
            errors=[{"field": _field(error["loc"]), "message": error["msg"]} for error in refusal.errors],
        )

    @api.exception_handler(Http404)
    def nothing_there(request: HttpRequest, refusal: Http404) -> HttpResponse:
        return problem(status=404, title="There is no such thing.", kind="/problems/not-found")

    @api.exception_handler(ObjectDoesNotExist)
    def no_such_row(request: HttpRequest, refusal: ObjectDoesNotExist) -> HttpResponse:
        return problem(status=404, title="There is no such thing.", kind="/problems/not-found")

    @api.exception_handler(Exception)
    def our_fault(request: HttpRequest, refusal: Exception) -> HttpResponse:
        route = request.resolver_match and request.resolver_match.route
        log.error("call failed: %s %s", request.method, route, exc_info=refusal)
        return problem(
            status=500, title="Something went wrong on our side; it is on record.", kind="/problems/our-fault"
        )

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, refusal: HttpError) -> HttpResponse:
        return problem(status=refusal.status_code, title=str(refusal))


def _field(place: tuple[Any, ...]) -> str:
    """`("body", "terms", "instalments")` is the field `instalments`; `("query", "limit")` is `limit`."""
    inside = place[2:] if place[0] == "body" else place[1:]
    return ".".join(str(part) for part in inside)


def _slug(refusal: Exception) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(refusal).__name__).lower()


def _title(refusal: Exception) -> str:
    return _slug(refusal).replace("-", " ").capitalize() + "."
