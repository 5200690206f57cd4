"""How a token is written: `plt_<public id>_<secret>`. The prefix lets scanners of leaked secrets know it."""

import hashlib

PREFIX = "plt"


def spell(*, public_id: str, secret: str) -> str:
    """Return the text a caller sends."""
    return f"{PREFIX}_{public_id}_{secret}"


def take_apart(*, bearer: str) -> tuple[str, str] | None:
    """
    Return public id and secret of a token as sent, or None where it is not written like one.

    >>> take_apart(bearer="plt_0123456789ab_s-e_cret")
    ('0123456789ab', 's-e_cret')
    """
    prefix, _, rest = bearer.partition("_")
    public_id, _, secret = rest.partition("_")
    return (public_id, secret) if prefix == PREFIX and public_id and secret else None


def digest_of(*, secret: str) -> str:
    """Return the SHA-256 of a secret, as kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
