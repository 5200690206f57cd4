"""
The chain of evidence: what an entry's hash is made of, and how further entries are put on a person's chain.

`digest` is SHA-256 over the canonical text of the row an entry tells of; `hash` is SHA-256 over the hash before, the
entry's own columns and the digest. Whoever changes, removes or adds anything has to change every later entry of the
person and the head on their subject row, and cannot make the seal over it, which is keyed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

Row = dict[str, Any]


def canonical(value: Any) -> str:
    """
    Return the one text of a value: keys sorted, instants in UTC to the microsecond, bytes as PostgreSQL writes them.

    >>> canonical({"b": 1, "a": datetime(2026, 1, 2, 3, tzinfo=UTC)})
    '{"a":"2026-01-02T03:00:00+00:00","b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def digest_of(row: Mapping[str, Any]) -> bytes:
    """Return the digest of a row given by column names."""
    return sha256(canonical(row).encode()).digest()


def entry_hash(*, before: bytes, entry: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry that stands after one with the hash `before` (empty for the first)."""
    told = [entry[name] for name in ("customer_id", "place", "kind", "subject_id", "at", "facts")]
    return sha256(before + canonical(told).encode() + bytes(entry["digest"])).digest()


def message_digest(*, subject: bytes, body: bytes) -> str:
    """Return the digest of a message's text as it lies encrypted; it proves the text without telling it."""
    return sha256(len(subject).to_bytes(8, "big") + subject + body).hexdigest()


@dataclass
class Chains:
    """The chains of some persons, held under the locks of their subject rows, and the entries put on them."""

    places: dict[int, int] = field(default_factory=dict)
    heads: dict[int, bytes] = field(default_factory=dict)
    entries: list[Row] = field(default_factory=list)

    def take_up(self, *, customer_id: int, entries: int, head: bytes) -> None:
        """Go on from where the person's chain stands."""
        self.places[customer_id], self.heads[customer_id] = entries, head

    def add(
        self,
        *,
        customer_id: int,
        kind: str,
        subject_id: int,
        at: datetime,
        row: Mapping[str, Any],
        facts: Mapping[str, Any] | None = None,
    ) -> str:
        """Put an entry about `row` on the person's chain, and return the row's text. `facts` are codes and ids only."""
        text = canonical(row)
        entry: Row = {
            "customer_id": customer_id,
            "place": self.places[customer_id] + 1,
            "kind": kind,
            "subject_id": subject_id,
            "at": at,
            "facts": dict(facts or {}),
            "digest": sha256(text.encode()).digest(),
        }
        entry["hash"] = entry_hash(before=self.heads[customer_id], entry=entry)
        self.places[customer_id], self.heads[customer_id] = entry["place"], entry["hash"]
        self.entries.append(entry)
        return text

    def head_rows(self) -> list[Row]:
        """Return the subject rows to be written for the persons whose chain has grown."""
        grown = {entry["customer_id"] for entry in self.entries}
        return [
            {"key": f"person:{person}", "entries": self.places[person], "head": self.heads[person]}
            for person in sorted(grown)
        ]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(f"{type(value).__name__} has no canonical text")
