"""
Erase what is kept no longer, and leave the proof that it was there: what, when, why, and its digest.

Contacts and decisions of a person go together, counted from their last activity, once nothing is owed; texts of messages
go each by its age. A legal hold keeps all of a person's. The periods are the lender's, never shorter than a rule of the
person's pack demands. The chain of evidence stays: its entries hold digests and codes, nothing personal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from postloan.books.loans.models import Loan
from postloan.care.outreach.evidence import digest_of, message_digest
from postloan.care.outreach.gate_session import CONTACT_COLUMNS, DECISION_COLUMNS, NOTHING, GateSession, open_session
from postloan.care.outreach.models import Contact, ContactDecision, ContactHold, EvidenceEntry, Message
from postloan.care.outreach.policy import pack_for
from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import Customer
from postloan.kernel.calendars import add_months
from postloan.kernel.contactrules import RetentionRule

RECORDS, TEXTS = "contact_record", "message_text"
OF_RULES = {RECORDS: ("collection_record", "collection_recording"), TEXTS: ("collection_record",)}


class EvidenceBroken(RuntimeError):
    """A row is not what its entry says: it is not erased, for that would bury the difference."""


@dataclass(frozen=True)
class Erased:
    """How many rows of each class went, and of how many persons."""

    contacts: int
    decisions: int
    texts: int
    persons: int


def erase_expired(*, at: datetime, by: str, limit: int = 500) -> Erased:
    """
    Erase up to `limit` persons' contact records and `limit` texts whose time is over; call again until nothing goes.

    Refuses to bury a row that was tampered with (EvidenceBroken names it); everything else of that person stays too.
    """
    contacts = decisions = texts = 0
    persons = _persons_to_erase(at=at, limit=limit)
    for customer in persons:
        gone = _erase_records(customer, at=at, by=by)
        contacts, decisions = contacts + gone[0], decisions + gone[1]
    for customer_id, message_ids in _texts_to_erase(at=at, limit=limit).items():
        texts += _erase_texts(customer_id, message_ids, at=at, by=by)
    return Erased(contacts=contacts, decisions=decisions, texts=texts, persons=len(persons))


def months_kept(*, record_class: str, jurisdiction: str) -> int:
    """Return how many months a class is kept: the lender's period, or a longer one that a rule of the pack demands."""
    rules = [rule for rule in pack_for(jurisdiction=jurisdiction).rules if isinstance(rule, RetentionRule)]
    least = [
        rule.at_least_months or 0 for rule in rules if rule.enabled and rule.record_class in OF_RULES[record_class]
    ]
    return max([int(settings.RETENTION_MONTHS[record_class]), *least])


def _persons_to_erase(*, at: datetime, limit: int) -> list[Customer]:
    owed = Loan.objects.filter(customer_id=OuterRef("pk")).exclude(status=Loan.Status.CLOSED)
    candidates = (
        Customer.objects.filter(contacts__isnull=False)
        .annotate(last_at=Max("contacts__at"))
        .filter(~Exists(owed), ~Exists(_legal_holds()))
        .filter(last_at__lt=_cut(at, int(settings.RETENTION_MONTHS[RECORDS])))
        .order_by("pk")[:limit]
    )
    return [
        customer
        for customer in candidates
        if customer.last_at < _cut(at, months_kept(record_class=RECORDS, jurisdiction=customer.jurisdiction))
    ]


def _texts_to_erase(*, at: datetime, limit: int) -> dict[int, list[int]]:
    rows = (
        Message.objects.filter(~Q(body_encrypted=b""), sent_at__lt=_cut(at, int(settings.RETENTION_MONTHS[TEXTS])))
        .filter(~Exists(_legal_holds(OuterRef("customer_id"))))
        .order_by("sent_at", "pk")
        .values_list("customer_id", "pk", "sent_at", "customer__jurisdiction")[:limit]
    )
    found: dict[int, list[int]] = {}
    for customer_id, message_id, sent_at, jurisdiction in rows:
        if sent_at and sent_at < _cut(at, months_kept(record_class=TEXTS, jurisdiction=jurisdiction)):
            found.setdefault(customer_id, []).append(message_id)
    return found


@transaction.atomic
def _erase_records(customer: Customer, *, at: datetime, by: str) -> tuple[int, int]:
    session = open_session(customer_ids=[customer.pk], at=at, is_locking=True, look_back=NOTHING)
    if ContactHold.objects.filter(customer_id=customer.pk, kind="legal", released_at__isnull=True).exists():
        return 0, 0
    contacts = list(Contact.objects.filter(customer_id=customer.pk).values(*CONTACT_COLUMNS))
    decisions = list(ContactDecision.objects.filter(customer_id=customer.pk).values(*DECISION_COLUMNS))
    why = f"kept {months_kept(record_class=RECORDS, jurisdiction=customer.jurisdiction)} months from the last activity"
    _prove(session, "contact", "outreach_contact", contacts, why=why, at=at)
    _prove(session, "decision", "outreach_contactdecision", decisions, why=why, at=at)
    session.write()
    Contact.objects.filter(pk__in=[row["id"] for row in contacts]).delete()
    ContactDecision.objects.filter(pk__in=[row["id"] for row in decisions]).delete()
    _record(customer.pk, {"contacts": len(contacts), "decisions": len(decisions)}, why, at=at, by=by)
    return len(contacts), len(decisions)


@transaction.atomic
def _erase_texts(customer_id: int, message_ids: Sequence[int], *, at: datetime, by: str) -> int:
    session = open_session(customer_ids=[customer_id], at=at, is_locking=True, look_back=NOTHING)
    messages = list(Message.objects.select_for_update().filter(pk__in=message_ids).order_by("pk"))
    why = f"texts are kept {settings.RETENTION_MONTHS[TEXTS]} months at least"
    for message in messages:
        text = message_digest(subject=bytes(message.subject_encrypted), body=bytes(message.body_encrypted))
        session.chains.add(
            customer_id=customer_id,
            kind="erased",
            subject_id=message.pk,
            at=at,
            row={"text": text},
            facts={"kind": "message", "table": "outreach_message", "why": why},
        )
        message.subject_encrypted = message.body_encrypted = b""
        message.save(update_fields=["subject_encrypted", "body_encrypted"])
    session.write()
    _record(customer_id, {"texts": len(messages)}, why, at=at, by=by)
    return len(messages)


def _prove(
    session: GateSession, family: str, table: str, rows: Sequence[dict[str, Any]], *, why: str, at: datetime
) -> None:
    """Put an entry on the chain for each row that goes, with the digest it had. Refuses what differs (EvidenceBroken)."""
    told = EvidenceEntry.objects.filter(kind__startswith=family, subject_id__in=[row["id"] for row in rows])
    last = {entry.subject_id: bytes(entry.digest) for entry in told.order_by("customer_id", "place")}
    for row in rows:
        if last.get(row["id"]) != digest_of(row):
            raise EvidenceBroken(f"{family} {row['id']}")
        session.chains.add(
            customer_id=row["customer_id"],
            kind="erased",
            subject_id=row["id"],
            at=at,
            row=row,
            facts={"kind": family, "table": table, "why": why},
        )


def _record(customer_id: int, counts: dict[str, int], why: str, *, at: datetime, by: str) -> None:
    audit.record_act(
        by=by,
        action="erase_records",
        subject_kind="customer",
        subject_id=customer_id,
        at=at,
        details=counts | {"why": why},
    )


def _legal_holds(customer: Any = None) -> Any:
    return ContactHold.objects.filter(
        customer_id=customer if customer is not None else OuterRef("pk"), kind="legal", released_at__isnull=True
    )


def _cut(at: datetime, months: int) -> datetime:
    """Return the instant before which a record is older than `months` calendar months of the lender's calendar."""
    local = timezone.localtime(at)
    return local.replace(
        **{name: getattr(add_months(seed_date=local.date(), months=-months), name) for name in ("year", "month", "day")}
    )
