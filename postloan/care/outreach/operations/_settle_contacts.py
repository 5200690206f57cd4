"""Say what came of reserved slots: used, or given back because nothing reached anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from postloan.care.outreach.evidence import Row, message_digest
from postloan.care.outreach.gate_session import NOTHING, GateSession, open_session
from postloan.care.outreach.models import Contact, Message

# From least to most: a later, weaker report of the same contact changes nothing.
STRENGTH = (
    "not_sent", "lapsed", "busy", "not_in_service", "attempt", "message_sent", "letter_sent", "message_failed",
    "voicemail", "dropped", "message_delivered", "connected", "visited", "inbound", "conversation", "debit_failed",
    "debit_succeeded",
)  # fmt: skip
GIVEN_BACK = frozenset({"not_sent", "lapsed", "busy", "not_in_service"})


class OutcomeUnknown(ValueError):
    """The word is no outcome of a contact."""


class ContactNotFound(LookupError):
    """There is no contact of this id."""


@dataclass(frozen=True)
class Outcome:
    """What came of one contact, in the words of the contact rules: conversation, busy, message_sent, not_sent, …"""

    contact_id: int
    outcome: str
    at: datetime | None = None  # when it happened, where that is not the time of reporting
    message_id: int | None = None  # the message that was sent, whose text then goes on the chain by its digest


@transaction.atomic
def settle_contacts(*, outcomes: Sequence[Outcome], at: datetime, by: str) -> int:
    """
    Record what came of these contacts and return how many changed; a repeat or a weaker outcome changes nothing.

    Busy, not in service and not sent give the slot back; everything else uses it, also where its lease had run out
    (what has happened counts). Refuses words it does not know (OutcomeUnknown) and ids it does not know
    (ContactNotFound).
    """
    for item in outcomes:
        if item.outcome not in STRENGTH:
            raise OutcomeUnknown(item.outcome)
    found = {
        row["id"]: row
        for row in Contact.objects.filter(pk__in=[item.contact_id for item in outcomes]).values(
            "id", "key", "customer_id", "loan_ids"
        )
    }
    if missing := [item.contact_id for item in outcomes if item.contact_id not in found]:
        raise ContactNotFound(f"contacts {missing}")
    session = open_session(
        customer_ids=[row["customer_id"] for row in found.values()],
        keys=[row["key"] for row in found.values()],
        at=at,
        is_locking=True,
        look_back=NOTHING,
    )
    texts = _text_digests([item.message_id for item in outcomes if item.message_id])
    changed = 0
    for item in outcomes:
        facts = {"message": item.message_id, "text": texts[item.message_id]} if item.message_id else {}
        row = session.contacts[item.contact_id]
        changed += put_outcome(session, row, item.outcome, happened_at=item.at or at, at=at, by=by, facts=facts)
    if changed:
        session.write()
    return changed


@transaction.atomic
def return_lapsed_slots(*, at: datetime, by: str, limit: int = 1000) -> int:
    """Give back the slots whose holder has died, and return how many; slots settled meanwhile are left alone."""
    lapsed = Contact.objects.filter(state=Contact.State.RESERVED, lease_until_at__lte=at).order_by("lease_until_at")
    rows = list(lapsed.values("id", "key", "customer_id")[:limit])
    if not rows:
        return 0
    session = open_session(
        customer_ids=[row["customer_id"] for row in rows],
        keys=[row["key"] for row in rows],
        at=at,
        is_locking=True,
        look_back=NOTHING,
    )
    returned = 0
    for row in rows:
        slot = session.contacts[row["id"]]
        if slot["state"] == "reserved" and slot["lease_until_at"] <= at:
            returned += put_outcome(session, slot, "lapsed", happened_at=at, at=at, by=by)
    session.write()
    return returned


def put_outcome(
    session: GateSession,
    row: Row,
    outcome: str,
    *,
    happened_at: datetime,
    at: datetime,
    by: str,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Put the outcome on a contact of the session; False where it says nothing new. A text sent again is new."""
    if row["outcome"] and STRENGTH.index(outcome) <= STRENGTH.index(row["outcome"]):
        if facts:
            session.put_contact(row, step="told_again", at=at, facts=facts)
        return bool(facts)
    is_given_back = outcome in GIVEN_BACK and row["state"] != "used"
    state = "given_back" if is_given_back else "used"
    step = "receipt" if row["state"] == "used" else state
    settled = row | {"state": state, "outcome": outcome, "settled_at": at, "lease_until_at": None, "by": by}
    if row["state"] != "used" and not is_given_back:
        settled["at"] = happened_at
    session.put_contact(settled, step=step, at=at, facts=facts)
    return True


def _text_digests(message_ids: Sequence[int]) -> dict[int, str]:
    rows = Message.objects.filter(pk__in=message_ids).values_list("pk", "subject_encrypted", "body_encrypted")
    return {pk: message_digest(subject=bytes(subject), body=bytes(body)) for pk, subject, body in rows}
