"""
How fast a book is taken over, and how near that is to the floor.

    python benchmarks/import_book.py [--loans 100000] [--runs 3] [--workers N]

A seeded tape of N loans of 36 instalments, each with a customer whose name,
e-mail and telephone number are encrypted, is imported into a fresh database,
several times. The floor is the bare COPY of the same rows into unlogged tables
without index or constraint, measured in the same run; nothing that stores the
rows at all can be faster than that. Memory is that of all processes of the
import and of the database's own process, without what they share.

Uses the server at DATABASE_URL, or the embedded one; every database it makes
is dropped again.
"""

import argparse
import csv
import gzip
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

import django
import psycopg
from memory import family, kib
from psycopg import sql

SEED = 20180630
AS_OF = date(2018, 6, 30)
STATUSES = (("current", 930), ("late", 50), ("paid off", 15), ("written off", 5))

MAPPING = """
[tape]
source = "benchmark"
[product]
code = "benchmark_loan"
name = "Benchmark loan"
terms = "product.toml"
[columns]
loan_id = "loan"
principal = "amount"
rate = "rate"
instalments = "term"
instalment = "instalment"
disbursed_date = "paid_out"
status = "status"
balance = "balance"
paid_principal = "paid_principal"
paid_interest = "paid_interest"
grade = "grade"
[statuses]
"current" = { meaning = "current" }
"late" = { meaning = "late", from_days = 1, to_days = 90 }
"paid off" = { meaning = "paid_off" }
"written off" = { meaning = "charged_off" }
[customer]
name = "name"
email = "email"
phone = "phone"
phone_region = "US"
time_zone = { fixed = "America/New_York" }
"""
TERMS = """
currency = "USD"
[schedule]
instalment_rounding = "up"
"""
HEADER = (
    "loan", "amount", "rate", "term", "instalment", "paid_out", "status", "balance", "paid_principal", "paid_interest",
    "grade", "name", "email", "phone",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    from postloan.config.database import database_in_use

    with tempfile.TemporaryDirectory() as folder, database_in_use() as keeper:
        django.setup()
        place = Path(folder)
        _write_tape(place=place, loans=options.loans)
        bench = _Bench(keeper=keeper, place=place)
        results = [bench.run(workers=options.workers, last=run == options.runs - 1) for run in range(options.runs)]
    seconds = statistics.median(result.seconds for result in results)
    floor = results[-1].floor_seconds
    print(f"loans             {options.loans:,} of 36 instalments, personal data encrypted")
    print(f"import            {', '.join(f'{result.seconds:.1f}' for result in results)} s, median {seconds:.1f} s")
    print(f"rate              {options.loans / seconds:,.0f} loans/s")
    print(f"peak memory       {max(result.peak_mib for result in results):,.0f} MiB")
    print(f"floor, bare COPY  {floor:.1f} s, {options.loans / floor:,.0f} loans/s")
    print(f"import over floor {seconds / floor:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the import of a book.")
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int)
    return parser.parse_args()


# --- the tape ------------------------------------------------------------------------------------


def _write_tape(*, place: Path, loans: int) -> None:
    """Write a plausible book: loans of the last two years on their plan, some of them a little off it."""
    (place / "mapping.toml").write_text(MAPPING)
    (place / "product.toml").write_text(TERMS)
    dice = random.Random(SEED)
    words = [word for word, weight in STATUSES for _ in range(weight)]
    with gzip.open(place / "tape.csv.gz", "wt", encoding="utf-8", newline="", compresslevel=1) as text:
        writer = csv.writer(text)
        writer.writerow(HEADER)
        for number in range(loans):
            writer.writerow(_row(number=number, dice=dice, status=words[number % len(words)]))


def _row(*, number: int, dice: random.Random, status: str) -> list[object]:
    amount = dice.randrange(1_000, 40_000, 25)
    rate_ppm = dice.randrange(50_000, 300_000, 100)
    months = dice.randrange(4, 30)
    year, month = divmod(2018 * 12 + 5 - months, 12)
    factor = rate_ppm / 12_000_000
    level = amount * factor / (1 - (1 + factor) ** -36)
    left = amount * 100
    interest = 0
    for _ in range(months if status == "current" else months - 2):
        due = round(left * factor)
        interest += due
        left -= round(level * 100) - due
    if status == "paid off":
        left = 0
    if dice.random() < 0.3:
        left = max(left - dice.randrange(0, 5_000), 0) if status != "paid off" else 0
    paid = amount * 100 - left
    return [
        f"L{number:08d}", amount, f"{rate_ppm / 10_000:.2f}", 36, f"{level + 0.005:.2f}",
        date(year, month + 1, dice.randrange(1, 29)).isoformat(), status, f"{left / 100:.2f}", f"{paid / 100:.2f}",
        f"{interest / 100:.2f}", "ABCDEFG"[number % 7], f"Sample Person {number}", f"person.{number}@example.org",
        f"(212) 555-01{number % 100:02d}",
    ]  # fmt: skip


# --- the runs ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Result:
    seconds: float
    peak_mib: float
    floor_seconds: float


class _Bench:
    def __init__(self, *, keeper: object, place: Path) -> None:
        self.keeper, self.place = keeper, place
        self.address = replace(keeper, name=f"bench_postloan_{os.getpid()}")  # type: ignore[type-var]

    def run(self, *, workers: int | None, last: bool) -> _Result:
        """Import into a fresh database; after the last run measure the floor with what now stands there."""
        with self._database():
            with _MemoryMeter() as meter:
                seconds = self._import(workers=workers)
            floor = self._floor() if last else 0.0
        return _Result(seconds, meter.peak_mib, floor)

    def _import(self, *, workers: int | None) -> float:
        from postloan.books.loans import operations
        from postloan.books.loans.importing.mapping import load_mapping

        start = time.perf_counter()
        imported = operations.import_book(
            tape=self.place / "tape.csv.gz",
            mapping=load_mapping(file=self.place / "mapping.toml"),
            as_of=AS_OF,
            by="benchmark",
            at=datetime.now(tz=UTC),
            workers=workers,
        )
        seconds = time.perf_counter() - start
        assert imported.loaded == imported.rows, imported.bad_rows[:5]
        print(f"  {imported.loaded:,} loans in {seconds:.1f} s", file=sys.stderr)
        return seconds

    def _floor(self) -> float:
        """Return the seconds of COPY alone, of all rows of all tables, into bare unlogged tables."""
        from postloan.books.loans.importing.copy_text import TABLES

        total = 0.0
        with psycopg.connect(**self.address.connection_arguments()) as connection:
            for table, names in TABLES.items():
                columns = sql.SQL(", ").join(map(sql.Identifier, names))
                bare = sql.Identifier(f"bare_{table}")
                file = self.place / table
                with (
                    file.open("wb") as out,
                    connection.cursor().copy(
                        sql.SQL("COPY {} ({}) TO STDOUT (FORMAT csv)").format(sql.Identifier(table), columns)
                    ) as copy,
                ):
                    for part in copy:
                        out.write(part)
                connection.execute(
                    sql.SQL("CREATE UNLOGGED TABLE {} AS SELECT {} FROM {} LIMIT 0").format(
                        bare, columns, sql.Identifier(table)
                    )
                )
                start = time.perf_counter()
                with (
                    file.open("rb") as source,
                    connection.cursor().copy(
                        sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(bare, columns)
                    ) as copy,
                ):
                    while part := source.read(1 << 20):
                        copy.write(part)
                total += time.perf_counter() - start
                file.unlink()
            connection.rollback()
        return total

    @contextmanager
    def _database(self) -> Iterator[None]:
        from django.core.management import call_command
        from django.db import connections

        name = sql.Identifier(self.address.name)
        with psycopg.connect(**self.keeper.connection_arguments(), autocommit=True) as keeping:  # type: ignore[attr-defined]
            keeping.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            keeping.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
            try:
                for settings in (connections.settings["default"], connections["default"].settings_dict):
                    settings.update(self.address.settings() | {"OPTIONS": settings.get("OPTIONS", {})})
                call_command("migrate", verbosity=0, interactive=False)
                keeping.execute("CHECKPOINT")
                yield
            finally:
                connections.close_all()
                keeping.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


class _MemoryMeter:
    """Looks ten times a second at the memory of this process, its children and its database process (Linux)."""

    def __enter__(self) -> Self:
        from django.db import connection

        connection.ensure_connection()
        self.peak_mib = 0.0
        self._backend = (
            connection.connection.info.backend_pid if connection.settings_dict["HOST"].startswith("/") else 0
        )
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            held_kib = kib(self._backend, "status", "RssAnon:") if self._backend else 0
            for pid in family(os.getpid()):
                # The embedded server is a child too: of it only the process that serves the import, and not its buffers.
                if not _is_postgres(pid):
                    held_kib += kib(pid, "smaps_rollup", "Pss:")
            self.peak_mib = max(self.peak_mib, held_kib / 1024)


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return True


if __name__ == "__main__":
    main()
