"""
Cut the example tape out of the full table.

    python examples/lending_club/make_tape.py loans_full_schema.csv.gz

Keeps the columns that describe the loan and where it stands, as text exactly
as in the source; leaves out everything about the borrower but the state.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

COLUMNS = (
    "row",
    "state",
    "loan_amount",
    "term",
    "interest_rate",
    "installment",
    "grade",
    "sub_grade",
    "issue_month",
    "loan_status",
    "balance",
    "paid_total",
    "paid_principal",
    "paid_interest",
    "paid_late_fees",
)
TAPE = Path(__file__).with_name("tape.csv.gz")


def main() -> None:
    """Write the tape beside this file; the same source gives the same bytes."""
    source = Path(sys.argv[1])
    with gzip.open(source, "rt", encoding="utf-8", newline="") as text:
        rows = [[row[name] for name in COLUMNS] for row in csv.DictReader(text)]
    with TAPE.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as packed:
        writer = csv.writer(
            io.TextIOWrapper(packed, encoding="utf-8", newline="", write_through=True), lineterminator="\n"
        )
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{len(rows):,} loans in {TAPE}")


if __name__ == "__main__":
    main()
