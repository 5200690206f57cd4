"""
How fast the delta of another core is taken in.

    python benchmarks/sync_book.py [--loans 1000000] [--delta 100000] [--runs 3]

A seeded core of N loans of three rows is followed in a fresh database; then a delta of positions and
one of instalments, each telling so many loans anew, are taken in several times with other figures.
Measured is `sync_file` as a whole: reading, checking, facts, schedule, demands, ageing, record.

Uses the server at DATABASE_URL, or the embedded one; the database it makes is dropped again.
"""

import argparse
import csv
import os
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg
from psycopg import sql

AS_OF = date(2018, 6, 30)
AT = datetime(2018, 7, 1, 1, tzinfo=UTC)
DUES = (date(2018, 6, 10), date(2018, 7, 10), date(2018, 8, 10))
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
instalments = "rows"
disbursed_date = "paid_out"
status = "status"
balance = "balance"
[statuses]
"current" = { meaning = "current" }
"late" = { meaning = "late" }
[customer]
name = "name"
email = "email"
time_zone = { fixed = "Asia/Shanghai" }
[instalments]
loan_id = "loan"
instalment_no = "no"
due_date = "due"
principal_due = "principal"
interest_due = "interest"
principal_paid = "principal_paid"
interest_paid = "interest_paid"
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the sync of another core's book.")
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--delta", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    from postloan.config.database import database_in_use

    with tempfile.TemporaryDirectory() as folder, database_in_use() as keeper:
        django.setup()
        _in_fresh_database(keeper, Path(folder), options)


def _in_fresh_database(keeper: Any, folder: Path, options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connections

    address = replace(keeper, name=f"bench_sync_{os.getpid()}")
    name = sql.Identifier(address.name)
    with psycopg.connect(**keeper.connection_arguments(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
        try:
            for settings in (connections.settings["default"], connections["default"].settings_dict):
                settings.update(address.settings() | {"OPTIONS": settings.get("OPTIONS", {})})
            call_command("migrate", verbosity=0, interactive=False)
            _measure(folder, options)
        finally:
            connections.close_all()
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _measure(folder: Path, options: argparse.Namespace) -> None:
    from postloan.books.ledger.operations import open_books
    from postloan.books.mirror.mapping import load_sync_mapping

    open_books(closed_through_date=AS_OF, by="benchmark", at=AT)
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "product.toml").write_text('currency = "CNY"\nrate_per = "day"\n')
    mapping = load_sync_mapping(file=folder / "mapping.toml")
    first = [
        _timed(folder, kind, mapping, day=AS_OF, loans=options.loans, paid=0) for kind in ("positions", "instalments")
    ]
    print(f"followed          {options.loans:,} loans of {len(DUES)} rows: {first[0]:.1f} s and {first[1]:.1f} s")
    for kind in ("positions", "instalments"):
        seconds = [
            _timed(folder, kind, mapping, day=AS_OF + timedelta(days=1), loans=options.delta, paid=run + 1)
            for run in range(options.runs)
        ]
        middle = statistics.median(seconds)
        told = ", ".join(f"{each:.1f}" for each in seconds)
        print(
            f"delta {kind:<12}{options.delta:,} loans: {told} s, median {middle:.1f} s, {options.delta / middle:,.0f} a second"
        )
    print(f"peak memory       {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def _timed(folder: Path, kind: Any, mapping: Any, *, day: date, loans: int, paid: int) -> float:
    """Write a file in which every loan has paid `paid` yuan of its first row, take it in, and return the seconds."""
    from postloan.books.mirror.operations import sync_file

    file = folder / f"{kind}-{day}-{paid}.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        if kind == "positions":
            writer.writerow(("loan", "amount", "rate", "rows", "paid_out", "status", "balance", "name", "email"))
            writer.writerows(
                (f"L{no:07}", 3_000, "0.04", 3, "2018-05-01", "late", 3_000 - paid, f"Testa {no}", f"p{no}@example.org")
                for no in range(loans)
            )
        else:
            writer.writerow(("loan", "no", "due", "principal", "interest", "principal_paid", "interest_paid"))
            writer.writerows(
                (f"L{no:07}", row, due, 1_000, 20, paid if row == 1 else 0, 0)
                for no in range(loans)
                for row, due in enumerate(DUES, start=1)
                if row == 1 or paid == 0
            )
    started = time.perf_counter()
    sync_file(file=file, kind=kind, mapping=mapping, as_of=day, is_full=False, by="benchmark", at=AT)
    took = time.perf_counter() - started
    file.unlink()
    return took


if __name__ == "__main__":
    main()
