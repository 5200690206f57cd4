"""
One visit to the gate's tables: take the locks and read the past in one round trip, write what was decided in another.

The past is grouped by person. A slot reserved within the visit joins the past at once, so the second of two questions
about one person sees the first.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from postloan.care.outreach.asking import Ask
from postloan.care.outreach.evidence import Chains, Row, canonical

LOOK_BACK = timedelta(days=100)  # longer than the longest window of any rule; statements and flags are read whole
NOTHING = timedelta(days=-36500)  # look back at nothing: only the contacts asked for by key

CONTACT_COLUMNS = (
    "id", "key", "customer_id", "direction", "channel", "purpose", "content_class", "mode", "template", "recipient",
    "contact_point_id", "point_hash", "loan_ids", "institution", "actor", "capacity", "by", "state", "outcome", "at", "lease_until_at",
    "settled_at", "decision_id",
)  # fmt: skip
DECISION_COLUMNS = (
    "id", "customer_id", "decided_at", "by", "channel", "purpose", "verdict", "reported", "rule_ids", "pack",
    "pack_version", "zones", "confidence", "earliest_at", "question", "counters", "obligations", "reasons",
)  # fmt: skip

_OPEN = "SELECT origin, row_id, owner_id, facts FROM gate_open(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_WRITE = "SELECT gate_write(%s::json, %s::json, %s::json, %s::json, %s::json)"
_INSTANTS = ("at", "until_at", "since_at", "released_at", "state_at")


@dataclass
class PersonPast:
    """Everything the rules may ask about one person, as rows by column name."""

    customer: Row = field(default_factory=dict)
    zones: list[Row] = field(default_factory=list)
    points: dict[int, Row] = field(default_factory=dict)
    flags: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)


@dataclass
class GateSession:
    """The rows read, the chains and ids held, and the rows to be written."""

    persons: dict[int, PersonPast] = field(default_factory=dict)
    consents: list[Row] = field(default_factory=list)
    contacts: dict[int, Row] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    chains: Chains = field(default_factory=Chains)
    decision_ids: list[int] = field(default_factory=list)
    contact_ids: list[int] = field(default_factory=list)
    # What is to be written, by id, as the canonical text that the chain has a digest of.
    decisions: dict[int, str] = field(default_factory=dict)
    new_contacts: dict[int, str] = field(default_factory=dict)
    changed_contacts: dict[int, str] = field(default_factory=dict)

    def contact_by_key(self, *, key: str) -> Row | None:
        """Return the contact of this occasion, if there is one."""
        return self.contacts.get(self.by_key.get(key, 0))

    def put_contact(self, row: Row, *, step: str, at: datetime, facts: Mapping[str, Any] | None = None) -> None:
        """Write a contact, new or changed, with its entry on the person's chain."""
        is_new = row["id"] not in self.contacts or row["id"] in self.new_contacts
        self.contacts[row["id"]] = row
        self.by_key[row["key"]] = row["id"]
        (self.new_contacts if is_new else self.changed_contacts)[row["id"]] = self.chains.add(
            customer_id=row["customer_id"],
            kind=f"contact.{step}",
            subject_id=row["id"],
            at=at,
            row=row,
            facts={"state": row["state"], "outcome": row["outcome"]} | dict(facts or {}),
        )

    def put_decision(self, row: Row) -> None:
        """Write a decision with its entry on the person's chain."""
        self.decisions[row["id"]] = self.chains.add(
            customer_id=row["customer_id"],
            kind="decision",
            subject_id=row["id"],
            at=row["decided_at"],
            row=row,
            facts={"verdict": row["verdict"]},
        )

    def write(self) -> None:
        """Write everything in one round trip."""
        written = (self.decisions, self.new_contacts, self.changed_contacts)
        texts = [f"[{','.join(rows.values())}]" for rows in written]
        texts += [canonical(self.chains.entries), canonical(self.chains.head_rows())]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, texts)


def open_session(
    *,
    customer_ids: Iterable[int],
    point_ids: Iterable[int] = (),
    point_hashes: Iterable[bytes] = (),
    loan_ids: Iterable[int] = (),
    keys: Sequence[str] = (),
    at: datetime,
    is_locking: bool,
    look_back: timedelta = LOOK_BACK,
    decisions: int = 0,
    contacts: int = 0,
) -> GateSession:
    """
    Return a session over these subjects, locked in the order of their keys where `is_locking`.

    Contacts are read from `look_back` before `at` on, and those of `keys` whatever their age.
    """
    assert connection.in_atomic_block or not is_locking, "locks are held to the end of the transaction"
    customers = sorted(set(customer_ids))
    asked: list[Any] = [
        is_locking,
        customers,
        list(set(point_ids)),
        list(set(point_hashes)),
        list(set(loan_ids)),
        list(keys),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [*asked, at - look_back, decisions, contacts])
        rows = cursor.fetchall()
    session = GateSession(persons={person: PersonPast() for person in customers})
    for person in customers:
        session.chains.take_up(customer_id=person, entries=0, head=b"")
    for origin, row_id, owner_id, facts in rows:
        if origin == "contact":
            row = _contact_row(facts if isinstance(facts, list) else json.loads(facts))
            session.contacts[row_id] = row
            session.by_key[row["key"]] = row_id
        else:
            _take(session, origin, row_id, owner_id, _plain(facts))
    return session


def session_for(*, asks: Sequence[Ask], at: datetime, is_locking: bool) -> GateSession:
    """Return a session over everybody and everything these asks are about."""
    count = len(asks) if is_locking else 0
    return open_session(
        customer_ids=[ask.customer_id for ask in asks],
        point_ids=[ask.contact_point_id for ask in asks if ask.contact_point_id],
        point_hashes=[ask.point_hash for ask in asks if ask.point_hash],
        loan_ids=[loan for ask in asks for loan in ask.loan_ids],
        keys=[ask.key for ask in asks if ask.key],
        at=at,
        is_locking=is_locking,
        decisions=count,
        contacts=count,
    )


def _take(session: GateSession, origin: str, row_id: int, owner_id: int, facts: Row) -> None:
    match origin:
        case "decision_id":
            session.decision_ids.append(row_id)
        case "contact_id":
            session.contact_ids.append(row_id)
        case "head":
            session.chains.take_up(customer_id=owner_id, entries=row_id, head=bytes.fromhex(facts["head"]))
        case "customer":
            session.persons[owner_id].customer = facts
        case "zone":
            session.persons[owner_id].zones.append(facts)
        case "point":
            session.persons[owner_id].points[row_id] = facts
        case "flag":
            session.persons[owner_id].flags.append(facts | {"id": row_id})
        case "hold":
            session.persons[owner_id].holds.append(facts | {"id": row_id})
        case "consent":
            session.consents.append(facts | {"id": row_id, "customer_id": owner_id})


def _plain(facts: Any) -> Row:
    read: Row = (json.loads(facts) if isinstance(facts, str) else facts) or {}
    for name in _INSTANTS:
        if read.get(name):
            read[name] = datetime.fromisoformat(read[name])
    return read


def _contact_row(values: Sequence[Any]) -> Row:
    row = dict(zip(CONTACT_COLUMNS, values, strict=True))
    row["point_hash"] = bytes.fromhex(row["point_hash"]) if row["point_hash"] else None
    for name in ("at", "lease_until_at", "settled_at"):
        if row[name]:
            row[name] = datetime.fromisoformat(row[name])
    return row
