"""Count an attempt to log in before the password is looked at, so that guessing stays slow however many guess at once."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from postloan.ground.access.models import LoginGuard

WINDOW = timedelta(minutes=15)
ATTEMPTS_OF_A_NAME = 5
ATTEMPTS_OF_AN_ADDRESS = 50
COUNT = """
INSERT INTO access_loginguard AS guard (key_hash, attempts, counted_from_at) VALUES (%(key)s, 1, %(at)s)
ON CONFLICT (key_hash) DO UPDATE SET
    attempts = CASE WHEN guard.counted_from_at <= %(over)s THEN 1 ELSE guard.attempts + 1 END,
    counted_from_at = CASE WHEN guard.counted_from_at <= %(over)s THEN %(at)s ELSE guard.counted_from_at END,
    locked_until_at = CASE
        WHEN guard.locked_until_at > %(at)s THEN guard.locked_until_at
        WHEN guard.counted_from_at > %(over)s AND guard.attempts >= %(most)s THEN %(until)s::timestamptz
    END
RETURNING locked_until_at
"""


class LoginLocked(PermissionError):
    """Too many attempts by this name or from this address; nothing is looked at until `until_at`."""

    def __init__(self, *, until_at: datetime) -> None:
        super().__init__("locked")
        self.until_at = until_at


def begin_login(*, name: str, address: str, at: datetime) -> None:
    """
    Count an attempt. Refuses (LoginLocked) the sixth by one name, and the 51st from one address, within 15 minutes.

    A lock lasts 15 minutes. Names nobody has are counted the same, so the answer tells nothing.
    """
    keys = {_hash(name=name): ATTEMPTS_OF_A_NAME, _hash(address=address): ATTEMPTS_OF_AN_ADDRESS}
    locks = []
    with connection.cursor() as cursor:
        for key, most in sorted(keys.items()):
            cursor.execute(COUNT, {"key": key, "at": at, "over": at - WINDOW, "until": at + WINDOW, "most": most})
            locks += [until_at for (until_at,) in cursor.fetchall() if until_at is not None]
    if locks:
        raise LoginLocked(until_at=max(locks))


def end_login(*, name: str) -> None:
    """Forget the attempts of a name whose password was right. Those of the address stay: it may guess other names."""
    LoginGuard.objects.filter(pk=_hash(name=name)).delete()


def forget_old_attempts(*, at: datetime) -> int:
    """Remove counts that hold nobody back any more; returns how many."""
    old = LoginGuard.objects.filter(counted_from_at__lte=at - WINDOW).exclude(locked_until_at__gt=at)
    return old.delete()[0]


def _hash(*, name: str = "", address: str = "") -> str:
    told = f"name:{name.strip().casefold()}" if name else f"address:{address}"
    return salted_hmac("postloan.login_guard", told, algorithm="sha256").hexdigest()
