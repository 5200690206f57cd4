"""Quote loans: terms as JSON in, schedules as JSON out. Needs no database."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.books.products.packs import find_shipped_product
from postloan.kernel.quoting import QuoteRefused, answer, quote_lines, quote_schema, terms_schema

WRONG_INPUT = 2


class Command(BaseCommand):
    """`postloan quote [FILE] [--lines] [--schema terms|quote]`"""

    help = (
        "Read the terms of a loan as JSON from FILE or standard input and write its schedule with every row and "
        "the totals; or a product by its code, an account with its bills, or bare cash_flows with their annual rates. A file that ends in .jsonl, or --lines, is JSON Lines: one loan a line, one answer a line. "
        "Wrong input: exit code 2, the field named on standard error."
    )
    needs_database = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="a file of terms; - or nothing is standard input")
        parser.add_argument("--lines", action="store_true", help="the input is JSON Lines")
        parser.add_argument("--schema", choices=["terms", "quote"], help="print the JSON schema of input or output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            schema = terms_schema() if options["schema"] == "terms" else quote_schema()
            self.stdout.write(json.dumps(schema, indent=2))
        elif options["lines"] or options["file"].endswith((".jsonl", ".ndjson")):
            self._quote_lines(options["file"])
        else:
            self._quote_one(options["file"])

    def _quote_one(self, file: str) -> None:
        try:
            found = answer(text="".join(_lines_of(file)), find_product=find_shipped_product)
        except QuoteRefused as refusal:
            raise CommandError(str(refusal), returncode=WRONG_INPUT) from refusal
        self.stdout.write(found.model_dump_json(indent=2))

    def _quote_lines(self, file: str) -> None:
        refused = 0
        for number, found in quote_lines(lines=_lines_of(file), find_product=find_shipped_product):
            if isinstance(found, QuoteRefused):
                refused += 1
                error = {"line": number, "field": found.field, "message": found.message}
                self.stdout.write(json.dumps({"error": error}, ensure_ascii=False))
                self.stderr.write(f"line {number}: {found}")
            else:
                self.stdout.write(found.model_dump_json())
        if refused:
            raise CommandError(f"{refused} of the loans could not be quoted", returncode=WRONG_INPUT)


def _lines_of(file: str) -> Iterator[str]:
    """Yield the lines of a file or of standard input; what cannot be read is a refusal of the field `file`."""
    try:
        if file == "-":
            yield from sys.stdin
            return
        with Path(file).open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"file: {error}", returncode=WRONG_INPUT) from error
