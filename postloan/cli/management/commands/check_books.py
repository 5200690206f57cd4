"""Prove that the loans' own figures tie to the ledger, to the minor unit."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.books.accounting.queries import find_unequal_sums
from postloan.books.payments.servicing.checking import check_sample
from postloan.books.payments.ties import get_ties


class Command(BaseCommand):
    """`postloan check-books [--every-posting] [--replay LOANS]`"""

    help = "Compare every receivable in the ledger with the loans, instalments and receipts it stands for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every-posting",
            action="store_true",
            help="also sum every posting ever and compare the daily sums with it",
        )
        parser.add_argument(
            "--replay",
            type=int,
            metavar="LOANS",
            help="also replay so many loans from their events and compare every row; 0 is all of them",
        )
        parser.add_argument("--seed", type=int, default=1, help="which loans the sample takes")

    def handle(self, *args: Any, **options: Any) -> None:
        ties = get_ties()
        for tie in ties:
            word = "ties" if tie.holds else "DIFFERS"
            self.stdout.write(f"{tie.account:<22}{tie.ledger_minor:>20,}{tie.sub_ledger_minor:>20,}  {word}")
        if not all(tie.holds for tie in ties):
            raise CommandError("ledger and loans differ")
        if options["replay"] is not None:
            self._replay(loans=options["replay"], seed=options["seed"])
        if options["every_posting"]:
            unequal = find_unequal_sums()
            for row in unequal:
                self.stdout.write("daily sum differs: " + "  ".join(str(value) for value in row))
            if unequal:
                raise CommandError(f"{len(unequal):,} daily sums are not the sums of their postings")
            self.stdout.write("every daily sum is the sum of its postings")

    def _replay(self, *, loans: int, seed: int) -> None:
        checked = check_sample(loans=loans, seed=seed)
        for mismatch in checked.mismatches:
            self.stdout.write(str(mismatch))
        self.stdout.write(f"{checked.loans:,} loans replayed, {len(checked.mismatches):,} figures differ")
        if checked.mismatches:
            raise CommandError("rows and replay differ")
