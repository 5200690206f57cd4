"""Prove that the loans' own figures tie to the ledger, to the minor unit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.books.payments.ties import get_ties


class Command(BaseCommand):
    """`postloan check-books`"""

    help = "Compare every receivable in the ledger with the loans, instalments and receipts it stands for."

    def handle(self, *args: Any, **options: Any) -> None:
        ties = get_ties()
        for tie in ties:
            word = "ties" if tie.holds else "DIFFERS"
            self.stdout.write(f"{tie.account:<22}{tie.ledger_minor:>20,}{tie.sub_ledger_minor:>20,}  {word}")
        if not all(tie.holds for tie in ties):
            raise CommandError("ledger and loans differ")
