"""Write the ledger of a period to a file for other programs."""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.books.accounting.exporting import FORMS, Exported, PeriodIsEmpty, export_ledger


class Command(BaseCommand):
    """`postloan export-ledger --from DATE --to DATE --format csv|beancount|parquet [--by entry|day] [--out FILE]`"""

    help = "Write the ledger of a period, both days included, as CSV, Beancount or Parquet (docs/rules/accounting.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for option, name, text in (
            ("--from", "from_date", "the first business date"),
            ("--to", "through_date", "the last business date, included"),
        ):
            parser.add_argument(option, dest=name, type=date.fromisoformat, required=True, metavar="DATE", help=text)
        parser.add_argument("--format", dest="form", choices=FORMS, required=True)
        parser.add_argument("--by", choices=("entry", "day"), default="entry", help="every posting, or daily sums")
        parser.add_argument("--language", choices=("en", "zh-hans"), default="en", help="of the accounts' names")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = {name: options[name] for name in ("from_date", "through_date", "form", "by", "language")}
        try:
            if options["out"]:
                found = _to_file(options["out"], wishes)
            else:
                found = export_ledger(out=sys.stdout.buffer, **wishes)
        except (PeriodIsEmpty, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{found.rows:,} {'transactions' if options['form'] == 'beancount' else 'rows'}")


def _to_file(path: Path, wishes: dict[str, Any]) -> Exported:
    """Write the file beside its place and move it there when it is whole: nobody reads half of it."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            found = export_ledger(out=file, **wishes)
        except BaseException:
            written.unlink()
            raise
    written.chmod(0o640)
    written.replace(path)
    return found
