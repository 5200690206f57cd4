"""What a refusal looks like: RFC 9457 problem details, for every kind of refusal an endpoint can meet."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from postloan.api.v1.doors import KEY_HEADER, KeyTooLong, ScopeMissing
from postloan.ground.access.operations import KeyUsedForAnotherCall, TooManyCalls


class FieldError(Schema):
    field: str
    message: str


class Problem(Schema):
    """A refusal. `type` names it for programs, `title` for people; `errors` names each field at fault."""

    type: str
    title: str
    status: int
    errors: list[FieldError]


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
