"""
What carries each channel: letters in, results out. Each carrier speaks for a port of `outside`.

Which routes serve a channel, in which order, is a setting (CHANNEL_ROUTES, ROUTES); the first whose circuit lets
something through is used.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.conf import settings

from postloan.care.outreach import channels
from postloan.care.outreach.addresses import Address
from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import MessageText
from postloan.outside.mail.port import OutgoingMail
from postloan.outside.results import ReceiptReport, SendResult


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message as it leaves: where to, what it says, and the values it was written from."""

    message: Message
    address: Address
    text: MessageText
    carrier_code: str
    values: Mapping[str, str]
    at: datetime


class Carrier(Protocol):
    """One way out."""

    def hand_over(self, *, letters: Sequence[Letter]) -> list[SendResult]:
        """Return one result for each letter, in their order."""
        ...

    def take_receipts(self) -> list[ReceiptReport]:
        """Return the receipts that have come in on the carrier's own connection since."""
        ...


class RouteUnknown(LookupError):
    """The settings name no such route."""


def routes_of(*, channel: str) -> tuple[str, ...]:
    """Return the codes of the routes of a channel, the preferred one first."""
    return tuple(settings.CHANNEL_ROUTES.get(channel, ()))


def per_second_of(*, code: str) -> float:
    """Return the rate limit of a route, 0 for none."""
    return float(settings.ROUTES[code].get("per_second", 0))


@cache
def carrier_of(*, code: str) -> Carrier:
    """Return the carrier of a route, made once a process. Raises RouteUnknown."""
    try:
        chosen: dict[str, Any] = settings.ROUTES[code]
    except KeyError:
        raise RouteUnknown(code) from None
    return _MAKERS[chosen["kind"]](chosen)


class MailCarrier:
    """Letters as mail; the Message-ID stays the same however often one is sent."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        del chosen  # mail has its own setting, MAIL_CHANNEL

    def hand_over(self, *, letters: Sequence[Letter]) -> list[SendResult]:
        """Hand the letters over; see Carrier."""
        return channels.mail_channel().send(messages=[self._as_mail(letter) for letter in letters])

    def take_receipts(self) -> list[ReceiptReport]:
        """Bounces come to a mailbox, not on this connection."""
        return []

    @staticmethod
    def _as_mail(letter: Letter) -> OutgoingMail:
        return OutgoingMail(
            message_id=mail_id(message=letter.message),
            sender=settings.DEFAULT_FROM_EMAIL,
            recipient=letter.address.value,
            subject=letter.text.subject,
            text=letter.text.body,
            sent_at=letter.at,
            headers={"Auto-Submitted": "auto-generated", "X-Postloan-Purpose": letter.message.purpose},
        )


def mail_id(*, message: Message) -> str:
    """Return the Message-ID of a message, without brackets."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >")
    return f"message-{message.pk}@{domain}"


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Carrier]] = {"mail": MailCarrier}
