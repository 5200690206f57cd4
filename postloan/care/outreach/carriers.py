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
from django.utils.module_loading import import_string

from postloan.care.outreach import channels
from postloan.care.outreach.addresses import Address
from postloan.care.outreach.models import Message
from postloan.care.outreach.opting_out import opt_out_url
from postloan.care.outreach.texts import MessageText
from postloan.outside.mail.bounces import take_bounces
from postloan.outside.mail.port import OutgoingMail
from postloan.outside.push.port import OutgoingPush, PushChannel
from postloan.outside.results import SendResult
from postloan.outside.sms.port import Keep, OutgoingSms, SmsChannel
from postloan.outside.wechat.port import OutgoingWechat, WechatChannel

SMS_VALID_MINUTES = 12 * 60  # a phone that is off does not learn tomorrow what was due today


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

    def take_incoming(self, *, keep: Keep) -> int:
        """Hand what has come in by this way to `keep`, confirm it after, and return how much it was."""
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

    def take_incoming(self, *, keep: Keep) -> int:
        """Take bounces from the mailbox they come to (settings.BOUNCES_DIR)."""
        return take_bounces(directory=settings.BOUNCES_DIR, keep=keep)

    @staticmethod
    def _as_mail(letter: Letter) -> OutgoingMail:
        return OutgoingMail(
            message_id=mail_id(message=letter.message),
            sender=settings.DEFAULT_FROM_EMAIL,
            recipient=letter.address.value,
            subject=letter.text.subject,
            text=letter.text.body,
            sent_at=letter.at,
            headers={
                "Auto-Submitted": "auto-generated",
                "X-Postloan-Purpose": letter.message.purpose,
                "List-Unsubscribe": f"<{_stop_url(letter)}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
            },
        )


def _stop_url(letter: Letter) -> str:
    message = letter.message
    return opt_out_url(
        customer_id=message.customer_id, channel=message.channel, contact_point_id=letter.address.contact_point_id
    )


def mail_id(*, message: Message) -> str:
    """Return the Message-ID of a message, without brackets."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >")
    return f"message-{message.pk}@{domain}"


class SmsCarrier:
    """Letters as texts to phones."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self.channel: SmsChannel = import_string(chosen["class"])(**chosen["options"])

    def hand_over(self, *, letters: Sequence[Letter]) -> list[SendResult]:
        """Hand the letters over; see Carrier."""
        return self.channel.send(
            messages=[
                OutgoingSms(
                    message_id=f"message-{letter.message.pk}",
                    recipient=letter.address.value,
                    text=settings.SMS_SIGNATURE + letter.text.body,
                    template_code=letter.carrier_code,
                    values=letter.values,
                    valid_minutes=SMS_VALID_MINUTES,
                )
                for letter in letters
            ]
        )

    def take_incoming(self, *, keep: Keep) -> int:
        """Take receipts and texts; see Carrier."""
        return self.channel.take_incoming(keep=keep)


class PushCarrier:
    """Letters as notifications of the portal, installed as an app."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self.channel: PushChannel = import_string(chosen["class"])(**chosen["options"])

    def hand_over(self, *, letters: Sequence[Letter]) -> list[SendResult]:
        """Hand the letters over; see Carrier."""
        return self.channel.send(
            messages=[
                OutgoingPush(
                    message_id=f"message-{letter.message.pk}",
                    subscription=letter.address.value,
                    title=letter.text.subject,
                    body=letter.text.body,
                    url=f"/portal/pushed/{letter.message.pk}",
                    topic=f"message-{letter.message.pk}",  # handed over twice, it is shown once
                )
                for letter in letters
            ]
        )

    def take_incoming(self, *, keep: Keep) -> int:
        """Nothing comes in here: the device tells the portal that it was opened."""
        return 0


class WechatCarrier:
    """Letters as template messages: each line of the text is `keyword=value`."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self.channel: WechatChannel = import_string(chosen["class"])(**chosen["options"])

    def hand_over(self, *, letters: Sequence[Letter]) -> list[SendResult]:
        """Hand the letters over; see Carrier."""
        return self.channel.send(
            messages=[
                OutgoingWechat(
                    message_id=f"message-{letter.message.pk}",
                    openid=letter.address.value,
                    template_id=letter.carrier_code,
                    values=dict(line.split("=", 1) for line in letter.text.body.splitlines() if "=" in line),
                    url=f"{settings.SITE_URL}/portal/",
                )
                for letter in letters
            ]
        )

    def take_incoming(self, *, keep: Keep) -> int:
        """WeChat calls us; see `operations.take_wechat_call`."""
        return 0


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Carrier]] = {
    "mail": MailCarrier,
    "sms": SmsCarrier,
    "push": PushCarrier,
    "wechat": WechatCarrier,
}
