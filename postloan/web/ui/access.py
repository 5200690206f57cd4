"""Who may open a page: a decorator for views, and the roles of the person who asks."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from postloan.ground.access.queries import get_roles
from postloan.ground.access.roles import Role
from postloan.web.ui.policy import with_policy

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def roles_of(*, request: HttpRequest) -> frozenset[Role]:
    """Return the roles of the person who asks; read once a request."""
    held: frozenset[Role] | None = getattr(request, "held_roles", None)
    if held is None:
        held = get_roles(user=request.user)
        request.held_roles = held  # type: ignore[attr-defined]
    return held


def login_of(*, request: HttpRequest) -> User:
    """Return the login that asks; only for views that a stranger cannot reach."""
    assert isinstance(request.user, User), "this view is for people who are logged in"
    return request.user


def for_roles(roles: Collection[Role]) -> Callable[[View[P]], View[P]]:
    """Open the view to people with one of these roles: strangers are sent to log in, others are refused (403)."""

    def decorate(view: View[P]) -> View[P]:
        view = with_policy(view)

        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _send_to_login(request)
            if roles_of(request=request).isdisjoint(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.open_to = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def _send_to_login(request: HttpRequest) -> HttpResponse:
    """After the login a reader comes back to the page; what was sent by POST has to be sent again from its form."""
    back_to = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    answer = redirect_to_login(back_to)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer


def never_stored(response: HttpResponse) -> HttpResponse:
    """Mark a page that shows personal data in the clear: neither the browser nor anything between keeps it."""
    response.headers["Cache-Control"] = "no-store"
    return response
