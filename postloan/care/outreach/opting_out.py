"""Opting out by a word or by a link: what the words are, and a link that needs no login and tells nobody who it is."""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing

SALT = "postloan.opt-out"
STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "opt out", "td", "t", "退订", "停止", "拒收"}
)
START_WORDS = frozenset({"start", "unstop", "subscribe", "恢复", "订阅"})


class LinkInvalid(ValueError):
    """The link was not made by this house, or was changed on its way."""


@dataclass(frozen=True)
class OptOutLink:
    """What a link opts out of: one channel of one person, or one address on it."""

    customer_id: int
    channel: str
    contact_point_id: int | None


def read_word(*, text: str) -> str | None:
    """
    Return opt_out or opt_in where a message is one of the words for it and nothing else; None otherwise.

    >>> read_word(text=" STOP. "), read_word(text="退订"), read_word(text="please do not stop")
    ('opt_out', 'opt_out', None)
    """
    plain = " ".join(text.strip(" .!。！\t\r\n").lower().split())
    if plain in STOP_WORDS:
        return "opt_out"
    return "opt_in" if plain in START_WORDS else None


def opt_out_url(*, customer_id: int, channel: str, contact_point_id: int | None = None) -> str:
    """Return the address of the page on which this channel or address is refused; it does not expire."""
    token = signing.dumps([customer_id, channel, contact_point_id], salt=SALT)
    return f"{settings.SITE_URL}/stop/{token}"


def read_link(*, token: str) -> OptOutLink:
    """Return what a link is for. Refuses what we did not sign (LinkInvalid)."""
    try:
        customer_id, channel, contact_point_id = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise LinkInvalid("this link is not one of ours") from error
    return OptOutLink(customer_id=customer_id, channel=channel, contact_point_id=contact_point_id)
