"""Columns in and out of the database inside Django's own transaction, by COPY."""

from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection

TYPES = {
    pl.Int64: "bigint",
    pl.Int16: "smallint",
    pl.Int32: "integer",
    pl.Date: "date",
    pl.String: "text",
    pl.Boolean: "boolean",
}


def stage(*, name: str, rows: pl.DataFrame) -> None:
    """Put rows into a temporary table of this transaction, made anew."""
    columns = ", ".join(f"{column} {TYPES[type(dtype)]}" for column, dtype in rows.schema.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
        cursor.execute(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
    copy_in(table=f"pg_temp.{name}", rows=rows)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE pg_temp.{name}")


def copy_in(*, table: str, rows: pl.DataFrame) -> None:
    """Add rows to a table; columns not given take their defaults."""
    if rows.is_empty():
        return
    written = BytesIO()
    rows.write_csv(written, include_header=False)
    names = ", ".join(rows.columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(written.getbuffer())


def copy_out(*, sql: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return the rows of a query with these columns. `sql` is written by code, never from input."""
    read = BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        for portion in copy:
            read.write(portion)
    if not read.tell():
        return pl.DataFrame(schema=schema)
    read.seek(0)
    texts = {name: pl.String if dtype == pl.Boolean else dtype for name, dtype in schema.items()}
    frame = pl.read_csv(read, has_header=False, new_columns=list(schema), schema=texts)
    flags = [name for name, dtype in schema.items() if dtype == pl.Boolean]
    return frame.with_columns(pl.col(name) == "t" for name in flags)


def run(sql: str, parameters: dict[str, Any] | None = None) -> int:
    """Run one statement; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
