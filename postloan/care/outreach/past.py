"""
The past as the contact rules read it: contacts, statements, holds and flags become events; an ask becomes a question.

A reserved slot is a contact whose outcome nobody knows yet. It stands in the past once as a call that reached nobody
and once as a conversation, in two readings of the same past: whichever of them denies, denies (`readings_of`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from postloan.care.outreach.asking import Ask
from postloan.care.outreach.evidence import Row
from postloan.care.outreach.gate_session import GateSession, PersonPast
from postloan.kernel.contactrules import PastEvent, Question

# What holds and flags are called when they begin and when they are released; "" tells the rules nothing.
HOLDS = {
    "disputed": ("dispute", "dispute_answered"),
    "on_plan": ("plan_signed", "plan_ended"),
    "promised": ("promise", "promise_broken"),
    "complaint": ("complaint", "complaint_closed"),
    "hardship": ("hardship", "hardship_decided"),
    "debt_advice": ("debt_advice_hold", "hold_released"),
    "legal": ("", ""),
}
FLAGS = {
    "vulnerable": ("vulnerable", "vulnerable_ended"),
    "represented": ("represented", "representation_ended"),
    "deceased": ("death", ""),
    "incapacitated": ("incapacity", ""),
}
SILENT_ACTS = frozenset({"asked", "preferred_channel"})
POINT_KINDS = {"email": "email", "phone": "mobile"}
# A slot under way, as the least and as the most that may come of it.
UNDER_WAY = {
    "voice": ("attempt", "conversation"),
    "visit": ("visited", "conversation"),
    "letter": ("letter_sent", "letter_sent"),
    "debit": ("debit_failed", "debit_succeeded"),
}
MESSAGE_UNDER_WAY = ("message_sent", "message_delivered")


def question_of(*, ask: Ask, person: PersonPast, at: datetime) -> Question:
    """Return the ask as the rules' question: the person's zones, the kind of the point, who acts in which capacity."""
    point = person.points.get(ask.contact_point_id or 0)
    about = dict(ask.about)
    if point is not None and "point_kind" not in about:
        about["point_kind"] = _point_kind(point)
    given: dict[str, Any] = {
        "person": person_id(customer_id=ask.customer_id, recipient=ask.recipient, point_hash=ask.point_hash),
        "debtor": str(ask.customer_id),
        "at": at,
        "channel": ask.channel,
        "purpose": ask.purpose,
        "contact_point": point_id(ask=ask, person=person),
        "debts": tuple(str(loan) for loan in sorted(ask.loan_ids)),
        "recipient": ask.recipient,
        "time_zones": tuple(zones_of(person)),
        "by": {
            "kind": ask.actor,
            "capacity": ask.capacity or None,
            "institution": "lender",
            "agency": ask.institution or None,
        },
    }
    if ask.content_class:
        given["content_class"] = ask.content_class
    return Question.model_validate(given | about)


def person_id(*, customer_id: int, recipient: str, point_hash: bytes | None) -> str:
    """Return whom a contact reached: the customer, or somebody known by their address only."""
    if recipient == "debtor" or not point_hash:
        return str(customer_id) if recipient == "debtor" else f"{customer_id}/{recipient}"
    return f"point:{bytes(point_hash).hex()}"


def point_id(*, ask: Ask, person: PersonPast) -> str | None:
    """Return the name of the address asked about: its keyed hash, the same for whoever shares it."""
    if ask.point_hash:
        return ask.point_hash.hex()
    point = person.points.get(ask.contact_point_id or 0)
    return str(point["hash"]) if point else None


def zones_of(person: PersonPast) -> list[str]:
    """Return every zone the person may be in, their own first."""
    zones = [person.customer["time_zone"], *(zone["zone"] for zone in person.zones)]
    return list(dict.fromkeys(zone for zone in zones if zone))


def readings_of(*, session: GateSession, ask: Ask, at: datetime) -> list[list[PastEvent]]:
    """
    Return the past of an ask, in one reading or, where slots are under way, in two: at least and at most.

    The ask's own slot and slots whose lease is over are not in it.
    """
    point = point_id(ask=ask, person=session.persons[ask.customer_id])
    steady = list(_states(session, ask, point))
    contacts = [row for row in session.contacts.values() if _concerns(row, ask, point) and row["key"] != ask.key]
    under_way = [row for row in contacts if row["state"] == "reserved" and row["lease_until_at"] > at]
    steady += [event for row in contacts if row["state"] != "reserved" for event in _happened(row)]
    if not under_way:
        return [steady]
    return [steady + [_event(row, _kind_under_way(row, most=most), row["at"]) for row in under_way] for most in (0, 1)]


def _concerns(row: Row, ask: Ask, point: str | None) -> bool:
    is_same_point = point is not None and row["point_hash"] is not None and bytes(row["point_hash"]).hex() == point
    return row["customer_id"] == ask.customer_id or is_same_point


def _happened(row: Row) -> Iterator[PastEvent]:
    if row["outcome"] in {"", "not_sent", "lapsed"}:
        return
    yield _event(row, row["outcome"], row["at"])


def _kind_under_way(row: Row, *, most: int) -> str:
    return UNDER_WAY.get(row["channel"], MESSAGE_UNDER_WAY)[most]


def _event(row: Row, kind: str, at: datetime) -> PastEvent:
    said: dict[str, Any] = {
        "at": at,
        "kind": kind,
        "channel": None if row["channel"] == "form" else row["channel"],
        "purpose": row["purpose"],
        "person": person_id(customer_id=row["customer_id"], recipient=row["recipient"], point_hash=row["point_hash"]),
        "recipient": row["recipient"],
        "initiated_by": "us" if row["direction"] == "out" else "person",
        "contact_id": str(row["id"]),
        "contact_point": bytes(row["point_hash"]).hex() if row["point_hash"] else None,
        "debts": tuple(str(loan) for loan in row["loan_ids"]),
        "by": row["actor"],
        "institution": "lender",
        "agency": row["institution"] or None,
        "mode": row["mode"] or None,
        "template": row["template"] or None,
    }
    # Our own rows hold the rules' own words: nothing to read in, and reading in is a third of a decision's time.
    return PastEvent.model_construct(None, **said)


def _states(session: GateSession, ask: Ask, point: str | None) -> Iterator[PastEvent]:
    """Yield what was said and what has been so: statements, holds, flags, points known to be wrong."""
    past = session.persons[ask.customer_id]
    for said in session.consents:
        is_about = said["customer_id"] == ask.customer_id or (point is not None and said["hash"] == point)
        if is_about and said["act"] not in SILENT_ACTS:
            yield statement(said, past)
    for number in past.points.values():
        if number["state"] == "wrong" and number["state_at"]:
            yield PastEvent(at=number["state_at"], kind="wrong_number", contact_point=number["hash"])
    for hold in past.holds:
        yield from spans(hold, HOLDS[hold["kind"]], str(ask.customer_id))
    for flag in past.flags:
        is_mistake = flag["released_at"] is not None and not FLAGS[flag["kind"]][1]
        if not is_mistake:
            yield from spans(flag, FLAGS[flag["kind"]], str(ask.customer_id))


def statement(said: Row, past: PersonPast) -> PastEvent:
    """Return what was said as an event."""
    point = past.points.get(said["contact_point"] or 0)
    given: dict[str, Any] = {
        "at": said["at"],
        "kind": said["act"],
        "person": f"point:{said['hash']}" if said["act"] == "refusal" and said["hash"] else str(said["customer_id"]),
        "initiated_by": "person",
        "channel": said["channel"] or None,
        "purpose": said["purpose"] or None,
        "contact_point": point["hash"] if point else said["hash"],
        "debts": tuple(str(loan) for loan in said["loan_ids"]),
        "until": said["until_at"],
    }
    return PastEvent.model_validate(given | said["facts"])


def spans(row: Row, kinds: tuple[str, str], person: str) -> Iterator[PastEvent]:
    """Yield the beginning of a hold or flag as an event, and its release where there was one."""
    begins, ends = kinds
    about: dict[str, Any] = {"person": person, "initiated_by": "person"}
    if row.get("loan_id"):
        about["debts"] = (str(row["loan_id"]),)
    facts = row.get("facts") or row.get("details") or {}
    released_as = facts.get("released_as", ends)
    said = {name: value for name, value in facts.items() if name in PastEvent.model_fields}
    begins = facts.get("kind", begins)
    if begins:
        yield PastEvent.model_validate(
            about | said | {"kind": begins, "at": row["since_at"], "until": row.get("until_at")}
        )
    if row["released_at"] and released_as:
        yield PastEvent.model_validate(about | {"kind": released_as, "at": row["released_at"]})


def _point_kind(point: Row) -> str:
    if point["is_workplace"]:
        return "work_email" if point["kind"] == "email" else "work"
    return POINT_KINDS.get(point["kind"], "other")


def own_point_hash(*, ask: Ask, person: PersonPast) -> bytes | None:
    """Return the keyed hash of the address asked about, or None where the channel has none."""
    point = point_id(ask=ask, person=person)
    return bytes.fromhex(point) if point else None
