"""
What every SMS channel does: take texts, say of each what became of it, and hand on what comes back.

See `outside/results.py` for what an answer means. SMS has no number of ours that a phone would know again: a text
handed over twice may be read twice, so `in_doubt` is said wherever an answer failed to come.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from postloan.outside.results import ReceiptReport, SendResult


class TextMalformed(ValueError):
    """There is no number, or no text, that could be sent at all; a mistake of the caller."""


@dataclass(frozen=True, kw_only=True)
class OutgoingSms:
    """
    One text to one phone. `message_id` is the caller's and stays the same when it is sent again.

    `recipient` is E.164 with its plus. Carriers that send registered texts get `template_code` and `values`.
    """

    message_id: str
    recipient: str
    text: str
    template_code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    valid_minutes: int = 0  # how long the carrier may try; 0: as it likes


@dataclass(frozen=True, kw_only=True)
class IncomingSms:
    """A text somebody sent to us; `carrier_id` makes a second copy known."""

    carrier_id: str
    sender: str
    recipient: str
    text: str
    received_at: datetime | None = None


Incoming = ReceiptReport | IncomingSms
Keep = Callable[[Sequence[Incoming]], None]


class SmsChannel(Protocol):
    """A way for texts to leave."""

    def send(self, *, messages: Sequence[OutgoingSms]) -> list[SendResult]:
        """Hand `messages` over and return one result each, in the same order. Raises TextMalformed only."""
        ...

    def take_incoming(self, *, keep: Keep) -> int:
        """Hand what has come in to `keep`, and confirm it to the carrier only after; returns how much it was."""
        ...


def check_text(*, message: OutgoingSms) -> None:
    """Raise TextMalformed for what no carrier could send."""
    number = message.recipient
    if not (number.startswith("+") and number[1:].isdigit() and 6 <= len(number) <= 16):
        raise TextMalformed(f"message {message.message_id}: not a phone number")
    if not message.text.strip():
        raise TextMalformed(f"message {message.message_id}: no text")
