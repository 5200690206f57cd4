"""Write the bills that a pass cut and carried on: rows in sets, as everything else."""

import json
from collections.abc import Sequence
from datetime import date

import polars as pl

from postloan.books.columns import Columns
from postloan.close.book import Book


def write_bills(*, columns: Columns, book: Book, plans: Sequence[tuple[date, pl.DataFrame]]) -> None:
    """
    Write bills, accounts and the plan versions of each day.

    Allocations of the pass are written before: an account whose bill was cut keeps what came in since in its own row
    and begins to count allocations anew after those that are there now.
    """
    rows = pl.concat(frame.with_columns(pl.lit(day).alias("business_date")) for day, frame in plans)
    if rows.height:
        amounts = ("due_date", "principal_minor", "interest_minor")
        lists = rows.with_columns(pl.concat_list(name).alias(name) for name in amounts)
        columns.append(table="loans_scheduleversion", rows=lists.rename({"due_date": "due_dates"}))
    before = book.bills_as_read
    changed = book.bills.join(before, on=book.bills.columns, how="anti", nulls_equal=True)
    keys = ["loan_id", "bill_no"]
    columns.update(table="bills_bill", keys=keys, rows=changed.join(before, on=keys, how="semi"))
    columns.append(table="bills_bill", rows=changed.join(before, on=keys, how="anti"))  # one is open at a time
    _write_accounts(columns, book)


def _write_accounts(columns: Columns, book: Book) -> None:
    fields = ("next_bill_date", "charged_interest_minor", "done_minor_days")
    before = book.accounts_as_read
    changed = book.accounts.join(before, on=before.columns, how="anti", nulls_equal=True)
    columns.update(table="bills_billaccount", keys=["loan_id"], rows=changed.select("loan_id", *fields))
    if not book.cut:
        return
    cut = book.accounts.filter(pl.col("loan_id").is_in(list(book.cut)))
    kept: dict[int, list[list[object]]] = {}
    for loan_id, value_date, principal, total in book.moves.iter_rows():
        kept.setdefault(loan_id, []).append([value_date.isoformat(), principal, total])
    moves = [json.dumps(kept.get(loan_id, [])) for loan_id in cut["loan_id"]]
    columns.stage(name="billed", rows=cut.select("loan_id").with_columns(pl.Series("moves", moves)))
    columns.execute(
        "UPDATE bills_billaccount SET moves_since_bill = billed.moves::jsonb, "
        "counted_allocation_id = coalesce((SELECT max(id) FROM payments_allocation "
        "WHERE payments_allocation.loan_id = billed.loan_id), 0) "
        "FROM pg_temp.billed WHERE bills_billaccount.loan_id = billed.loan_id"
    )
