"""
What goes back to the cores whose loans are followed: what became of our contacts about them, a file a night.

Only what happened is told. `docs/rules/mirror.md` shows the records, also those of promises and
relief, which join the file once they are agreed here.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.utils import timezone

from postloan.books.loans.models import Loan
from postloan.books.mirror.models import Core
from postloan.care.outreach.models import Contact

CONTACTS_AT_ONCE = 2_000


class DayNotOver(ValueError):
    """The day is not over yet in the lender's time zone: its results are not complete."""


class UnknownCore(LookupError):
    """No file of this source has come."""


@dataclass(frozen=True)
class Written:
    """The file, how many records it holds, and its SHA-256, by which a receiver knows it again."""

    file: Path
    records: int
    sha256: str


def write_core_results(*, source: str, day: date, folder: Path, at: datetime) -> Written:
    """
    Write the results of a day for a core as JSON lines, `SOURCE-results-DATE.jsonl`, and return what was written.

    A record for each contact and followed loan whose outcome became known on the day, in the order of their
    numbers, so writing again gives the same bytes. No names, no addresses: loans by the core's own ids.
    Refuses with UnknownCore and DayNotOver.
    """
    if not Core.objects.filter(source=source).exists():
        raise UnknownCore(source)
    begin, end = (_midnight(day), _midnight(day + timedelta(days=1)))
    if at < end:
        raise DayNotOver(f"{day} is not over before {end}")
    file = folder / f"{source}-results-{day}.jsonl"
    digest, records = hashlib.sha256(), 0
    with NamedTemporaryFile(dir=folder, prefix=".results-", delete=False) as draft:
        path = Path(draft.name)
        try:
            for record in _records(source, begin, end):
                line = json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"
                draft.write(line)
                digest.update(line)
                records += 1
            draft.flush()
            os.fsync(draft.fileno())
        except BaseException:
            path.unlink()
            raise
    path.chmod(0o640)
    path.replace(file)
    return Written(file=file, records=records, sha256=digest.hexdigest())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _records(source: str, begin: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    followed = Loan.objects.filter(source=source, kept_elsewhere=True)
    contacts = Contact.objects.filter(
        customer_id__in=followed.values("customer_id"), settled_at__gte=begin, settled_at__lt=end
    ).order_by("pk")
    last = 0
    while batch := list(contacts.filter(pk__gt=last)[:CONTACTS_AT_ONCE]):
        last = batch[-1].pk
        wanted = {loan_id for contact in batch for loan_id in contact.loan_ids}
        names = dict(followed.filter(pk__in=wanted).values_list("pk", "external_id"))
        for contact in batch:
            for loan_id in sorted(set(contact.loan_ids) & names.keys()):
                yield _record(contact, names[loan_id])


def _record(contact: Contact, loan: str) -> dict[str, Any]:
    assert contact.settled_at is not None
    return {
        "id": f"contact-{contact.pk}",
        "type": "contact_result",
        "loan": loan,
        "direction": contact.direction,
        "channel": contact.channel,
        "purpose": contact.purpose,
        "actor": contact.actor,
        "happened": contact.state == Contact.State.USED,
        "outcome": contact.outcome,
        "at": contact.at.isoformat(),
        "known_at": contact.settled_at.isoformat(),
    }
