"""`postloan erase-expired`: erase contact records and texts whose time is over; the proof stays."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.care.outreach import operations


class Command(BaseCommand):
    help = "Erase contact records and texts of messages kept long enough, leaving proof of each on the chain."

    def handle(self, *args: Any, **options: Any) -> None:
        total = {"contacts": 0, "decisions": 0, "texts": 0}
        try:
            while True:
                gone = operations.erase_expired(at=timezone.now(), by="erase-expired")
                for name in total:
                    total[name] += getattr(gone, name)
                if not (gone.contacts or gone.decisions or gone.texts):
                    break
        except operations.EvidenceBroken as refusal:
            raise CommandError(f"not erased, for it is not what its entry says: {refusal}") from refusal
        self.stdout.write(", ".join(f"{count} {name}" for name, count in total.items()) + " erased")
