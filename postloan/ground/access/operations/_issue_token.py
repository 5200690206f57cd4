"""Give a login a key to the API."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from postloan.ground.access.models import ApiToken
from postloan.ground.access.queries import get_roles
from postloan.ground.access.scopes import Scope, scopes_of
from postloan.ground.access.tokens import digest_of, spell
from postloan.ground.audit import operations as audit

LONGEST_LIFE = timedelta(days=366)
CALLS_A_MINUTE = 600


class TokenRefused(ValueError):
    """The token cannot be issued; `field` names what is wrong."""

    def __init__(self, *, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class IssuedToken:
    """A token and, this once, the text to be sent as `Authorization: Bearer …`."""

    token: ApiToken
    bearer: str


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: Collection[Scope],
    life: timedelta,
    by: str,
    at: datetime,
    calls_a_minute: int = CALLS_A_MINUTE,
) -> IssuedToken:
    """
    Return a new token for `user`; its secret is shown here and never again.

    Refuses a token without a name or scope, a scope that no role of the login allows, a life of
    nothing or of more than 366 days.
    """
    _check(user=user, name=name, scopes=scopes, life=life)
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        public_id=secrets.token_hex(6),
        secret_sha256=digest_of(secret=secret),
        scopes=sorted(scope.value for scope in scopes),
        calls_a_minute=calls_a_minute,
        issued_at=at,
        issued_by=by,
        expires_at=at + life,
    )
    audit.record_act(
        by=by,
        action="issue_token",
        subject_kind="login",
        subject_id=user.pk,
        at=at,
        details={"token": token.public_id, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
    return IssuedToken(token=token, bearer=spell(public_id=token.public_id, secret=secret))


def _check(*, user: User, name: str, scopes: Collection[Scope], life: timedelta) -> None:
    if not name.strip():
        raise TokenRefused(field="name", message="A token needs a name that says what it is for.")
    if not scopes:
        raise TokenRefused(field="scopes", message="A token without a scope opens nothing.")
    beyond = sorted(frozenset(scopes) - scopes_of(roles=get_roles(user=user)))
    if beyond:
        raise TokenRefused(field="scopes", message=f"No role of this login allows {', '.join(beyond)}.")
    if not timedelta() < life <= LONGEST_LIFE:
        raise TokenRefused(field="expires", message=f"A token lives from one to {LONGEST_LIFE.days} days.")
