"""Ask the gate: cases as JSON Lines in, decisions as JSON Lines out. Needs no database."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postloan.care.outreach.packs import (
    NoSuchPack,
    PackDoesNotFit,
    load_pack,
    overlay_names,
    pack_names,
    read_overlay,
    read_pack,
)
from postloan.kernel.contactrules import (
    CaseRefused,
    OverlayLoosens,
    PolicyPack,
    answer_lines,
    case_schema,
    decision_schema,
    overlay,
    pack_text,
)

WRONG_INPUT = 2


class Command(BaseCommand):
    """`postloan gate --pack cn+house [--overlay FILE] < cases.jsonl`"""

    help = (
        "Decide contacts: read cases (question and history) as JSON Lines from FILE or standard input and write one "
        "decision a line. --schema prints the schema of a case or a decision, --packs lists the packs. A line that "
        "cannot be read is answered by an error that names the field; then the exit code is 2."
    )
    needs_database = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="a file of cases; - or nothing is standard input")
        parser.add_argument(
            "--pack", default="cn", help="name, with overlays after plus signs (us-reg-f+us-ma), or a file"
        )
        parser.add_argument(
            "--overlay", action="append", default=[], help="a file with stricter rules; may be given again"
        )
        parser.add_argument("--words", action="store_true", help="add the reasons in words, English and Chinese")
        parser.add_argument(
            "--schema", nargs="?", const="case", choices=["case", "decision", "pack"], help="print a JSON schema"
        )
        parser.add_argument("--text", choices=["en", "zh"], help="print the pack as readable text")
        parser.add_argument("--packs", action="store_true", help="list the packs and overlays that come with the house")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            schemas = {"case": case_schema, "decision": decision_schema, "pack": PolicyPack.model_json_schema}
            self.stdout.write(json.dumps(schemas[options["schema"]](), indent=2))
            return
        if options["packs"]:
            self.stdout.write(f"packs: {' '.join(pack_names())}\noverlays: {' '.join(overlay_names())}")
            return
        if options["text"]:
            self.stdout.write(pack_text(pack=_pack(options["pack"], options["overlay"]), language=options["text"]))
            return
        self._decide(_pack(options["pack"], options["overlay"]), options["file"], words=options["words"])

    def _decide(self, pack: PolicyPack, file: str, *, words: bool) -> None:
        refused = 0
        for number, answer in answer_lines(pack=pack, lines=_lines_of(file), words=words):
            if isinstance(answer, CaseRefused):
                refused += 1
                error = {"field": answer.field, "message": answer.message}
                self.stdout.write(
                    json.dumps({"id": answer.case_id, "line": number, "error": error}, ensure_ascii=False)
                )
                self.stderr.write(f"line {number}: {answer}")
            else:
                self.stdout.write(answer)
        if refused:
            raise CommandError(f"{refused} of the cases could not be read", returncode=WRONG_INPUT)


def _pack(name: str, overlays: list[str]) -> PolicyPack:
    try:
        pack = read_pack(path=Path(name)) if name.endswith(".toml") else load_pack(name)
        for file in overlays:
            pack = overlay(base=pack, stricter=read_overlay(path=Path(file)))
    except (NoSuchPack, PackDoesNotFit, OverlayLoosens) as refusal:
        raise CommandError(str(refusal.args[0]), returncode=WRONG_INPUT) from refusal
    return pack


def _lines_of(file: str) -> Iterator[str]:
    """Yield the lines of a file or of standard input; what cannot be read is refused."""
    try:
        if file == "-":
            yield from sys.stdin
            return
        with Path(file).open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"file: {error}", returncode=WRONG_INPUT) from error
