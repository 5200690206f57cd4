"""
The floor of a close: the time PostgreSQL takes for the same rows, and nothing else.

A close is run once with everything it writes kept. On a fresh copy of the book
the same rows are then written bare, in one transaction: new ones by COPY into
their tables, changed ones by COPY into a staging table and one UPDATE … FROM.
The tables are the real ones with their indexes and constraints (`floor`); for
comparison the new rows are also copied into tables that have neither (`plain`).
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

import polars as pl

from postloan.books import columns as columns_module
from postloan.books.columns import Columns, column_transaction

STAGING = "bench_staged"


@dataclass
class Written:
    """What a close wrote: rows added and rows changed, table by table."""

    added: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    changed: dict[tuple[str, tuple[str, ...]], list[pl.DataFrame]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(rows.height for each in (*self.added.values(), *self.changed.values()) for rows in each)


@contextmanager
def keeping_what_is_written() -> Iterator[Written]:
    """Keep every row written through the door for columns while the block runs, in this process."""
    written = Written()
    append, update = columns_module.Columns.append, columns_module.Columns.update

    def keep_append(self: Columns, *, table: str, rows: pl.DataFrame) -> None:
        if rows.height:
            written.added.setdefault(table, []).append(rows)
        append(self, table=table, rows=rows)

    def keep_update(self: Columns, *, table: str, keys: Sequence[str], rows: pl.DataFrame) -> None:
        if rows.height:
            written.changed.setdefault((table, tuple(keys)), []).append(rows)
        update(self, table=table, keys=keys, rows=rows)

    with (
        mock.patch.object(columns_module.Columns, "append", keep_append),
        mock.patch.object(columns_module.Columns, "update", keep_update),
    ):
        yield written


def read_entries(*, after_id: int) -> pl.DataFrame:
    """Return the journal entries that a close wrote."""
    with column_transaction() as columns:
        return columns.read(
            "SELECT id, business_date, kind, source, currency, recorded_at FROM ledger_journalentry "
            f"WHERE id > {after_id} ORDER BY id"
        )


def last_entry_id() -> int:
    """Return the last journal entry of the book."""
    with column_transaction() as columns:
        return int(columns.read("SELECT coalesce(max(id), 0) AS id FROM ledger_journalentry")["id"][0])


def write_bare(*, written: Written, entries: pl.DataFrame) -> float:
    """Write the same rows into the real tables and return the seconds, commit included."""
    added = {table: pl.concat(rows) for table, rows in written.added.items()}
    changed = {key: pl.concat(rows) for key, rows in written.changed.items()}
    began = time.perf_counter()
    with column_transaction() as columns:
        if entries.height:
            columns.append(table="ledger_journalentry", rows=entries)
        for (table, keys), rows in changed.items():
            columns.stage(name=STAGING, rows=rows)
            values = ", ".join(f"{name} = staged.{name}" for name in rows.columns if name not in keys)
            found = " AND ".join(f"{table}.{key} = staged.{key}" for key in keys)
            columns.execute(f"UPDATE {table} SET {values} FROM pg_temp.{STAGING} staged WHERE {found}")
        for table, rows in added.items():
            columns.append(table=table, rows=rows)
    return time.perf_counter() - began


def write_plain(*, written: Written) -> float:
    """Copy all the rows, new and changed, into tables without index, constraint or trigger; return the seconds."""
    frames = {f"plain_new_{table}": pl.concat(rows) for table, rows in written.added.items()}
    frames |= {f"plain_changed_{table}": pl.concat(rows) for (table, _), rows in written.changed.items()}
    with column_transaction() as columns:
        for name, rows in frames.items():
            table = name.removeprefix("plain_new_").removeprefix("plain_changed_")
            columns.execute(f"CREATE TABLE {name} AS SELECT {', '.join(rows.columns)} FROM {table} LIMIT 0")
    began = time.perf_counter()
    with column_transaction() as columns:
        for name, rows in frames.items():
            columns.append(table=name, rows=rows)
    return time.perf_counter() - began
