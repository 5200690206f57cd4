"""
What a bank does with money that we send: one transfer at a time, known by our end-to-end id.

The bank takes an id once: the same transfer handed over again gets the answer of the first. So whoever lost an answer
asks, and where the bank knows nothing hands over again; money never leaves twice. Money counts as gone only when the
bank says settled, with the value date on which it left.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


class TransferMalformed(ValueError):
    """A transfer cannot be written as the bank wants it; the message says what, never whose."""


class TransferState(StrEnum):
    """What the bank says of a transfer."""

    SETTLED = "settled"  # the money has left
    ACCEPTED = "accepted"  # taken, not settled yet
    REJECTED = "rejected"  # it will not leave
    NO_ANSWER = "no_answer"  # nobody knows: ask
    NOT_KNOWN = "not_known"  # the bank has never seen this id


@dataclass(frozen=True, kw_only=True)
class Beneficiary:
    """Who is paid. Personal data: never log it. `bank_code`: BIC or the member id of the clearing system."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    bank_code: str


@dataclass(frozen=True, kw_only=True)
class OutgoingTransfer:
    """One transfer. `end_to_end_id` is unique for ever, at most 35 characters, and stays when it is handed over again."""

    end_to_end_id: str
    amount_minor: int
    currency: str
    beneficiary: Beneficiary = field(repr=False)
    text: str


@dataclass(frozen=True, kw_only=True)
class TransferAnswer:
    """The bank's answer. `value_date` stands where it is settled, `reason_code` (ISO 20022) where it is rejected."""

    state: TransferState
    value_date: date | None = None
    bank_reference: str = ""
    reason_code: str = ""


class TransferChannel(Protocol):
    """A way for money to leave."""

    def send(self, *, transfer: OutgoingTransfer, requested_date: date) -> TransferAnswer:
        """
        Hand a transfer over, to leave on `requested_date`, and return what the bank says at once.

        Never raises for what the bank does or fails to do (that is an answer); TransferMalformed only.
        """
        ...

    def ask(self, *, end_to_end_id: str) -> TransferAnswer:
        """Return what the bank says of a transfer handed over before; NOT_KNOWN where it has never seen it."""
        ...
