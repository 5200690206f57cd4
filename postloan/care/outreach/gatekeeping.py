"""
The one place where sending asks the gate, and tells it what became of the slot.

`deliver_messages` hands in everything it has claimed and sends only what is allowed here. The order of a message is:
claimed, asked here (a slot is reserved), asked once more whether it is still wanted, handed over, settled here. Whoever
dies in between leaves a reserved slot; the message is claimed again after its lease and asked again under the same
`slot_key`, which finds the slot it had. Messages that replace each other on another channel share one slot key, so
that reaching a person by the second channel counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class SendingAsk:
    """May this message leave now? Ids only."""

    message_id: int
    customer_id: int
    channel: str
    purpose: str
    template: str
    contact_point_id: int | None  # None on channels whose address is no contact point (inbox, push, wechat)
    loan_ids: tuple[int, ...]
    slot_key: str


@dataclass(frozen=True, kw_only=True)
class GateAnswer:
    """What the gate said. On deny `earliest_at` is when to ask again, None for never."""

    is_allowed: bool
    decision_id: int | None = None
    rule_ids: tuple[str, ...] = ()
    earliest_at: datetime | None = None


class SlotOutcome(StrEnum):
    """What became of a reserved slot."""

    USED = "used"  # it left, or may have left
    GIVEN_BACK = "given_back"  # it did not leave


def ask_gate(*, asks: Sequence[SendingAsk], at: datetime, by: str) -> dict[int, GateAnswer]:
    """Return the gate's answer for each message id, with a slot reserved for each that is allowed."""
    return {ask.message_id: GateAnswer(is_allowed=True) for ask in asks}


def settle_slots(*, outcomes: Mapping[int, SlotOutcome], at: datetime, by: str) -> None:
    """Say of each message id what became of the slot that `ask_gate` reserved for it; harmless when repeated."""
