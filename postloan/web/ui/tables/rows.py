"""
Where a table's rows come from, read a page at a time by their key and never by counting past those before.

A page is "the fifty rows after this one". It costs the same at the beginning and at the end of a book of a million
loans, and rows that come or go meanwhile neither repeat nor hide others (docs/decisions/0080-pages-by-key.md). Rows
without a value in the column they are ordered by come last, in either direction.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

COUNT_MOST = 10_000  # what is more is said to be more: counting a book takes longer than showing a page of it


@dataclass(frozen=True)
class Sort:
    """
    A column rows can be ordered by. `has_index` says that the database can begin anywhere in that order.

    Where it cannot, the order is offered only as long as no more than COUNT_MOST rows fit the filters.
    """

    field: str
    is_nullable: bool = False
    has_index: bool = True


@dataclass(frozen=True)
class Order:
    """The name of a column and the direction."""

    name: str
    is_descending: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.is_descending else self.name

    @classmethod
    def read(cls, text: str) -> "Order":
        """Return the order written as `name` or `-name`."""
        return cls(name=text.removeprefix("-"), is_descending=text.startswith("-"))


@dataclass(frozen=True)
class Cursor:
    """A row's place in an order: its value there, None for nothing, and its key."""

    value: Any
    key: Any

    def __str__(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, date | datetime) else self.value
        written = json.dumps([value, self.key], separators=(",", ":"), default=str)
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the place that an address names; None for an address that names none."""
        if not text or len(text) > 200:
            return None
        try:
            value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, binascii.Error, TypeError):
            return None
        is_plain = isinstance(value, int | str | None) and isinstance(key, int | str)
        return cls(value=value, key=key) if is_plain else None


@dataclass(frozen=True)
class Placed:
    """A row and where it stands."""

    place: Cursor
    row: Any


class Rows(Protocol):
    """What a table is shown from."""

    @property
    def sorts(self) -> Mapping[str, Sort]:
        """The columns these rows can be ordered by, by the name of the column."""

    def read(self, *, order: Order, cursor: Cursor | None, backwards: bool, limit: int) -> "list[Placed]":
        """Return up to `limit` rows after the cursor, in order; `backwards`: those right before it, in order too."""

    def count(self) -> int:
        """Return how many rows there are, COUNT_MOST + 1 for more."""


class _IsBeyond(Func):
    """`(value, key) > (…)` or `<`: compared as pairs, as an index over both is ordered."""

    output_field = BooleanField()

    def __init__(self, *columns: Any, sign: str) -> None:
        super().__init__(*columns)
        half = ", ".join(["%s"] * (len(columns) // 2))
        self._form = f"({half}) {sign} ({half})"

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        written, parameters = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            written.append(sql)
            parameters += values
        return self._form % tuple(written), parameters


@dataclass(frozen=True)
class QueryRows:
    """Rows of a question to the database. `sorts` names what they can be ordered by; any order of its own is dropped."""

    queryset: "QuerySet[Any]"
    sorts: Mapping[str, Sort]

    def read(self, *, order: Order, cursor: Cursor | None, backwards: bool, limit: int) -> list[Placed]:
        """Read one run of rows with a value and one without: each follows an index, either way."""
        sort = self.sorts[order.name]
        if (at := self._parsed(cursor, sort)) is None and cursor is not None:
            return []
        runs = [self.queryset.filter(~Q(**{f"{sort.field}__isnull": True}))] if sort.is_nullable else [self.queryset]
        if sort.is_nullable:
            runs.append(self.queryset.filter(**{f"{sort.field}__isnull": True}))
        begin = 0 if at is None else int(sort.is_nullable and at.value is None)
        if backwards:
            turn = [(number, runs[number]) for number in range(begin if at else len(runs) - 1, -1, -1)]
        else:
            turn = [(number, runs[number]) for number in range(begin, len(runs))]
        rows: list[Any] = []
        for number, run in turn:
            if len(rows) >= limit:
                break
            here = at if at is not None and number == begin else None
            rows += self._run(run, sort, order, here, backwards, is_valued=number == 0)[: limit - len(rows)]
        placed = [
            Placed(Cursor(row.pk if sort.field == "pk" else getattr(row, sort.field), row.pk), row) for row in rows
        ]
        return placed[::-1] if backwards else placed

    def _run(
        self, run: "QuerySet[Any]", sort: Sort, order: Order, at: Cursor | None, backwards: bool, *, is_valued: bool
    ) -> "QuerySet[Any]":
        falls = order.is_descending != backwards
        by_value = is_valued and sort.field != "pk"
        if at is not None:
            columns = [F(sort.field), F("pk"), Value(at.value), Value(at.key)] if by_value else [F("pk"), Value(at.key)]
            run = run.filter(_IsBeyond(*columns, sign="<" if falls else ">"))
        names = [sort.field, "pk"] if by_value else ["pk"]
        return run.order_by(*(F(name).desc() if falls else F(name).asc() for name in names))

    def _parsed(self, cursor: Cursor | None, sort: Sort) -> Cursor | None:
        """Return the cursor with values the database compares with; None where it fits no such row."""
        if cursor is None:
            return None
        meta = self.queryset.model._meta  # noqa: SLF001 - Django's documented way to a field
        try:
            key = meta.pk.to_python(cursor.key)
            by: Any = meta.pk if sort.field == "pk" else meta.get_field(sort.field)
            value = None if cursor.value is None else by.to_python(cursor.value)
        except (ValidationError, TypeError, ValueError):
            return None
        return Cursor(value=value, key=key)

    def count(self) -> int:
        """Count no further than is told."""
        return self.queryset.order_by().values("pk")[: COUNT_MOST + 1].count()


@dataclass(frozen=True)
class FrameRows:
    """Rows of a Polars frame, such as where loans stood on a day; each row is a dictionary."""

    frame: pl.DataFrame
    key: str
    sorts: Mapping[str, Sort]

    def read(self, *, order: Order, cursor: Cursor | None, backwards: bool, limit: int) -> list[Placed]:
        """Sort, find the place, cut."""
        sort = self.sorts[order.name]
        by = [sort.field, self.key] if sort.field != self.key else [self.key]
        ordered = self.frame.sort(by, descending=order.is_descending, nulls_last=True)
        at = ordered.height if backwards else -1
        if cursor is not None:
            found = ordered.get_column(self.key).index_of(cursor.key) if isinstance(cursor.key, int) else None
            if found is None:
                return []
            at = found
        start = max(at - limit, 0) if backwards else at + 1
        rows = ordered.slice(start, at - start if backwards else limit).to_dicts()
        return [Placed(Cursor(None, row[self.key]), row) for row in rows]

    def count(self) -> int:
        """Return how many rows there are, COUNT_MOST + 1 for more."""
        return min(self.frame.height, COUNT_MOST + 1)


@dataclass(frozen=True)
class ListRows:
    """Rows that are at hand, few of them, in an order of their own. Their place is their number."""

    rows: Sequence[Any]
    sorts: Mapping[str, Sort] = field(default_factory=dict)

    def read(self, *, order: Order, cursor: Cursor | None, backwards: bool, limit: int) -> list[Placed]:
        """Cut the rows after, or before, the one with that number."""
        at = cursor.key if cursor is not None and isinstance(cursor.key, int) else None
        if backwards:
            end = len(self.rows) if at is None else max(min(at, len(self.rows)), 0)
            start = max(end - limit, 0)
        else:
            start = 0 if at is None else max(at + 1, 0)
            end = start + limit
        numbered = enumerate(self.rows[start:end], start=start)
        return [Placed(Cursor(None, number), row) for number, row in numbered]

    def count(self) -> int:
        """Return how many rows there are, COUNT_MOST + 1 for more."""
        return min(len(self.rows), COUNT_MOST + 1)
