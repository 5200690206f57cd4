"""
A block of text into figures that agree with each other, and the rows where they do not.

Two kinds of disagreement are kept apart. A bad row cannot be loaded: a figure
is missing, unreadable or impossible. A warning is a figure of the tape that
does not follow from its others; the row is loaded as it stands.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from postloan.books.loans.importing.blocks import BadRow, Block, Job
from postloan.books.loans.importing.columns import (
    Fault,
    Read,
    clean,
    read_dates,
    read_numbers,
    read_words,
)
from postloan.books.loans.importing.mapping import Column, DateColumn, MoneyColumn, StatusWord
from postloan.kernel.money import Int64Array
from postloan.kernel.schedules import Method
from postloan.kernel.takeover import NO_LIMIT, spread_day

BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]

RATE_DECIMALS = {"percent": 4, "fraction": 6, "basis_points": 2, "ppm": 0}
RATE_MOST_PPM = 100_000_000
INSTALMENTS_MOST = 600
SAFE_PRODUCT = 9e18  # principal × rate × days must stay inside 64 bits
DAYS_OF_LONGEST_ROW = 366
NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Figures:
    """
    The figures of loans, an element a loan. `place` is the loan's place in its block.

    Money is in minor units; 0 stands for an instalment that the tape does not tell, NaT for such a
    date. `low_days` to `high_days` is the band of days past due, 0 to 0 for a loan that is current.
    """

    place: Int64Array
    row_no: Int64Array
    principal: Int64Array
    rate_ppm: Int64Array
    instalments: Int64Array
    instalment: Int64Array
    balance: Int64Array
    paid_principal: Int64Array
    paid_interest: Int64Array
    paid_fees: Int64Array
    paid_total: Int64Array
    disbursed: DateArray
    is_spread: BoolArray
    first_due: DateArray
    next_due: DateArray
    low_days: Int64Array
    high_days: Int64Array
    is_active: BoolArray
    is_charged_off: BoolArray

    def take(self, chosen: BoolArray | Int64Array) -> "Figures":
        """Return the figures of some loans."""
        return replace(self, **{name: values[chosen] for name, values in vars(self).items()})

    @property
    def written_off(self) -> Int64Array:
        """What of the balance left the old core's books by charge-off and does not enter ours."""
        return np.where(self.is_charged_off, self.balance, 0)


@dataclass(frozen=True)
class Checked:
    """What a block says: the texts of every row of it, and the figures of the rows without a fault."""

    external_ids: list[str]
    statuses: list[str]
    grades: list[str]
    figures: Figures
    bad_rows: list[BadRow]


class _Block:
    """Reads columns of a block and gathers the faults."""

    def __init__(self, *, job: Job, block: Block) -> None:
        self.job, self.mapping = job, job.mapping
        self.rows = [row for row in block.rows if not row.fault]
        self.places = np.array([place for place, row in enumerate(block.rows) if not row.fault], dtype=np.int64)
        self.row_nos = np.array([row.row_no for row in self.rows], dtype=np.int64)
        self.is_good = np.ones(len(self.rows), dtype=np.bool_)
        self.bad_rows = [BadRow(row.row_no, "", "a row of another width", row.fault) for row in block.rows if row.fault]
        self.names = self.mapping.mapped_columns()

    def texts(self, column: Column) -> pl.Series:
        place = self.names.index(column.column)
        texts = [row.texts[place] for row in self.rows]
        return clean(texts=texts, strip=column.strip, empty=self.mapping.tape.empty)

    def keep(self, column: str, read: Read) -> Read:
        for fault in read.faults:
            self.refuse(column, fault)
        return read

    def refuse(self, column: str, fault: Fault) -> None:
        self.is_good[fault.place] = False
        self.bad_rows.append(BadRow(int(self.row_nos[fault.place]), column, fault.kind, fault.reason))

    def refuse_where(self, wrong: BoolArray, column: str, kind: str, reason: str, *, always: bool = False) -> None:
        """Refuse rows; a row that is bad already only if `always`, as its figures may be placeholders."""
        for place in np.flatnonzero(wrong if always else wrong & self.is_good).tolist():
            self.refuse(column, Fault(place, kind, reason))

    def numbers(self, column: Column, decimals: int = 0, required: bool = True, rounding: Any = None) -> Read:
        tape = self.mapping.tape
        read = read_numbers(
            texts=self.texts(column),
            decimals=decimals,
            rounding=rounding,
            decimal_mark=tape.decimal_mark,
            thousands_mark=tape.thousands_mark,
            required=required,
        )
        return self.keep(column.column, read)

    def money(self, column: MoneyColumn | None, required: bool = True) -> Read:
        if column is None:
            return self.nothing()
        decimals = self.mapping.tape.minor_digits if column.unit == "major" else 0
        return self.numbers(column, decimals, required, column.rounding_rule)

    def dates(self, column: DateColumn | None) -> Read:
        if column is None:
            return Read(np.full(len(self.rows), NO_DATE), np.zeros(len(self.rows), dtype=np.bool_))
        day = 1 if column.day == "spread" else column.day
        read = read_dates(texts=self.texts(column), formats=column.formats, day=day, required=False)
        values = np.where(read.is_given, read.values, NO_DATE).astype("datetime64[D]")
        return self.keep(column.column, replace(read, values=values))

    def words(self, column: Column | None, most: int, required: bool = True) -> list[str]:
        if column is None:
            return [""] * len(self.rows)
        words: list[str] = self.keep(
            column.column, read_words(texts=self.texts(column), most=most, required=required)
        ).values
        return words

    def nothing(self) -> Read:
        return Read(np.zeros(len(self.rows), dtype=np.int64), np.zeros(len(self.rows), dtype=np.bool_))


def check_block(*, job: Job, block: Block) -> Checked:
    """Return the figures of a block with every bad row it holds (those of the plan come later)."""
    reader = _Block(job=job, block=block)
    columns = job.mapping.columns
    external_ids = reader.words(columns.loan_id, 80)
    statuses = reader.words(columns.status, 40)
    grades = reader.words(columns.grade, 10, required=False)
    if job.mapping.customer.id is not None:
        reader.words(job.mapping.customer.id, 80)
    figures = _figures(reader=reader, block=block, statuses=statuses)
    _refuse_known(reader=reader, block=block)
    _refuse_impossible(reader=reader, figures=figures)
    return Checked(
        external_ids=_along_block(external_ids, reader, block),
        statuses=_along_block(statuses, reader, block),
        grades=_along_block(grades, reader, block),
        figures=figures.take(reader.is_good),
        bad_rows=reader.bad_rows,
    )


def _along_block(words: list[str], reader: _Block, block: Block) -> list[str]:
    along = [""] * len(block.rows)
    for place, word in zip(reader.places.tolist(), words, strict=True):
        along[place] = word
    return along


def _figures(*, reader: _Block, block: Block, statuses: list[str]) -> Figures:
    columns = reader.mapping.columns
    principal = reader.money(columns.principal).values
    balance = reader.money(columns.balance).values
    paid_principal = reader.money(columns.paid_principal, required=False)
    days = reader.numbers(columns.days_past_due, required=False) if columns.days_past_due else reader.nothing()
    next_due = reader.dates(columns.next_due_date)
    disbursed = reader.dates(columns.disbursed_date)
    reader.refuse_where(~disbursed.is_given, columns.disbursed_date.column, "nothing", "must be given", always=True)
    paid_total = reader.money(columns.paid_total, required=False)
    standing = _standing(reader=reader, statuses=statuses, days=days, next_due=next_due, balance=balance)
    is_spread = np.full(len(reader.rows), columns.disbursed_date.day == "spread")
    return Figures(
        place=reader.places,
        row_no=reader.row_nos,
        principal=principal,
        rate_ppm=reader.numbers(columns.rate, RATE_DECIMALS[columns.rate.unit]).values,
        instalments=reader.numbers(columns.instalments).values,
        instalment=reader.money(columns.instalment).values,
        balance=balance,
        paid_principal=np.where(paid_principal.is_given, paid_principal.values, principal - balance),
        paid_interest=reader.money(columns.paid_interest, required=False).values,
        paid_fees=reader.money(columns.paid_fees, required=False).values,
        paid_total=np.where(paid_total.is_given, paid_total.values, -1),
        disbursed=_spread(reader, block, disbursed.values) if is_spread.any() else disbursed.values,
        is_spread=is_spread,
        first_due=reader.dates(columns.first_due_date).values,
        next_due=next_due.values,
        **standing,
    )


def _spread(reader: _Block, block: Block, months: DateArray) -> DateArray:
    """Put each loan on the day of its customer, so that a customer's loans fall due together."""
    seed = reader.mapping.tape.spread_seed
    keys = [block.customer_keys[place] for place in reader.places.tolist()]
    days = np.array([spread_day(key=key, seed=seed) for key in keys], dtype=np.int64)
    spread: DateArray = months + (days - 1)
    # A loan of the month of the tape itself was paid out by then.
    today = np.datetime64(reader.job.as_of, "D")
    return np.where(months <= today, np.minimum(spread, today), spread)


def _standing(
    *, reader: _Block, statuses: list[str], days: Read, next_due: Read, balance: Int64Array
) -> dict[str, npt.NDArray[Any]]:
    """Return band, activity and charge-off of every loan, from its status word or, without words, its days past due."""
    words = reader.mapping.statuses
    column = reader.mapping.columns.status
    meanings: list[StatusWord | None] = [words.get(status) for status in statuses]
    if column is None:
        meanings = [StatusWord(meaning="paid_off" if not left else "current") for left in balance.tolist()]
    unknown = np.array([meaning is None for meaning in meanings], dtype=np.bool_)
    unknown &= np.array(statuses, dtype=object) != ""  # which is told already
    reader.refuse_where(
        unknown, column.column if column else "", "unknown word", "the mapping has no such status", always=True
    )
    words_of = np.array([each.meaning if each else "" for each in meanings], dtype=object)
    is_late = words_of == "late"
    low = np.array([(each.from_days or 1) if each else 1 for each in meanings], dtype=np.int64)
    high = np.array([(each.to_days or NO_LIMIT) if each else 1 for each in meanings], dtype=np.int64)
    low, high = np.where(is_late, low, 0), np.where(is_late, high, 0)
    is_active = is_late | (words_of == "current")
    # Days past due or a next due date tell more exactly than a word.
    past = (np.datetime64(reader.job.as_of, "D") - next_due.values.astype("datetime64[D]")).astype(np.int64)
    for told, exact in ((days.is_given, days.values), (next_due.is_given, np.maximum(past, 0))):
        low, high = np.where(told & is_active, exact, low), np.where(told & is_active, exact, high)
    reader.refuse_where(
        (words_of == "paid_off") & (balance > 0),
        reader.mapping.columns.balance.column,
        "positive number",
        "the status says paid off",
    )
    return {
        "low_days": low,
        "high_days": high,
        "is_active": is_active & (balance > 0),
        "is_charged_off": words_of == "charged_off",
    }


def _refuse_known(*, reader: _Block, block: Block) -> None:
    column = reader.mapping.columns.loan_id.column
    duplicate = np.array(block.duplicates, dtype=np.bool_)[reader.places]
    known = np.array(block.loans_known, dtype=np.bool_)[reader.places]
    reader.refuse_where(duplicate, column, "repeated id", "stands in more than one row of the tape", always=True)
    reader.refuse_where(known, column, "known id", "this loan is in the books already", always=True)


def _refuse_impossible(*, reader: _Block, figures: Figures) -> None:
    columns = reader.mapping.columns
    as_of = reader.job.as_of
    one_row = reader.job.terms.schedule.method == Method.BULLET.value
    longest = DAYS_OF_LONGEST_ROW * (np.maximum(figures.instalments, 1) if one_row else 1)
    too_large = figures.principal.astype(float) * np.maximum(figures.rate_ppm, 1) * longest > SAFE_PRODUCT
    wrong_currency = _other_currency(reader)
    instalments = columns.instalments.column
    in_range = (figures.instalments >= 1) & (figures.instalments <= INSTALMENTS_MOST)
    refuse = reader.refuse_where
    refuse(figures.principal < 1, columns.principal.column, "zero", "must be positive")
    refuse(figures.rate_ppm > RATE_MOST_PPM, columns.rate.column, "large number", "is no rate: look at its unit")
    refuse(too_large, columns.principal.column, "large number", "is too large with this rate: look at its unit")
    refuse(~in_range, instalments, "number out of range", f"must be from 1 to {INSTALMENTS_MOST}")
    refuse(figures.balance > figures.principal, columns.balance.column, "large number", "is more than was lent")
    refuse(_after(figures.disbursed, as_of), columns.disbursed_date.column, "later date", f"lies after {as_of}")
    if columns.instalment is not None:
        refuse(figures.instalment < 1, columns.instalment.column, "zero", "must be positive")
    if columns.first_due_date is not None:
        early = ~np.isnat(figures.first_due) & (figures.first_due <= figures.disbursed)
        refuse(early, columns.first_due_date.column, "early date", "lies before the loan was paid out")
    if columns.currency is not None:
        refuse(wrong_currency, columns.currency.column, "another currency", "is not the product's currency")


def _after(dates: DateArray, day: date) -> BoolArray:
    later: BoolArray = dates > np.datetime64(day, "D")
    return later


def _other_currency(reader: _Block) -> BoolArray:
    column = reader.mapping.columns.currency
    words = reader.words(column, 3) if column else [reader.job.terms.currency] * len(reader.rows)
    return np.array([word != reader.job.terms.currency for word in words], dtype=np.bool_)
