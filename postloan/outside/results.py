"""
What every channel answers, whatever it carries: what became of a message handed over, and what came back later.

A channel never raises for a message that could not be handed over. A *soft* failure may succeed later, a *hard* one
never will. Handing over is at least once: where a connection breaks between the last byte and the answer nobody can
know; then the failure is soft and `in_doubt`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Failure(StrEnum):
    """Why a message was not taken, as far as the sender has to know."""

    SOFT = "soft"  # try again later
    HARD = "hard"  # do not try again


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """
    What became of one message. `code` and `reply` are the peer's own words (0 where nobody answered).

    `carrier_ids` are the peer's numbers of the message, one for each part: receipts name them. `is_reached` is False
    where no peer was there at all; `is_throttled` where it asked us to slow down: neither is the message's fault.
    `is_gone` says that the address is no more. `in_doubt`: it may have left, and will leave again.
    """

    message_id: str
    failure: Failure | None = None
    code: int = 0
    reply: str = ""
    carrier_ids: tuple[str, ...] = ()
    is_reached: bool = True
    is_throttled: bool = False
    is_gone: bool = False
    in_doubt: bool = False

    @property
    def accepted(self) -> bool:
        return self.failure is None


class ReceiptState(StrEnum):
    """What a receipt says. Only DELIVERED and READ mean that it arrived."""

    ACCEPTED = "accepted"  # under way
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERABLE = "undelivered"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class ReceiptReport:
    """One receipt of delivery as a channel understood it. `raw` is what arrived, kept as evidence by its hash."""

    carrier_id: str
    state: ReceiptState
    occurred_at: datetime | None = None
    code: str = ""
    raw: bytes = b""
    is_gone: bool = False  # the address is no more: renew it, do not use it
