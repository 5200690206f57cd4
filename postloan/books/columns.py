"""
The door for columns: whole tables in and out of the database as Arrow, in one transaction.

Bulk work (the close, an import) reads with `read` and writes with `append` and
`update`: COPY into the table, or COPY into a staging table and one UPDATE …
FROM out of it. It runs on a connection of its own, beside Django's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
from django.db import connection as django_connection
from psycopg.conninfo import make_conninfo

_NOT_FOR_LIBPQ = {"context", "cursor_factory", "prepare_threshold", "client_encoding"}


class Columns:
    """One transaction on the database whose rows travel as columns. Made by `column_transaction`."""

    def __init__(self, *, connection: adbc.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        """Run one statement that returns nothing. `sql` is written by code, never from input."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def read(self, sql: str) -> pl.DataFrame:
        """Return the rows of a query, one column an attribute, dates and lists as such."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            frame = pl.from_arrow(cursor.fetch_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def append(self, *, table: str, rows: pl.DataFrame) -> None:
        """Add rows to a table; columns not given take their defaults."""
        if rows.height:
            with self._connection.cursor() as cursor:
                cursor.adbc_ingest(table, rows.to_arrow(), mode="append")

    def stage(self, *, name: str, rows: pl.DataFrame) -> None:
        """Put rows into a temporary table of this transaction's connection, made anew."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.adbc_ingest(name, rows.to_arrow(), mode="create", temporary=True)
            cursor.execute(f"ANALYZE pg_temp.{name}")

    def update(self, *, table: str, keys: Sequence[str], rows: pl.DataFrame) -> None:
        """Set the other columns of `rows` on the rows of `table` found by `keys`, in one statement."""
        if rows.height:
            staging = f"staged_{table}"
            self.stage(name=staging, rows=rows)
            values = ", ".join(f"{name} = {staging}.{name}" for name in rows.columns if name not in keys)
            found = " AND ".join(f"{table}.{key} = {staging}.{key}" for key in keys)
            self.execute(f"UPDATE {table} SET {values} FROM pg_temp.{staging} WHERE {found}")


@contextmanager
def column_transaction(*, is_repeatable: bool = False) -> Iterator[Columns]:
    """
    Open one transaction for columns on Django's database; commits at the end of the block, or rolls all back.

    A repeatable one need not wait for the disk: should the machine fail within the
    next moments it may be lost as a whole, and whoever ran it finds it undone and
    runs it again. Inside `connection_kept_open` the connection is used again.
    """
    connection = _kept.get()
    is_kept = connection is not None
    if connection is None:
        connection = _connect()
    try:
        columns = Columns(connection=connection)
        if is_repeatable:
            columns.execute("SET LOCAL synchronous_commit = off")
        yield columns
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        if not is_kept:
            connection.close()


@contextmanager
def connection_kept_open() -> Iterator[None]:
    """Use one connection for all transactions of the block, one after another; for workers that do many."""
    connection = _connect()
    token = _kept.set(connection)
    try:
        yield
    finally:
        _kept.reset(token)
        connection.close()


_kept: ContextVar[adbc.Connection | None] = ContextVar("kept", default=None)


def _connect() -> adbc.Connection:
    params = django_connection.get_connection_params()
    conninfo = make_conninfo(**{name: value for name, value in params.items() if name not in _NOT_FOR_LIBPQ})
    return adbc.connect(conninfo, autocommit=False)
