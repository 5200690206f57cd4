"""The ledger as Parquet: the columns of the CSV, amounts as whole minor units."""

from datetime import date
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.books.accounting.exporting.day_legs import legs_of
from postloan.books.accounting.exporting.rows import By, Leg
from postloan.books.accounting.naming import Titles

ROWS_IN_A_GROUP = 50_000
_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("business_date", pa.date32()),
        ("entry", pa.int64()),
        ("kind", _TEXT),
        ("source", pa.string()),
        ("currency", _TEXT),
        ("product", _TEXT),
        ("loan", pa.int64()),
        ("instalment", pa.int16()),
        ("account", _TEXT),
        ("code", _TEXT),
        ("name", _TEXT),
        ("debit_minor", pa.int64()),
        ("credit_minor", pa.int64()),
    ]
)


def write_parquet(*, out: IO[bytes], titles: Titles, from_date: date, through_date: date, by: By) -> int:
    """Write the file a group of rows at a time; returns how many rows it has. By day, what an entry has is null."""
    legs = legs_of(by=by, from_date=from_date, through_date=through_date)
    count = 0
    with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        while group := list(islice(legs, ROWS_IN_A_GROUP)):
            columns = list(zip(*(_row(leg, titles) for leg in group), strict=True))
            writer.write_table(pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA))
            count += len(group)
    return count


def _row(leg: Leg, titles: Titles) -> tuple[object, ...]:
    title = titles.title(account_id=leg.account_id, product_id=leg.product_id)
    return (
        leg.business_date,
        leg.entry_id,
        leg.kind or None,
        leg.source or None,
        leg.currency,
        title.product,
        leg.loan_id,
        leg.instalment_no,
        title.account,
        title.code,
        title.name,
        leg.debit_minor,
        leg.credit_minor,
    )
