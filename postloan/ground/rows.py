"""Write changed rows of the ORM back in one statement, whatever their number."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import CompositePrimaryKey, Field, Model


def update_rows(*, rows: Sequence[Model], fields: Sequence[str]) -> None:
    """
    Write `fields` of saved `rows` (of one model) to the database: one UPDATE … FROM unnest of arrays.

    The same as `bulk_update`, whose CASE grows with rows × fields and takes some
    twenty times as long for a thousand rows.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001 - the documented way to a model's columns
    key = meta.pk
    keys = [meta.get_field(name) for name in key.field_names] if isinstance(key, CompositePrimaryKey) else [key]
    columns = [*keys, *(meta.get_field(name) for name in fields)]
    names = [connection.ops.quote_name(str(column.column)) for column in columns]
    arrays = ", ".join(f"%s::{column.db_type(connection)}[]" for column in columns)
    setting = ", ".join(f"{name} = new.{name}" for name in names[len(keys) :])
    found = " AND ".join(f"old.{name} = new.{name}" for name in names[: len(keys)])
    table = connection.ops.quote_name(meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} old SET {setting} FROM unnest({arrays}) AS new ({', '.join(names)}) WHERE {found}",
            [_values(rows, column) for column in columns],
        )


def _values(rows: Sequence[Model], column: "Field[Any, Any]") -> list[object]:
    return [column.get_db_prep_save(getattr(row, column.attname), connection) for row in rows]
