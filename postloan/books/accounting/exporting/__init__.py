"""
The ledger as a file for other programs: CSV, Beancount or Parquet, by entry or by day.

Rows come from the database in portions and leave as they come, so the memory
needed does not grow with the file. All of a file is read from one snapshot.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Literal

from django.db import connection, transaction

from postloan.books.accounting.exporting.as_beancount import write_beancount
from postloan.books.accounting.exporting.as_csv import write_csv
from postloan.books.accounting.exporting.as_parquet import write_parquet
from postloan.books.accounting.exporting.rows import By
from postloan.books.accounting.naming import Titles

Form = Literal["csv", "beancount", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "beancount", "parquet")
_WRITERS = {"csv": write_csv, "beancount": write_beancount, "parquet": write_parquet}


class PeriodIsEmpty(ValueError):
    """The last day of the period lies before its first."""


@dataclass(frozen=True)
class Exported:
    """How many rows (CSV, Parquet) or transactions (Beancount) a file holds."""

    rows: int


def export_ledger(
    *, out: IO[bytes], from_date: date, through_date: date, form: Form, by: By = "entry", language: str = "en"
) -> Exported:
    """
    Write the ledger from `from_date` to `through_date`, both inclusive, to `out`.

    Accounts bear the lender's codes, and names in `language` (`en`, `zh-hans`). A Beancount
    file opens with the balances before the period and closes with assertions of
    those after it. Refuses with PeriodIsEmpty.
    """
    if through_date < from_date:
        raise PeriodIsEmpty(f"{through_date} lies before {from_date}")
    with _one_snapshot():
        titles = Titles(language=language)
        rows = _WRITERS[form](out=out, titles=titles, from_date=from_date, through_date=through_date, by=by)
    return Exported(rows=rows)


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Let every query of the block see the same books; inside a transaction of the caller it is the caller's view."""
    is_own = not connection.in_atomic_block
    with transaction.atomic():
        if is_own:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


__all__ = ["FORMS", "By", "Exported", "Form", "PeriodIsEmpty", "export_ledger"]
