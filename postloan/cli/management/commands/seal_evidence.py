"""`postloan seal-evidence`: one head over everything written since the last seal."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from postloan.care.outreach import operations


class Command(BaseCommand):
    help = "Seal the evidence written since the last seal and print its head, to be kept elsewhere."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seal = operations.seal_evidence(by="seal-evidence", at=timezone.now())
        except operations.NothingToSeal as refusal:
            self.stdout.write(f"{refusal}")
            return
        self.stdout.write(f"{seal.head_text}  {seal.entries} entries, through entry {seal.through_entry_id}")
