"""
The first reading of a tape: how long it is, and which ids stand in it twice.

Ids are kept as 128 bits of hash each, 16 bytes a row, so a tape of millions of
loans is looked through in little memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from postloan.books.loans.importing.blocks import People
from postloan.books.loans.importing.columns import clean
from postloan.books.loans.importing.mapping import Column, Mapping
from postloan.books.loans.importing.reading import ROWS_OF_BLOCK, Row, read_rows

NEIGHBOURHOOD = 1_000  # invented people hold several loans within so many rows; ROWS_OF_BLOCK is a multiple

UInt64Array = npt.NDArray[np.uint64]


class TapeEmpty(ValueError):
    """The tape has a header and no rows."""


class TapeTooLong(ValueError):
    """The tape has more rows than were allowed."""


class Repeats:
    """Which texts occurred more than once, known by their hashes."""

    def __init__(self, *, hashes: list[UInt64Array]) -> None:
        both = np.concatenate(hashes) if hashes else np.zeros((0, 2), dtype=np.uint64)
        order = np.lexsort((both[:, 1], both[:, 0]))
        ordered = both[order]
        again = ordered[1:][(ordered[1:] == ordered[:-1]).all(axis=1)]
        self._first = np.unique(again[:, 0])
        self._pairs = {tuple(pair) for pair in again.tolist()}

    def flags(self, *, texts: list[str]) -> list[bool]:
        """Say of each text whether it occurred more than once; the empty text never did."""
        found = hashes_of(texts=texts)
        flags = np.isin(found[:, 0], self._first)
        for place in np.flatnonzero(flags).tolist():
            flags[place] = bool(texts[place]) and tuple(found[place].tolist()) in self._pairs
        marked: list[bool] = flags.tolist()
        return marked


@dataclass(frozen=True)
class Survey:
    """What the first reading found."""

    rows: int
    repeated_loans: Repeats
    repeated_customers: Repeats


def survey_tape(*, file: Path, mapping: Mapping, people: People | None, max_rows: int) -> Survey:
    """
    Read the tape once and return what only the whole of it can tell.

    Refuses with TapeUnreadable, ColumnsMissing, TapeEmpty or TapeTooLong.
    """
    count = 0
    loans: list[UInt64Array] = []
    customers: list[UInt64Array] = []
    for rows in blocks_of_rows(file=file, mapping=mapping):
        count += len(rows)
        if count > max_rows:
            raise TapeTooLong(f"the tape has more than {max_rows:,} rows; allow more if that is right")
        ids = loan_ids(rows=rows, mapping=mapping)
        loans.append(_hashes_of_given(ids))
        if people is not None or mapping.customer.id is not None:
            customers.append(_hashes_of_given(customer_keys(rows=rows, ids=ids, mapping=mapping, people=people)))
    if count == 0:
        raise TapeEmpty("the tape has a header and no rows")
    return Survey(rows=count, repeated_loans=Repeats(hashes=loans), repeated_customers=Repeats(hashes=customers))


def blocks_of_rows(*, file: Path, mapping: Mapping) -> Iterator[list[Row]]:
    """Give the rows of the tape a block at a time."""
    rows = read_rows(file=file, mapping=mapping)
    while block := list(islice(rows, ROWS_OF_BLOCK)):
        yield block


def loan_ids(*, rows: list[Row], mapping: Mapping) -> list[str]:
    """Return the loan id of every row, "" where the row has none."""
    return _texts(rows=rows, column=mapping.columns.loan_id, mapping=mapping)


def customer_keys(*, rows: list[Row], ids: list[str], mapping: Mapping, people: People | None) -> list[str]:
    """Return under which external id the customer of every row is known."""
    if people is not None:
        region = mapping.customer.region
        regions = (
            _texts(rows=rows, column=region, mapping=mapping)
            if isinstance(region, Column)
            else [region.fixed] * len(rows)
        )
        keys: list[str] = []
        for first in range(0, len(rows), NEIGHBOURHOOD):
            some = slice(first, first + NEIGHBOURHOOD)
            keys += people.owners(loan_ids=ids[some], regions=regions[some])
        return keys
    if mapping.customer.id is not None:
        return _texts(rows=rows, column=mapping.customer.id, mapping=mapping)
    return ids


def _texts(*, rows: list[Row], column: Column, mapping: Mapping) -> list[str]:
    place = mapping.mapped_columns().index(column.column)
    texts = [row.texts[place] if not row.fault else "" for row in rows]
    return clean(texts=texts, strip=column.strip, empty=mapping.tape.empty).to_list()


def hashes_of(*, texts: list[str]) -> UInt64Array:
    """Return two independent 64-bit hashes of each text, a line a text."""
    series = pl.Series(texts, dtype=pl.String)
    return np.stack((series.hash(seed=1).to_numpy(), series.hash(seed=2).to_numpy()), axis=1)


def _hashes_of_given(texts: list[str]) -> UInt64Array:
    return hashes_of(texts=[text for text in texts if text])
