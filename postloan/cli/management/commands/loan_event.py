"""`postloan loan-event --loan ID --file event.json [--preview]`: let an event happen to a loan, or show what it would change."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.payments import operations
from postloan.kernel.engine import EventRefused

REFUSALS = (EventRefused, ValueError, LookupError)


class Command(BaseCommand):
    """One event as JSON, its kind and fields as docs/rules/loan_events.md names them."""

    help = (
        "Record an event of a loan from a JSON file (- is standard input): its kind and the fields of that kind, "
        "amounts in minor units. With --preview nothing is kept. A refusal is named, exit code 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loan", type=int, required=True, metavar="ID")
        parser.add_argument("--file", default="-", metavar="FILE", help="the event; - is standard input")
        parser.add_argument("--by", default="loan-event", metavar="NAME", help="who lets it happen")
        parser.add_argument("--preview", action="store_true", help="show what it would change and keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = json.loads(_text_of(options["file"]))
            if not isinstance(told, dict):
                raise CommandError("the file holds no JSON object")
            made = operations.record_event(
                loan_id=options["loan"], told=told, by=options["by"], at=timezone.now(), preview=options["preview"]
            )
        except REFUSALS as refusal:
            raise CommandError(f"{type(refusal).__name__}: {refusal}") from None
        self.stdout.write(f"{made.kind}: {'preview, nothing is kept' if made.is_preview else 'recorded'}")
        self.stdout.write(f"status   {made.status[0]} -> {made.status[1]}")
        self._write_plans(made)
        for debit, credit, amount in made.postings:
            self.stdout.write(f"posting  {debit:<22}{credit:<22}{amount:>16,}")

    def _write_plans(self, made: operations.RecordedEvent) -> None:
        if made.plan_before == made.plan_after:
            self.stdout.write("plan     stays")
            return
        for title, plan in (("before", made.plan_before), ("after", made.plan_after)):
            for number, due_date, principal, interest, fee in plan:
                self.stdout.write(f"{title:<9}{number:>5} {due_date} {principal:>14,}{interest:>14,}{fee:>12,}")


def _text_of(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
