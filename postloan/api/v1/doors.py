"""
What every endpoint shares: who calls and what they may do, calls that may come twice, pages of a list.

    @router.get("/{loan_id}", response=LoanOut, auth=needs(Scope.LOANS_READ))
    @router.post("", response=ReceiptOut, auth=needs(Scope.RECEIPTS_POST))
    @once
    def post_receipt(request: HttpRequest, body: ReceiptIn) -> ReceiptOut: …
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Field, Schema
from ninja.security import HttpBearer

from postloan.ground.access import operations as access
from postloan.ground.access.scopes import Scope

P = ParamSpec("P")
Out = TypeVar("Out", bound=Schema)
Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 100
MOST_ITEMS = 500


class ScopeMissing(PermissionError):
    """The token is good but does not carry this scope, or its login's roles do not."""

    def __init__(self, *, scope: Scope) -> None:
        super().__init__(scope)
        self.scope = scope


class KeyTooLong(ValueError):
    """The idempotency key has more than 100 characters."""


class Bearer(HttpBearer):
    """`Authorization: Bearer plt_…`, with the scope the endpoint needs."""

    openapi_description = "A token of a staff login, made on the page 'API tokens'."

    def __init__(self, *, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> access.Caller | None:
        """Return the caller; count the call whatever becomes of it."""
        try:
            caller = access.use_token(bearer=token, at=timezone.now())
        except access.TokenUnknown:
            return None
        request.user = caller.user
        request.api_caller = caller  # type: ignore[attr-defined]
        if self.scope not in caller.scopes:
            raise ScopeMissing(scope=self.scope)
        return caller


def needs(scope: Scope) -> Bearer:
    """Return the guard of an endpoint that needs `scope`."""
    return Bearer(scope=scope)


def caller_of(*, request: HttpRequest) -> access.Caller:
    """Return who calls; only for endpoints behind `needs`."""
    caller: access.Caller = request.api_caller  # type: ignore[attr-defined]
    return caller


def by_of(*, request: HttpRequest) -> str:
    """Return the name under which the call's acts are recorded: the login, and by which token."""
    caller = caller_of(request=request)
    return f"{caller.user.get_username()} via {caller.token.public_id}"


def once(view: Callable[Concatenate[HttpRequest, P], Out]) -> Callable[Concatenate[HttpRequest, P], Out | HttpResponse]:
    """
    Let a call carry `Idempotency-Key`: a repeat is answered with the first answer and does nothing.

    The answer is kept in the transaction of the act, so there is never the one without the other.
    What was refused is not kept: the same key may try again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Out | HttpResponse:
        key = request.headers.get(KEY_HEADER, "")
        if not key:
            return view(request, *args, **kwargs)
        if len(key) > LONGEST_KEY:
            raise KeyTooLong
        with transaction.atomic():
            kept, is_new = access.claim_answer(
                user=caller_of(request=request).user, key=key, request_sha256=_digest(request), at=timezone.now()
            )
            if not is_new:
                return JsonResponse(kept.body, status=kept.status, headers={"Idempotency-Replayed": "true"})
            answer = view(request, *args, **kwargs)
            kept.status, kept.body = 200, answer.model_dump(mode="json")
            kept.save(update_fields=["status", "body"])
        return answer

    guarded.takes_idempotency_key = True  # type: ignore[attr-defined]
    return guarded


def _digest(request: HttpRequest) -> str:
    told = b"\0".join((str(request.method).encode(), request.get_full_path().encode(), request.body))
    return hashlib.sha256(told).hexdigest()


class PageOut(Schema, Generic[Item]):
    """One page of a list. `next_after` is the `after` of the next page; none on the last."""

    items: list[Item]
    next_after: int | None


class PageIn(Schema):
    """Which page of a list: what comes after the row with this id, newest first."""

    after: int | None = Field(None, ge=1, description="Continue after this id: the `next_after` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_ITEMS)


def page_of(rows: "QuerySet[Row]", *, asked: PageIn, spell: Callable[[Row], Any]) -> dict[str, Any]:
    """Return a page of rows ordered by falling id, found by key and not by counting."""
    if asked.after is not None:
        rows = rows.filter(pk__lt=asked.after)
    found = list(rows.order_by("-pk")[: asked.limit + 1])
    shown = found[: asked.limit]
    return {
        "items": [spell(row) for row in shown],
        "next_after": shown[-1].pk if len(found) > asked.limit else None,
    }
