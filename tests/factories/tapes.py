"""A small lender's tape and its mapping, written where a test wants them, a row at a time changed."""

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from postloan.books.loans import operations
from postloan.books.loans.importing.mapping import LoadedMapping, load_mapping

AS_OF = date(2018, 6, 30)
AT = datetime(2018, 7, 1, 2, tzinfo=UTC)

TERMS = """
currency = "USD"
[schedule]
instalment_rounding = "up"
"""
MAPPING = """
[tape]
source = "small_lender"
[product]
code = "small_loan"
name = "Small loan"
terms = "product.toml"
[columns]
loan_id = "loan"
principal = "amount"
rate = "rate"
instalments = "term"
disbursed_date = "paid_out"
status = "status"
balance = "balance"
paid_principal = "paid_principal"
paid_interest = "paid_interest"
[statuses]
"current" = { meaning = "current" }
"late 1-30" = { meaning = "late", from_days = 1, to_days = 30 }
"late 31-60" = { meaning = "late", from_days = 31, to_days = 60 }
"paid off" = { meaning = "paid_off" }
"charged off" = { meaning = "charged_off" }
[customer]
id = "customer"
name = "name"
email = "email"
phone = "phone"
phone_region = "US"
time_zone = { fixed = "America/New_York" }
"""

# 1,200.00 at 12 % a year in 12 rows from 15 March 2018: 106.62 a month (106.6185… rounded up); three rows are due by
# 30 June. Balances planned: 1,200.00, 1,105.38, 1,009.81, 913.29.
GOOD_ROW: dict[str, Any] = {
    "loan": "L1",
    "amount": "1200.00",
    "rate": "12.0",
    "term": "12",
    "paid_out": "2018-03-15",
    "status": "current",
    "balance": "913.29",
    "paid_principal": "286.71",
    "paid_interest": "33.15",
    "customer": "C1",
    "name": "Testa Quillmere",
    "email": "testa@example.org",
    "phone": "(212) 555-0101",
}


@dataclass(frozen=True)
class TapeFiles:
    """Where a tape and its mapping lie."""

    tape: Path
    mapping: LoadedMapping

    def load(self, **options: Any) -> operations.Imported:
        """Import the tape."""
        return operations.import_book(
            **({"tape": self.tape, "mapping": self.mapping, "as_of": AS_OF, "by": "test", "at": AT} | options)
        )


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row like GOOD_ROW with its own loan and customer."""
    return GOOD_ROW | {"loan": f"L{number}", "customer": f"C{number}", "email": f"c{number}@example.org"} | changes


def tape_text(rows: list[dict[str, Any]], *, delimiter: str = ",") -> str:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else list(GOOD_ROW), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_tape(
    folder: Path,
    rows: list[dict[str, Any]] | None = None,
    *,
    data: bytes | None = None,
    name: str = "tape.csv",
    mapping: str = MAPPING,
    terms: str = TERMS,
) -> TapeFiles:
    """Write tape, mapping and terms; `data` in place of rows for tapes that are no good."""
    if data is None:
        data = tape_text(rows if rows is not None else [GOOD_ROW]).encode()
        data = gzip.compress(data) if name.endswith(".gz") else data
    tape = folder / name
    tape.write_bytes(data)
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    (folder / "product.toml").write_text(terms, encoding="utf-8")
    return TapeFiles(tape, load_mapping(file=folder / "mapping.toml"))
