"""Whole columns of a file of instalments or receipts, and every row of it that cannot be read."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from postloan.books.loans.importing.blocks import BadRow
from postloan.books.loans.importing.columns import Fault, Read, clean, read_dates, read_numbers, read_words
from postloan.books.loans.importing.mapping import Column, DateColumn, MoneyColumn, Tape
from postloan.books.loans.importing.reading import Row
from postloan.books.mirror.mapping import InstalmentColumns, ReceiptColumns
from postloan.kernel.allocation import COMPONENTS

INSTALMENT_MOST = 1_000


class Reader:
    """Reads columns of rows that all have the width of the file, and gathers the faults."""

    def __init__(self, *, rows: Iterable[Row], names: list[str], tape: Tape) -> None:
        self.bad_rows: list[BadRow] = []
        self._bad_places: set[int] = set()
        good = []
        for row in rows:
            if row.fault:
                self.bad_rows.append(BadRow(row.row_no, "", "a row of another width", row.fault))
            else:
                good.append(row)
        self.rows_read = len(good) + len(self.bad_rows)
        self.row_nos = [row.row_no for row in good]
        self._texts = dict(zip(names, zip(*(row.texts for row in good), strict=True), strict=True)) if good else {}
        self._tape = tape

    def _clean(self, column: Column) -> pl.Series:
        texts = list(self._texts.get(column.column, ()))
        return clean(texts=texts, strip=column.strip, empty=self._tape.empty)

    def _keep(self, column: Column, read: Read) -> Read:
        for fault in read.faults:
            self.refuse(column.column, fault)
        return read

    def refuse(self, name: str, fault: Fault) -> None:
        """Note that a row cannot be taken."""
        self._bad_places.add(fault.place)
        self.bad_rows.append(BadRow(self.row_nos[fault.place], name, fault.kind, fault.reason))

    def refuse_where(self, wrong: pl.Series, name: str, kind: str, reason: str) -> None:
        """Note rows that cannot be taken; not those that are bad already, whose values may be placeholders."""
        for place in set(wrong.arg_true().to_list()) - self._bad_places:
            self.refuse(name, Fault(place, kind, reason))

    def words(self, column: Column, most: int) -> pl.Series:
        """Return texts that must be there."""
        read = self._keep(column, read_words(texts=self._clean(column), most=most))
        return pl.Series(read.values, dtype=pl.String)

    def numbers(self, column: Column, most: int) -> pl.Series:
        """Return whole numbers from 0 to `most`."""
        read = self._keep(column, self._numbers(column, 0))
        values = pl.Series(read.values, dtype=pl.Int64)
        self.refuse_where(values > most, column.column, "large number", f"must be at most {most}")
        return values

    def money(self, column: MoneyColumn | None) -> pl.Series:
        """Return amounts in minor units; zero where the column is not mapped or empty."""
        if column is None:
            return pl.Series(np.zeros(len(self.row_nos), dtype=np.int64))
        decimals = self._tape.minor_digits if column.unit == "major" else 0
        return pl.Series(self._keep(column, self._numbers(column, decimals, is_money=True)).values, dtype=pl.Int64)

    def _numbers(self, column: Column, decimals: int, *, is_money: bool = False) -> Read:
        return read_numbers(
            texts=self._clean(column),
            decimals=decimals,
            rounding=column.rounding_rule if isinstance(column, MoneyColumn) else None,
            decimal_mark=self._tape.decimal_mark,
            thousands_mark=self._tape.thousands_mark,
            required=not is_money,
        )

    def dates(self, column: DateColumn) -> pl.Series:
        """Return dates that must be there."""
        day = column.day if isinstance(column.day, int) else None
        read = self._keep(column, read_dates(texts=self._clean(column), formats=column.formats, day=day))
        return pl.Series(read.values, dtype=pl.Date)


def read_instalments(*, reader: Reader, columns: InstalmentColumns) -> pl.DataFrame:
    """Return a row for each row of a plan: row_no, external_id, instalment_no, due_date, what is due and paid."""
    frame = pl.DataFrame(
        {
            "row_no": pl.Series(reader.row_nos, dtype=pl.Int64),
            "external_id": reader.words(columns.loan_id, 80),
            "instalment_no": reader.numbers(columns.instalment_no, INSTALMENT_MOST),
            "due_date": reader.dates(columns.due_date),
            **{f"{name}_due_minor": reader.money(getattr(columns, f"{name}_due")) for name in COMPONENTS},
            **{f"{name}_paid_minor": reader.money(getattr(columns, f"{name}_paid")) for name in COMPONENTS},
        }
    )
    reader.refuse_where(frame["instalment_no"] < 1, columns.instalment_no.column, "zero", "must be at least 1")
    for name in COMPONENTS:
        paid: MoneyColumn | None = getattr(columns, f"{name}_paid")
        if paid is not None:
            over = frame[f"{name}_paid_minor"] > frame[f"{name}_due_minor"]
            reader.refuse_where(over, paid.column, "large number", "is more than is due")
    twice = frame.select("external_id", "instalment_no").is_duplicated()
    reader.refuse_where(twice, columns.instalment_no.column, "repeated row", "stands in the file more than once")
    return frame


def read_receipts(*, reader: Reader, columns: ReceiptColumns) -> pl.DataFrame:
    """Return a row for each receipt: row_no, reference, external_id, amount_minor, value_date, booked_date."""
    value_date = reader.dates(columns.value_date)
    frame = pl.DataFrame(
        {
            "row_no": pl.Series(reader.row_nos, dtype=pl.Int64),
            "reference": reader.words(columns.reference, 120),
            "external_id": reader.words(columns.loan_id, 80),
            "amount_minor": reader.money(columns.amount),
            "value_date": value_date,
            "booked_date": reader.dates(columns.booked_date) if columns.booked_date else value_date,
        }
    )
    reader.refuse_where(frame["amount_minor"] < 1, columns.amount.column, "zero", "must be positive")
    facts = frame.drop("row_no").unique()
    twice = frame["reference"].is_in(facts.filter(facts["reference"].is_duplicated())["reference"].implode())
    reader.refuse_where(twice, columns.reference.column, "repeated reference", "stands for two different receipts")
    return frame.unique("reference", keep="first", maintain_order=True)
