"""What goes into the preparation of a block of rows, and what comes out: plain values that travel between processes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from postloan.books.loans.importing.mapping import Mapping
from postloan.books.loans.importing.reading import Row
from postloan.kernel.product_terms import ProductTerms

ROWS_NAMED = 100  # a warning names the first rows it concerns


@dataclass(frozen=True)
class Person:
    """Who holds a loan, in the clear. Never logged, never in a message."""

    name: str
    email: str
    phone: str
    language: str
    time_zone: str
    region: str


class People(Protocol):
    """A source of people for a tape that names nobody; it must travel between processes."""

    def owners(self, *, loan_ids: list[str], regions: list[str]) -> list[str]:
        """Return for each loan of a neighbourhood of up to 1,000 the key of the person who holds it."""
        ...

    def person(self, *, key: str, region: str) -> Person:
        """Return the person with this key."""
        ...


@dataclass(frozen=True)
class Job:
    """What all blocks of one import share."""

    mapping: Mapping
    terms: ProductTerms
    as_of: date
    people: People | None
    dry_run: bool
    keyset_file: Path
    at: datetime
    product_version_id: int = 0
    entry_id: int = 0


@dataclass(frozen=True)
class Block:
    """
    Rows of the tape, with what only the whole tape and the books know of them.

    The lists run along `rows`. `customer_keys` are the external ids of the
    customers, `customers_known` says that the customer is in the books already,
    `customers_repeated` that other rows of the tape may name them too.
    """

    rows: list[Row]
    duplicates: list[bool]
    loans_known: list[bool]
    customer_keys: list[str]
    loan_ids: list[int] = field(default_factory=list)
    customer_ids: list[int] = field(default_factory=list)
    customers_known: list[bool] = field(default_factory=list)
    customers_repeated: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class BadRow:
    """Why a row cannot be loaded. `kind` says what stood there (a text, nothing, a negative number), never the value."""

    row_no: int
    column: str
    kind: str
    reason: str


@dataclass
class TapeWarning:
    """Something in the tape that does not agree, but is no reason to refuse: how many rows, and the first of them."""

    text: str
    count: int = 0
    first_rows: list[int] = field(default_factory=list)

    def add(self, row_nos: list[int]) -> None:
        """Count these rows too."""
        self.count += len(row_nos)
        self.first_rows.extend(row_nos[: ROWS_NAMED - len(self.first_rows)])


@dataclass
class StatusTotals:
    """Control totals of the loans with one status word, in minor units."""

    loans: int = 0
    principal_minor: int = 0
    outstanding_minor: int = 0
    written_off_minor: int = 0
    paid_principal_minor: int = 0
    paid_interest_minor: int = 0
    paid_fees_minor: int = 0

    def add(self, other: "StatusTotals") -> None:
        """Add the totals of other rows."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class RepeatedCustomer:
    """A customer whom several rows name: written with the first of them that is loaded."""

    customer_id: int
    customer_row: bytes
    contact_rows: bytes


@dataclass(frozen=True)
class Prepared:
    """A block worked out: its bad rows, its totals by status, and its rows as text for COPY, table by table."""

    rows: int
    loaded: int
    bad_rows: list[BadRow]
    warnings: dict[str, TapeWarning]
    totals: dict[str, StatusTotals]
    copies: dict[str, bytes]
    repeated_customers: list[RepeatedCustomer]
