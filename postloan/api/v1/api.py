"""The JSON API, version 1: its parts, and what a refusal looks like (RFC 9457, problem details)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from postloan.api.v1.quotes import router as quotes
from postloan.kernel.quoting import QuoteRefused

api = NinjaAPI(
    title="Postloan",
    version="1",
    urls_namespace="api_v1",
    description="Money is whole minor units, rates are whole millionths as quoted, dates are ISO 8601.",
    docs_url="/docs",
)
api.add_router("/quotes", quotes)


def problem(request: HttpRequest, *, status: int, title: str, errors: list[dict[str, Any]]) -> HttpResponse:
    """Return a problem document that names each field at fault."""
    response = api.create_response(
        request, {"type": "about:blank", "title": title, "status": status, "errors": errors}, status=status
    )
    response["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(QuoteRefused)
def quote_refused(request: HttpRequest, refusal: QuoteRefused) -> HttpResponse:
    """Answer 422 with the field that makes no quote."""
    error = {"field": refusal.field, "message": refusal.message}
    return problem(request, status=422, title="These terms make no quote.", errors=[error])


@api.exception_handler(ValidationError)
def input_refused(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
    """Answer 422 with each field that is wrong, missing or unknown."""
    errors = [
        {"field": ".".join(str(part) for part in error["loc"][2:]), "message": error["msg"]} for error in refusal.errors
    ]
    return problem(request, status=422, title="The input is not as described.", errors=errors)
