"""Seal the evidence written since the last seal: one head over all of it, resting on the seal before."""

from datetime import datetime
from hashlib import sha256

from django.db import connection, transaction

from postloan.care.outreach.models import EvidenceSeal
from postloan.care.outreach.verifying import hashes_between, seal_mac

LOCK_NUMBER = 0x7365616C  # one sealer at a time


class NothingToSeal(LookupError):
    """No entry was written since the last seal."""


def seal_evidence(*, by: str, at: datetime) -> EvidenceSeal:
    """
    Return the new seal; keep its head where the database's administrators have no hand. Refuses NothingToSeal.

    Waits for writers under way, so that no entry with a lower id can still appear below the seal.
    """
    with transaction.atomic():
        through_id = _last_settled_id()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_NUMBER])
        return _seal(through_id, by=by, at=at)


def _seal(through_id: int, *, by: str, at: datetime) -> EvidenceSeal:
    last = EvidenceSeal.objects.order_by("-through_entry_id").first()
    after_id, made = (last.through_entry_id, sha256(bytes(last.head))) if last else (0, sha256())
    count = 0
    for value in hashes_between(after_id=after_id, through_id=through_id):
        made.update(value)
        count += 1
    if count == 0:
        raise NothingToSeal("no entry since the last seal")
    head = made.digest()
    return EvidenceSeal.objects.create(
        through_entry_id=through_id,
        entries=count,
        head=head,
        mac=seal_mac(head=head, through_entry_id=through_id),
        sealed_at=at,
        by=by,
    )


def _last_settled_id() -> int:
    """Return the last id with nothing uncommitted below it: the lock waits for every writer, and holds new ones."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE outreach_evidenceentry IN SHARE MODE")
        cursor.execute("SELECT coalesce(max(id), 0) FROM outreach_evidenceentry")
        [(last,)] = cursor.fetchall()
    return int(last)
