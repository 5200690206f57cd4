"""The way in: attempts are counted before a password is looked at."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from postloan.ground.access import operations


def address_of(*, request: HttpRequest) -> str:
    """Return the caller's address; behind a proxy (POSTLOAN_HTTPS=1) the one that the proxy saw."""
    seen: str = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        seen = request.headers.get("X-Forwarded-For", seen).rpartition(",")[2].strip() or seen
    return seen


class GuardedForm(AuthenticationForm):
    """Name and password, as long as nobody guesses."""

    def clean(self) -> dict[str, Any]:
        """Look at the password unless the name or the address is locked."""
        name = str(self.cleaned_data.get("username", ""))
        assert self.request is not None, "the view hands the request on"
        try:
            operations.begin_login(name=name, address=address_of(request=self.request), at=timezone.now())
        except operations.LoginLocked as locked:
            raise ValidationError("locked", code="locked") from locked
        cleaned: dict[str, Any] = super().clean()
        operations.end_login(name=name)
        return cleaned


class GuardedLoginView(LoginView):
    """The page; it says when too many attempts were made, whether the name exists or not."""

    authentication_form = GuardedForm
    template_name = "ui/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add whether the form was refused unseen."""
        found = super().get_context_data(**context)
        found["is_locked"] = found["form"].has_error("__all__", code="locked")
        return found
