"""Take a call that shows a token: find whose it is, and count it."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from postloan.ground.access.models import ApiMinute, ApiToken
from postloan.ground.access.queries import get_roles
from postloan.ground.access.scopes import Scope, scopes_of
from postloan.ground.access.tokens import digest_of, take_apart

COUNT = """
INSERT INTO access_apiminute (token_id, minute_at, calls) VALUES (%s, %s, 1)
ON CONFLICT (token_id, minute_at) DO UPDATE SET calls = access_apiminute.calls + 1
RETURNING calls
"""
SEEN_EVERY = timedelta(minutes=1)


class TokenUnknown(PermissionError):
    """No such token, or it has expired, was revoked or belongs to a login that is switched off."""


class TooManyCalls(RuntimeError):
    """The token has used up its calls of this minute; `wait_seconds` until the next."""

    def __init__(self, *, limit: int, wait_seconds: int) -> None:
        super().__init__(f"{limit} calls a minute are allowed")
        self.limit = limit
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Caller:
    """Who calls, what they may do, and how many calls of this minute are left."""

    user: User
    token: ApiToken
    scopes: frozenset[Scope]
    calls_left: int


@transaction.atomic
def use_token(*, bearer: str, at: datetime) -> Caller:
    """Return whose token this is, and count the call. Refuses `TokenUnknown` and `TooManyCalls`."""
    token = _find(bearer=bearer, at=at)
    minute_at = at.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [token.pk, minute_at])
        calls = cursor.fetchone()[0]
    if token.last_used_at is None or at - token.last_used_at >= SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
        ApiMinute.objects.filter(token=token, minute_at__lt=minute_at).delete()
    if calls > token.calls_a_minute:
        raise TooManyCalls(limit=token.calls_a_minute, wait_seconds=60 - at.second)
    allowed = scopes_of(roles=get_roles(user=token.user))
    return Caller(
        user=token.user,
        token=token,
        scopes=frozenset(Scope(each) for each in token.scopes if each in set(Scope)) & allowed,
        calls_left=token.calls_a_minute - calls,
    )


def _find(*, bearer: str, at: datetime) -> ApiToken:
    public_id, secret = take_apart(bearer=bearer) or ("", "")
    token = ApiToken.objects.select_related("user").filter(public_id=public_id).first()
    if token is None or not hmac.compare_digest(token.secret_sha256, digest_of(secret=secret)):
        raise TokenUnknown
    if token.revoked_at is not None or at >= token.expires_at or not token.user.is_active:
        raise TokenUnknown
    return token
