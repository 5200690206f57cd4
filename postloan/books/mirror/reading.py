"""
Rows of a core's file, whatever its form: CSV (plain or gzipped), JSON lines or Parquet.

Every value becomes the text the mapping describes, so one set of rules reads all forms.
Rows are counted as an editor shows them: of a CSV the header is row 1, of JSON lines the first
line, of Parquet the first row.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.books.loans.importing.reading import ColumnsMissing, Layout, Row, TapeUnreadable, read_rows

JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")


def read_file_rows(*, file: Path, layout: Layout) -> Iterator[Row]:
    """Give every row of the file. Refuses with TapeUnreadable or ColumnsMissing."""
    suffix = file.suffix.lower()
    if suffix in JSON_LINES:
        return _json_lines(file, layout)
    if suffix in PARQUET:
        return _parquet(file, layout)
    return read_rows(file=file, mapping=layout)


def rows_of_objects(*, objects: list[dict[str, Any]], layout: Layout) -> list[Row]:
    """Return the rows of objects that came over the network; keys are the mapping's column names."""
    return [_row(no, each, layout.mapped_columns()) for no, each in enumerate(objects, start=1)]


def _json_lines(file: Path, layout: Layout) -> Iterator[Row]:
    names = layout.mapped_columns()
    no = 0
    try:
        with file.open(encoding=layout.tape.encoding) as stream:
            for no, line in enumerate(stream, start=1):
                if line.strip():
                    # Numbers stay the text they were: 0.1 must not become a float.
                    yield _row(no, json.loads(line, parse_float=str, parse_int=str), names)
    except json.JSONDecodeError as error:
        raise TapeUnreadable(f"line {no} is no JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise TapeUnreadable(f"not {layout.tape.encoding} text after line {no}") from None
    except OSError as error:
        raise TapeUnreadable(f"{file.name} cannot be read: {error.strerror}") from None


def _row(no: int, value: Any, names: list[str]) -> Row:
    if not isinstance(value, dict):
        return Row(no, [], "is no object")
    missing = [name for name in names if name not in value]
    if missing:
        return Row(no, [], f"lacks {', '.join(missing)}")
    texts = [_text(value[name]) for name in names]
    odd = next((name for name, text in zip(names, texts, strict=True) if "\0" in text), None)
    return Row(no, [], f"a NUL in {odd}") if odd else Row(no, texts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)


def _parquet(file: Path, layout: Layout) -> Iterator[Row]:
    names = layout.mapped_columns()
    try:
        with pq.ParquetFile(file) as opened:
            missing = [name for name in names if name not in opened.schema_arrow.names]
            if missing:
                raise ColumnsMissing(f"the file lacks {', '.join(repr(name) for name in missing)}")
            no = 0
            for batch in opened.iter_batches(batch_size=10_000, columns=names):
                columns = [batch.column(name).to_pylist() for name in names]
                for values in zip(*columns, strict=True):
                    no += 1
                    yield Row(no, [_text(value) for value in values])
    except (pa.ArrowException, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TapeUnreadable(f"{file.name} is no Parquet that can be read: {reason}") from None
