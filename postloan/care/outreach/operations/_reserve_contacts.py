"""
Ask the gate and take the slot in one transaction: decision on record, slot reserved, both in the chain of evidence.

The subjects of all counters are locked first, in the order of their keys, so two who ask about the same person, number
or debt are answered one after the other and the second sees the first one's slot.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from postloan.care.outreach.asking import Answer, Ask
from postloan.care.outreach.deciding import decide_ask, decision_row
from postloan.care.outreach.evidence import Row
from postloan.care.outreach.gate_session import GateSession, session_for
from postloan.care.outreach.past import own_point_hash

LEASE = timedelta(minutes=10)


def may_contact(*, asks: Sequence[Ask], at: datetime) -> list[Answer]:
    """
    Return what the gate would answer each ask at `at`, in their order; nothing is locked, reserved or recorded.

    For planning and for pages. What is to leave has to reserve.
    """
    session = session_for(asks=asks, at=at, is_locking=False)
    return [decide_ask(session=session, ask=ask, at=at)[0] for ask in asks]


@transaction.atomic
def reserve_contacts(*, asks: Sequence[Ask], at: datetime, by: str, lease: timedelta = LEASE) -> list[Answer]:
    """
    Return the gate's answer to each ask, in their order; each is on record, and an allow holds a slot until it ends.

    The slot counts against every cap from now on. `settle_contacts` uses it or gives it back; after `lease` it returns
    by itself, and its holder must ask again before acting. The same key again is the same slot: it is decided anew
    without counting itself, and on a deny it is given back.
    """
    assert all(ask.key for ask in asks), "what may leave has a key, so that it leaves once"
    session = session_for(asks=asks, at=at, is_locking=True)
    answers = []
    for place, ask in enumerate(asks):
        answer, question = decide_ask(session=session, ask=ask, at=at)
        decision_id = session.decision_ids[place]
        session.put_decision(decision_row(answer=answer, question=question, decision_id=decision_id, at=at, by=by))
        slot = _hold(session, answer, place, decision_id, at=at, by=by, lease=lease)
        answers.append(replace(answer, decision_id=decision_id, contact_id=slot))
    session.write()
    return answers


def _hold(
    session: GateSession, answer: Answer, place: int, decision_id: int, *, at: datetime, by: str, lease: timedelta
) -> int:
    """Reserve the slot of an allow and return its id; give back a slot held before where the answer is no."""
    held = session.contact_by_key(key=answer.ask.key)
    if not answer.is_allowed:
        if held is not None and held["state"] == "reserved":
            freed = held | {"state": "given_back", "outcome": "not_sent", "settled_at": at, "lease_until_at": None}
            session.put_contact(freed, step="given_back", at=at)
        return 0
    row = _slot(session, answer.ask, held, session.contact_ids[place]) | {"decision_id": decision_id, "by": by}
    if held is None or held["state"] != "used":
        row |= {"state": "reserved", "outcome": "", "at": at, "lease_until_at": at + lease, "settled_at": None}
    session.put_contact(row, step="reserved" if held is None else "renewed", at=at)
    return int(row["id"])


def _slot(session: GateSession, ask: Ask, held: Row | None, new_id: int) -> Row:
    row: Row = held or {"id": new_id, "key": ask.key, "customer_id": ask.customer_id, "direction": "out"}
    return row | {
        "channel": ask.channel,
        "purpose": ask.purpose,
        "content_class": ask.content_class,
        "mode": str(ask.about.get("mode") or ""),
        "template": ask.template,
        "recipient": ask.recipient,
        "contact_point_id": ask.contact_point_id,
        "point_hash": own_point_hash(ask=ask, person=session.persons[ask.customer_id]),
        "loan_ids": sorted(ask.loan_ids),
        "institution": ask.institution,
        "actor": ask.actor,
        "capacity": ask.capacity,
    }
