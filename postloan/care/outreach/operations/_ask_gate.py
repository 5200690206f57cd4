"""
The one place where sending asks the gate, and tells it what became of the slot.

`deliver_messages` hands in everything it has claimed and sends only what is allowed here. The order of a message is:
claimed, asked here (a slot is reserved), asked once more whether it is still wanted, handed over, settled here. Whoever
dies in between leaves a reserved slot; the message is claimed again after its lease and asked again under the same
`slot_key`, which finds the slot it had. Messages that replace each other on another channel share one slot key, so
that reaching a person by the second channel counts once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings

from postloan.care.outreach.asking import Ask
from postloan.care.outreach.models import Contact, Message
from postloan.care.outreach.operations._reserve_contacts import reserve_contacts
from postloan.care.outreach.operations._settle_contacts import Outcome, settle_contacts


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


# What the contact rules call the purposes of our messages; others are service.
PURPOSES = {"reminder": "reminder", "debit_notice": "service"}
RULES_KNOW = frozenset({"collection", "follow_up", "complaint", "marketing", "reply", "verification_code"})


def ask_gate(*, asks: Sequence[SendingAsk], at: datetime, by: str) -> dict[int, GateAnswer]:
    """Return the gate's answer for each message id, with a slot reserved for each that is allowed."""
    answers = reserve_contacts(asks=[_as_ask(ask) for ask in asks], at=at, by=by)
    return {
        ask.message_id: GateAnswer(
            is_allowed=answer.is_allowed,
            decision_id=answer.decision_id,
            rule_ids=answer.rule_ids,
            earliest_at=answer.earliest_at,
        )
        for ask, answer in zip(asks, answers, strict=True)
    }


def settle_slots(*, outcomes: Mapping[int, SlotOutcome], at: datetime, by: str) -> None:
    """Say of each message id what became of the slot that `ask_gate` reserved for it; harmless when repeated."""
    slots = _slots_of(outcomes)
    settle_contacts(
        outcomes=[
            Outcome(contact_id=slots[message_id], outcome=_SETTLED[outcome], message_id=_if_used(message_id, outcome))
            for message_id, outcome in outcomes.items()
            if message_id in slots
        ],
        at=at,
        by=by,
    )


def note_receipts(*, delivered: Collection[int], lost: Collection[int], at: datetime, by: str) -> None:
    """Say which messages were delivered and which were lost on their way; the limitation clock reads it."""
    slots = _slots_of([*delivered, *lost])
    said = {slots[pk]: "message_delivered" for pk in delivered if pk in slots}
    said |= {slots[pk]: "message_failed" for pk in lost if pk in slots and slots[pk] not in said}
    settle_contacts(outcomes=[Outcome(contact_id, outcome) for contact_id, outcome in said.items()], at=at, by=by)


_SETTLED = {SlotOutcome.USED: "message_sent", SlotOutcome.GIVEN_BACK: "not_sent"}


def _if_used(message_id: int, outcome: SlotOutcome) -> int | None:
    return message_id if outcome == SlotOutcome.USED else None


def _as_ask(ask: SendingAsk) -> Ask:
    purpose = PURPOSES.get(ask.purpose, ask.purpose if ask.purpose in RULES_KNOW else "service")
    return Ask(
        key=_key(ask.slot_key),
        customer_id=ask.customer_id,
        channel=ask.channel,
        purpose=purpose,
        contact_point_id=ask.contact_point_id,
        loan_ids=ask.loan_ids,
        actor="lender",
        about={"content": {"template": ask.template, "signature": settings.LENDER_NAME}},
    )


def _key(slot_key: str) -> str:
    return f"message:{slot_key}"


def _slots_of(message_ids: Iterable[int]) -> dict[int, int]:
    """Return the contact of each message that has one."""
    rows = Message.objects.filter(pk__in=list(message_ids)).values_list("pk", "chain", "key")
    keys = {pk: _key(chain or key) for pk, chain, key in rows}
    found = dict(Contact.objects.filter(key__in=keys.values()).values_list("key", "pk"))
    return {pk: found[key] for pk, key in keys.items() if key in found}
