"""`postloan verify-evidence`: prove that no decision, contact, statement or message was changed, removed or slipped in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from postloan.care.outreach.verifying import verify_evidence


class Command(BaseCommand):
    help = "Recompute every chain of evidence and every seal; name what was changed, removed or slipped in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="a seal's head that was kept elsewhere, in hexadecimal")

    def handle(self, *args: Any, head: str = "", **options: Any) -> None:
        try:
            kept = bytes.fromhex(head) if head else None
        except ValueError as error:
            raise CommandError(f"{head} is no head: 64 hexadecimal digits are needed", returncode=2) from error
        verdict = verify_evidence(head=kept)
        for finding in verdict.findings:
            self.stdout.write(str(finding))
        self.stdout.write(
            f"{verdict.entries} entries of {verdict.persons} persons, {verdict.seals} seals over "
            f"{verdict.sealed_entries} entries: {'all hold' if verdict.holds else 'THE EVIDENCE DOES NOT HOLD'}"
        )
        if not verdict.holds:
            raise CommandError(f"{len(verdict.findings)} places where the evidence does not hold")
