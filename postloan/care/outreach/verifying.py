"""
Prove that the evidence is whole: every chain without gap or change, every row as its entry says, every seal unbroken.

Reads in order of persons, a few thousand entries at a time, so it takes little memory whatever the size of the book.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from django.db import connection
from django.db.models import Model, QuerySet

from postloan.care.outreach.evidence import Row, digest_of, entry_hash, message_digest
from postloan.care.outreach.gate_session import CONTACT_COLUMNS, DECISION_COLUMNS
from postloan.care.outreach.models import (
    Consent,
    Contact,
    ContactDecision,
    ContactHold,
    ContactSubject,
    EvidenceEntry,
    EvidenceSeal,
    Message,
)
from postloan.care.outreach.statement_columns import CONSENT_COLUMNS, FLAG_COLUMNS, HOLD_COLUMNS
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.models import CustomerFlag

BATCH = 2000

# By the first part of an entry's kind: what it tells of, and by which columns.
SUBJECTS: Mapping[str, tuple[type[Model], tuple[str, ...]]] = {
    "decision": (ContactDecision, DECISION_COLUMNS),
    "contact": (Contact, CONTACT_COLUMNS),
    "consent": (Consent, CONSENT_COLUMNS),
    "hold": (ContactHold, HOLD_COLUMNS),
    "flag": (CustomerFlag, FLAG_COLUMNS),
}


@dataclass(frozen=True)
class Tampering:
    """One place where the evidence does not hold: what is wrong, on whose chain, about which row."""

    what: str
    customer_id: int
    subject: str

    def __str__(self) -> str:
        return f"{self.what}: {self.subject} (customer {self.customer_id})"


@dataclass(frozen=True)
class Verdict:
    """What a verification went through and what it found."""

    entries: int
    persons: int
    seals: int
    sealed_entries: int
    findings: tuple[Tampering, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_evidence(*, head: bytes | None = None, most: int = 1000) -> Verdict:
    """
    Return what was gone through and up to `most` places where the evidence does not hold.

    `head` is a seal's head that was kept elsewhere: some seal must carry it, so that even a database rewritten from
    its first row is found out.
    """
    findings: list[Tampering] = []
    entries = persons = 0
    batch: list[Row] = []
    for chain in _chains():
        persons, entries = persons + 1, entries + len(chain)
        findings += _broken_links(chain)
        batch += chain
        if len(batch) >= BATCH:
            findings += _changed_rows(batch)
            batch = []
    findings += _changed_rows(batch)
    findings += _rows_without_entry()
    seals = list(EvidenceSeal.objects.order_by("through_entry_id"))
    findings += _broken_seals(seals, head)
    sealed = sum(seal.entries for seal in seals)
    return Verdict(
        entries=entries, persons=persons, seals=len(seals), sealed_entries=sealed, findings=tuple(findings[:most])
    )


def seal_mac(*, head: bytes, through_entry_id: int) -> bytes:
    """Return the keyed hash of a seal, made with the installation's key file."""
    return field_cipher().lookup_hash(value=f"evidence seal {through_entry_id} {head.hex()}")


def hashes_between(*, after_id: int, through_id: int) -> Iterator[bytes]:
    """Yield the hashes of the entries in the order in which they were written."""
    found = EvidenceEntry.objects.filter(pk__gt=after_id, pk__lte=through_id).order_by("pk")
    for value in found.values_list("hash", flat=True).iterator(chunk_size=BATCH):
        yield bytes(value)


def _chains() -> Iterator[list[Row]]:
    columns = ("id", "customer_id", "place", "kind", "subject_id", "at", "facts", "digest", "hash")
    found: QuerySet[EvidenceEntry, Row] = EvidenceEntry.objects.order_by("customer_id", "place").values(*columns)
    for _, chain in groupby(found.iterator(chunk_size=BATCH), key=lambda entry: entry["customer_id"]):
        yield list(chain)


def _broken_links(chain: list[Row]) -> Iterator[Tampering]:
    before, person = b"", chain[0]["customer_id"]
    for place, entry in enumerate(chain, start=1):
        if entry["place"] != place:
            yield Tampering("an entry is missing", person, f"place {place}")
            return
        if entry_hash(before=before, entry=entry) != bytes(entry["hash"]):
            yield Tampering("an entry was changed", person, f"place {place}, {entry['kind']} {entry['subject_id']}")
            return
        before = bytes(entry["hash"])
    subject = ContactSubject.objects.filter(key=f"person:{person}").first()
    if subject is None or (subject.entries, bytes(subject.head)) != (len(chain), before):
        yield Tampering("entries are missing at the end", person, f"after place {len(chain)}")


def _changed_rows(entries: list[Row]) -> Iterator[Tampering]:
    """Compare each row with what the last entry about it says; an erased one has left its digest."""
    last: dict[tuple[str, int], Row] = {}
    erased: set[tuple[str, int]] = set()
    for entry in entries:
        if entry["kind"] == "erased":
            erased.add((entry["facts"]["kind"], entry["subject_id"]))
        else:
            last[entry["kind"].partition(".")[0], entry["subject_id"]] = entry
    for family, (model, columns) in SUBJECTS.items():
        wanted = {subject_id: entry for (kind, subject_id), entry in last.items() if kind == family}
        rows = model._default_manager.filter(pk__in=wanted).values(*columns)  # noqa: SLF001 - the model's public door
        found = {row["id"]: row for row in rows}
        for subject_id, entry in wanted.items():
            if subject_id not in found:
                if (family, subject_id) not in erased:
                    yield Tampering(f"a {family} was removed", entry["customer_id"], f"{family} {subject_id}")
            elif digest_of(found[subject_id]) != bytes(entry["digest"]):
                yield Tampering(f"a {family} was changed", entry["customer_id"], f"{family} {subject_id}")
    yield from _changed_texts(entries, erased)


def _changed_texts(entries: list[Row], erased: set[tuple[str, int]]) -> Iterator[Tampering]:
    told = {entry["facts"]["message"]: entry for entry in entries if "message" in entry["facts"]}
    rows = Message.objects.filter(pk__in=told).values_list("pk", "subject_encrypted", "body_encrypted")
    found = {pk: message_digest(subject=bytes(subject), body=bytes(body)) for pk, subject, body in rows}
    for message_id, entry in told.items():
        if ("message", message_id) not in erased and found.get(message_id) != entry["facts"]["text"]:
            yield Tampering("the text of a message was changed", entry["customer_id"], f"message {message_id}")


def _rows_without_entry() -> Iterator[Tampering]:
    for family, (model, _) in SUBJECTS.items():
        table = model._meta.db_table  # noqa: SLF001 - the documented way to a model's table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT mine.id, mine.customer_id FROM {table} mine WHERE NOT EXISTS (SELECT FROM outreach_evidenceentry "
                "told WHERE told.subject_id = mine.id AND split_part(told.kind, '.', 1) = %s) LIMIT 1000",
                [family],
            )
            for row_id, customer_id in cursor.fetchall():
                yield Tampering(f"a {family} was slipped in", customer_id, f"{family} {row_id}")


def _broken_seals(seals: list[EvidenceSeal], head: bytes | None) -> Iterator[Tampering]:
    before, after_id = b"", 0
    for seal in seals:
        made, count = sha256(before), 0
        for value in hashes_between(after_id=after_id, through_id=seal.through_entry_id):
            made.update(value)
            count += 1
        mac = seal_mac(head=bytes(seal.head), through_entry_id=seal.through_entry_id)
        if made.digest() != bytes(seal.head) or count != seal.entries:
            yield Tampering("a seal is broken", 0, f"seal through entry {seal.through_entry_id}")
        if not hmac.compare_digest(mac, bytes(seal.mac)):
            yield Tampering("a seal was forged", 0, f"seal through entry {seal.through_entry_id}")
        before, after_id = bytes(seal.head), seal.through_entry_id
    if head is not None and not any(hmac.compare_digest(bytes(seal.head), head) for seal in seals):
        yield Tampering("the head kept elsewhere is on no seal", 0, head.hex())
