"""Tokens of the API: a person's own, and for engineers everybody's."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from postloan.ground.access import operations, queries
from postloan.ground.access.roles import OFFICE, Role
from postloan.ground.access.scopes import Scope, scopes_of
from postloan.web.ui.access import for_roles, login_of, never_stored, roles_of

LIVES = (1, 7, 30, 90, 366)


@for_roles(OFFICE)
def tokens(request: HttpRequest) -> HttpResponseBase:
    """The tokens there are, and the form for a new one, whose secret is shown once."""
    if request.method != "POST":
        return render(request, "office/tokens.html", _facts(request))
    wanted = [scope for scope in Scope if scope.value in request.POST.getlist("scopes")]
    days = request.POST.get("days", "")
    try:
        issued = operations.issue_token(
            user=login_of(request=request),
            name=request.POST.get("name", "").replace("\0", "")[:80],
            scopes=wanted,
            life=timedelta(days=int(days) if days.isdecimal() and len(days) < 6 else 0),
            by=login_of(request=request).get_username(),
            at=timezone.now(),
        )
    except operations.TokenRefused as refusal:
        return render(request, "office/tokens.html", _facts(request) | {"refused": refusal.field}, status=422)
    return never_stored(render(request, "office/tokens.html", _facts(request) | {"issued": issued}))


@for_roles(OFFICE)
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Take a token back: one's own, or as an engineer anybody's."""
    if request.method == "POST":
        token = get_object_or_404(_tokens_of(request), pk=token_id)
        operations.revoke_token(token_id=token.pk, by=login_of(request=request).get_username(), at=timezone.now())
        messages.success(request, _("Revoked. It opens nothing from now on."))
    return redirect("office:tokens")


def _tokens_of(request: HttpRequest) -> Any:
    sees_all = Role.ENGINEER in roles_of(request=request)
    return queries.find_tokens(user=None if sees_all else login_of(request=request))


def _facts(request: HttpRequest) -> dict[str, Any]:
    allowed = scopes_of(roles=roles_of(request=request))
    return {
        "tokens": list(_tokens_of(request)[:200]),
        "scopes": [scope for scope in Scope if scope in allowed],
        "chosen": request.POST.getlist("scopes"),
        "name": request.POST.get("name", ""),
        "lives": LIVES,
        "now": timezone.now(),
    }
