"""
Read a tape row by row, from a plain or gzipped CSV file of any size.

Whatever is wrong with the file itself is found here and told with the row at
which it was found. Rows are counted as a spreadsheet shows them: the header is
row 1. Messages never quote the tape, which is full of personal data.
"""

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Protocol

from postloan.books.loans.importing.mapping import Tape

ROWS_OF_BLOCK = 10_000  # a multiple of 1,000, the neighbourhood in which invented people hold several loans
FIRST_ROW = 2  # the header is row 1
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
NOT_BY_LINE = ("utf_16", "utf_32")  # encodings whose line ends are not single bytes
DELIMITERS = ",;\t|"


class TapeUnreadable(ValueError):
    """The file is not the CSV the mapping says: missing, broken, cut off, of another encoding or delimiter."""


class ColumnsMissing(ValueError):
    """The header lacks a column that the mapping names, or has it twice."""


class Layout(Protocol):
    """What a reader needs of a mapping: how the text is written, and which columns are wanted."""

    @property
    def tape(self) -> Tape: ...

    def mapped_columns(self) -> list[str]: ...


@dataclass(frozen=True)
class Row:
    """One row: the texts of the mapped columns in the order of the mapping, or what is wrong with the row."""

    row_no: int
    texts: list[str]
    fault: str = ""


def sha256_of(*, file: Path) -> str:
    """Return the SHA-256 of the file's bytes. Refuses with TapeUnreadable where there is no such file."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise TapeUnreadable(f"{file.name} cannot be read: {error.strerror}") from None


def read_rows(*, file: Path, mapping: Layout) -> Iterator[Row]:
    """
    Give every row after the header, wrong ones too.

    Refuses with TapeUnreadable or ColumnsMissing, the moment the fault is reached.
    """
    with ExitStack() as stack:
        reader = csv.reader(
            _without_nul(_lines(_opened(file, stack), mapping.tape.encoding)),
            delimiter=mapping.tape.delimiter,
            strict=True,
        )
        yield from _rows(reader=reader, mapping=mapping)


def _rows(*, reader: Iterator[list[str]], mapping: Layout) -> Iterator[Row]:
    row_no = 1
    try:
        header = next(reader, None)
        if not header:
            raise TapeUnreadable("the file is empty")
        places = _places(header=header, mapping=mapping)
        width = len(header)
        for fields in reader:
            row_no += 1
            if len(fields) == width:
                yield Row(row_no, [fields[place] for place in places])
            else:
                yield Row(row_no, [], _width_fault(fields=len(fields), width=width))
    except UnicodeDecodeError as error:
        raise TapeUnreadable(
            f"not {mapping.tape.encoding} text at row {row_no + 1}: name the right encoding in the mapping"
        ) from error
    except csv.Error as error:
        raise TapeUnreadable(f"no readable CSV at row {row_no + 1}: {error} (a quotation mark left open?)") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TapeUnreadable(f"the gzip file is broken or cut off, read as far as row {row_no}: {error}") from None
    except OSError as error:
        raise TapeUnreadable(f"the file cannot be read: {error.strerror or error}") from None


def _width_fault(*, fields: int, width: int) -> str:
    found = f"has {fields} fields where the header has {width}"
    return f"{found} (is the file cut off?)" if fields < width else found


def _places(*, header: list[str], mapping: Layout) -> list[int]:
    names = [name.strip() for name in header]
    wanted = mapping.mapped_columns()
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ColumnsMissing(_missing_message(missing=missing, names=names, delimiter=mapping.tape.delimiter))
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise ColumnsMissing(f"the header has column {twice[0]!r} twice")
    return [names.index(name) for name in wanted]


def _missing_message(*, missing: list[str], names: list[str], delimiter: str) -> str:
    others = [mark for mark in DELIMITERS if mark != delimiter and mark in names[0]]
    if len(names) == 1 and others:
        return f"the header has one column only: the delimiter seems to be {others[0]!r}, not {delimiter!r}"
    hints = []
    for name in missing:
        close = get_close_matches(name, names, n=1)
        hints.append(f"{name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"the header lacks {', '.join(hints)}"


def _opened(file: Path, stack: ExitStack) -> BinaryIO:
    try:
        raw = stack.enter_context(file.open("rb"))
        magic = raw.read(4)
        raw.seek(0)
    except OSError as error:
        raise TapeUnreadable(f"{file.name} cannot be read: {error.strerror}") from None
    if not magic:
        raise TapeUnreadable("the file is empty")
    if magic.startswith(ZIP_MAGIC):
        raise TapeUnreadable("the file is a zip archive or a workbook: save it as CSV")
    is_gzip = magic.startswith(GZIP_MAGIC)
    if file.suffix == ".gz" and not is_gzip:
        raise TapeUnreadable("the file is named .gz but is not gzip")
    if not is_gzip:
        return raw
    return io.BufferedReader(stack.enter_context(gzip.open(raw)), 1 << 20)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Decode line by line, so that a fault has its row; a byte order mark is dropped."""
    try:
        name = codecs.lookup(encoding).name.replace("-", "_")
    except LookupError:
        raise TapeUnreadable(f"there is no encoding {encoding!r}") from None
    if name.startswith(NOT_BY_LINE):
        yield from io.TextIOWrapper(stream, encoding=encoding, newline="")
        return
    if name.startswith("utf_8"):
        yield stream.readline().removeprefix(codecs.BOM_UTF8).decode(encoding)
    for line in stream:
        yield line.decode(encoding)


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise TapeUnreadable(f"a NUL byte on line {number}: this is not a text file, or it is damaged")
        yield line
