"""
What every mail channel does: take messages, and say of each one what became of it.

A channel never raises for a message that could not be handed over. It answers
with a *soft* failure where the same message may succeed later (a full mailbox,
a busy or absent server, a connection that broke) and with a *hard* one where
it never will (no such address). Handing over is at least once: when a
connection breaks between the last byte and the answer, nobody can know, so the
failure is soft and the caller's own Message-ID lets the receiver drop a second
copy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Protocol

from postloan.outside.results import Failure, SendResult

__all__ = ["Failure", "MailChannel", "MessageMalformed", "OutgoingMail", "SendResult", "as_mime", "parse_address"]

_WIRE = compat32.clone(linesep="\r\n")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ONE_WORD = re.compile(r"[^\s<>]+")


class MessageMalformed(ValueError):
    """The message cannot be written as mail at all; a mistake of the caller, not of the addressee."""


@dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """One message to one person. `message_id` is the caller's and stays the same when the message is sent again."""

    message_id: str  # without angle brackets: reminder-81@lender.example
    sender: str  # "Name <address>" or an address
    recipient: str
    subject: str
    text: str
    html: str | None = None
    sent_at: datetime
    headers: dict[str, str] = field(default_factory=dict)  # List-Unsubscribe, Auto-Submitted …


class MailChannel(Protocol):
    """A way for mail to leave."""

    def send(self, *, messages: Sequence[OutgoingMail]) -> list[SendResult]:
        """Hand `messages` over and return one result each, in the same order. Raises MessageMalformed only."""
        ...


def as_mime(*, message: OutgoingMail) -> bytes:
    """
    Return `message` as MIME, with the caller's Message-ID, lines ended by CRLF.

    Written with the older half of Python's e-mail package, which takes a
    quarter of the time of `EmailMessage`; what that would check is checked here.
    Raises MessageMalformed for a line break in a header, something that is no
    address, or a Message-ID with spaces or brackets.
    """
    if "@" not in message.message_id or not _ONE_WORD.fullmatch(message.message_id):
        raise MessageMalformed(f"not a Message-ID: {message.message_id!r}")
    email: MIMEText | MIMEMultipart = MIMEText(message.text, "plain", "utf-8")
    if message.html is not None:
        email = MIMEMultipart("alternative", None, [email, MIMEText(message.html, "html", "utf-8")])
    headers = {
        "Message-ID": f"<{message.message_id}>",
        "Date": format_datetime(message.sent_at),
        "From": formataddr(parse_address(text=message.sender), "utf-8"),
        "To": formataddr(parse_address(text=message.recipient), "utf-8"),
        "Subject": message.subject,
    }
    for name, value in (headers | message.headers).items():
        if _CONTROL.search(value):
            raise MessageMalformed(f"message {message.message_id}: a line break or control character in {name}")
        email[name] = value if value.isascii() else Header(value, "utf-8", header_name=name).encode()
    return email.as_bytes(policy=_WIRE)


def parse_address(*, text: str) -> tuple[str, str]:
    """Return name and bare address of `"Name <address>"`. Raises MessageMalformed where it is no ASCII address."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isascii() or not _ONE_WORD.fullmatch(address) or _CONTROL.search(text):
        raise MessageMalformed("not a mail address")
    return name, address
