"""`postloan load-pack FILE|cn`: publish products with their offers and texts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.applications import operations
from postloan.books.products.packs import PackRefused, pack_files, read_pack


class Command(BaseCommand):
    help = "Publish product packs: a TOML file of yours, or a set that comes with Postloan (cn)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pack", metavar="FILE|SET", help="a pack file, or the name of a set: cn")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            packs = [read_pack(file=file) for file in pack_files(name=options["pack"])]
            for pack in packs:
                loaded = operations.load_pack(pack=pack, by="load-pack", at=timezone.now())
                version, rules = loaded.product_version.version_no, loaded.offer_rules.version_no
                self.stdout.write(f"{pack.code}: terms v{version}, offer v{rules}, {len(loaded.texts)} texts")
        except (PackRefused, operations.PackTextMissing) as refusal:
            raise CommandError(str(refusal)) from None
