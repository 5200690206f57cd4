"""
A book of any size for measuring: seeded, worked out in columns and copied straight into the tables.

Nobody in it exists and nothing in it was measured on people; it is shaped like
the book of a consumer lender. Three products (6, 12 and 18 instalments, 12 on
average), due days as the caller weighs them, some loans past due, some paid
ahead. It stands as an import leaves a book when `as_of_date` has closed: the
plan of every loan whole, of its demands only those that are open, ledger and
loans tied. The same wishes give the same book.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from postloan.books.columns import Columns, column_transaction
from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.products.operations import publish_product_version
from postloan.kernel.accrual import row_interest_accrued_many
from postloan.kernel.ageing import bucket_index_many, days_past_due_many
from postloan.kernel.calendars import add_months_many
from postloan.kernel.daycounts import DayCount
from postloan.kernel.events import next_event_dates_many
from postloan.kernel.money import Int64Array
from postloan.kernel.penalties import LateFeeTerms, PenaltyTerms
from postloan.kernel.product_terms import ProductTerms
from postloan.kernel.schedules import ManyTerms, build_schedules_many

LOANS_A_BLOCK = 50_000
MINOR_UNITS = 100
CURRENCY = "CNY"
SOURCE = "load"
NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class LoadProduct:
    """A product of the book: how many instalments, and how many of a hundred loans are of it."""

    code: str
    instalments: int
    share_percent: int
    terms: ProductTerms


PRODUCTS = (
    LoadProduct("load_6", 6, 25, ProductTerms(currency=CURRENCY)),
    LoadProduct(
        "load_12", 12, 50, ProductTerms(currency=CURRENCY, late_fee=LateFeeTerms(grace_days=3, share_ppm=50_000))
    ),
    LoadProduct("load_18", 18, 25, ProductTerms(currency=CURRENCY, penalty=PenaltyTerms(rate_ppm=500, grace_days=3))),
)


@dataclass(frozen=True)
class BookWishes:
    """
    What book is wanted. `due_days` weighs the days of the month on which loans fall due.

    The first `certain_loans` fall due on `certain_day`, whatever the size of the
    book, so that books of different sizes have the same events on one day.
    """

    loans: int
    as_of_date: date
    seed: int = 1
    due_days: Mapping[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 29), 1))
    certain_loans: int = 0
    certain_day: int = 1
    past_due_mille: int = 60
    paid_ahead_mille: int = 20


def load_book(*, wishes: BookWishes, by: str, at: datetime) -> None:
    """
    Fill an empty database with the book and open it for the day after `as_of_date`.

    Memory does not grow with the book: it is written block by block, each in one
    transaction. Refuses what `ledger.open_books` refuses; a killed load is begun
    anew in an empty database.
    """
    ledger.open_books(closed_through_date=wishes.as_of_date, by=by, at=at)
    versions = [
        publish_product_version(code=product.code, name=product.code, terms=product.terms, by=by, at=at).pk
        for product in PRODUCTS
    ]
    for first in range(0, wishes.loans, LOANS_A_BLOCK):
        block = _Block(wishes=wishes, first_id=first + 1, loans=min(LOANS_A_BLOCK, wishes.loans - first))
        with column_transaction() as columns:
            _write_entry(columns, wishes.as_of_date, block.first_id, at)
            _write(columns, wishes=wishes, block=block, versions=versions, at=at)
    with column_transaction() as columns:
        for table in ("customers_customer", "loans_loan", "payments_receipt"):
            columns.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


# --- the loans of one block ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    wishes: BookWishes
    first_id: int
    loans: int


@dataclass(frozen=True)
class _Drawn:
    """What chance decides, a value a loan. `running` is the number of the first row not yet raised."""

    loan_ids: Int64Array
    product: Int64Array
    principal: Int64Array
    rate_ppm: Int64Array
    due_day: Int64Array
    running: Int64Array
    late_rows: Int64Array
    is_paid_ahead: Any


def _draw(block: _Block) -> _Drawn:
    wishes, count = block.wishes, block.loans
    dice = np.random.default_rng([wishes.seed, block.first_id])
    loan_ids = np.arange(block.first_id, block.first_id + count, dtype=np.int64)
    product = np.searchsorted(
        np.cumsum([each.share_percent for each in PRODUCTS]), dice.integers(0, 100, count), side="right"
    )
    days, weights = np.array(list(wishes.due_days)), np.array(list(wishes.due_days.values()), dtype=float)
    due_day = dice.choice(days, size=count, p=weights / weights.sum())
    is_certain = loan_ids <= wishes.certain_loans
    due_day = np.where(is_certain, wishes.certain_day, due_day)
    terms = np.array([each.instalments for each in PRODUCTS])[product]
    running = dice.integers(1, terms + 1)
    is_late = (dice.integers(0, 1000, count) < wishes.past_due_mille) & ~is_certain
    running = np.where(is_late, np.maximum(running, 2), running)
    late_rows = np.where(is_late, np.minimum(dice.geometric(0.6, count), np.minimum(running - 1, 6)), 0)
    return _Drawn(
        loan_ids=loan_ids,
        product=product,
        principal=dice.integers(1_000, 50_000, count) * MINOR_UNITS,
        rate_ppm=dice.choice([72_000, 108_000, 144_000, 182_500, 240_000], size=count),
        due_day=due_day.astype(np.int64),
        running=running.astype(np.int64),
        late_rows=late_rows.astype(np.int64),
        is_paid_ahead=(dice.integers(0, 1000, count) < wishes.paid_ahead_mille) & ~is_late & ~is_certain,
    )


@dataclass(frozen=True)
class _Standing:
    """The loans of one product with their plans, rows end to end from `offsets`, and where they stand."""

    drawn: _Drawn
    terms: ProductTerms
    offsets: Int64Array
    from_date: Any
    due_date: Any
    principal: Int64Array
    interest: Int64Array
    first_open: Int64Array  # the first row not settled, counted from 0
    instalments: int

    def at(self, values: Any, rows: Int64Array) -> Any:
        """Return the value of one row of each loan."""
        return values[self.offsets[:-1] + rows]


def _stand(block: _Block, drawn: _Drawn, place: int) -> _Standing:
    product = PRODUCTS[place]
    chosen = np.flatnonzero(drawn.product == place)
    own = _Drawn(**{name: values[chosen] for name, values in vars(drawn).items()})
    day_after = np.datetime64(block.wishes.as_of_date + timedelta(days=2), "D")
    this_month = add_months_many(
        seed_dates=np.full(len(chosen), day_after), months=0, seed_days=np.minimum(own.due_day, 28)
    )
    months_on = (this_month < day_after).astype(np.int64)
    first_due = add_months_many(seed_dates=this_month, months=months_on - (own.running - 1), seed_days=own.due_day)
    start = add_months_many(seed_dates=first_due, months=-1, seed_days=own.due_day)
    plan = build_schedules_many(
        terms=ManyTerms(day_count=DayCount.SAME_AS_PERIOD),
        principal_minor=own.principal,
        rate_ppm=own.rate_ppm,
        instalments=np.full(len(chosen), product.instalments, dtype=np.int64),
        start_date=start,
        first_due_date=first_due,
        seed_day=own.due_day,
    )
    tomorrow = np.datetime64(block.wishes.as_of_date + timedelta(days=1), "D")
    last_raised = np.maximum(own.running - 2, 0)
    due_tomorrow = (own.running > 1) & (plan.due_date[plan.offsets[:-1] + last_raised] == tomorrow)
    open_rows = np.maximum(own.late_rows, due_tomorrow.astype(np.int64))
    return _Standing(
        drawn=own,
        terms=product.terms,
        offsets=plan.offsets,
        from_date=plan.from_date,
        due_date=plan.due_date,
        principal=plan.principal_minor,
        interest=plan.interest_minor,
        first_open=own.running - 1 - open_rows,
        instalments=product.instalments,
    )


# --- rows of the tables --------------------------------------------------------------------------


def _write(columns: Columns, *, wishes: BookWishes, block: _Block, versions: Sequence[int], at: datetime) -> None:
    drawn = _draw(block)
    customer_ids = np.unique(_customers_of(drawn.loan_ids))
    if block.first_id > 1:  # one customer may have loans in two blocks
        customer_ids = customer_ids[customer_ids > int(_customers_of(np.array([block.first_id - 1]))[0])]
    customers = pl.DataFrame({"id": customer_ids}).with_columns(
        pl.lit(SOURCE).alias("source"),
        pl.format("C{}", "id").alias("external_id"),
        pl.lit(b"").alias("name_encrypted"),
        pl.lit("zh-hans").alias("language"),
        pl.lit("Asia/Shanghai").alias("time_zone"),
        pl.lit("").alias("region"),
        pl.lit(True).alias("is_invented"),
        pl.lit(at).alias("created_at"),
    )
    columns.append(table="customers_customer", rows=customers)
    for place, version in enumerate(versions):
        standing = _stand(block, drawn, place)
        if len(standing.drawn.loan_ids):
            loans = _loans(standing, as_of=wishes.as_of_date, version=version)
            columns.append(table="loans_loan", rows=loans)
            columns.append(table="loans_scheduleversion", rows=_plans(standing, as_of=wishes.as_of_date))
            instalments = _instalments(standing, as_of=wishes.as_of_date)
            columns.append(table="loans_instalment", rows=instalments)
            receipts = _receipts(standing, loans=loans, as_of=wishes.as_of_date, at=at)
            columns.append(table="payments_receipt", rows=receipts)
            _write_postings(columns, loans=loans, instalments=instalments, receipts=receipts)


def _customers_of(loan_ids: Int64Array) -> Int64Array:
    """Return whose the loans are: five loans belong to four customers."""
    return (loan_ids * 4 + 4) // 5


def _loans(standing: _Standing, *, as_of: date, version: int) -> pl.DataFrame:
    drawn, rows = standing.drawn, standing.drawn.running - 1
    next_due = standing.at(standing.due_date, rows)
    is_open, index = _open_rows(standing)
    since = np.where(
        drawn.running - 1 > standing.first_open, standing.at(standing.due_date, standing.first_open), NO_DATE
    )
    day = np.timedelta64(1, "D")
    days = days_past_due_many(past_due_since=since, business_date=as_of, terms=standing.terms.ageing)
    next_event = next_event_dates_many(
        after=as_of,
        terms=standing.terms.event_terms,
        due_dates_ahead=next_due - day,
        past_due_since=since,
        open_loan_index=index,
        open_due_dates=standing.due_date[is_open] - day,
        open_last_free_dates=standing.due_date[is_open],
    )
    left = np.add.reduceat(
        np.where(np.arange(len(standing.principal)) >= _each(standing, standing.offsets[:-1] + standing.first_open),
                 standing.principal, 0),
        standing.offsets[:-1],
    )  # fmt: skip
    accrued = row_interest_accrued_many(
        interest_minor=standing.at(standing.interest, rows),
        from_dates=standing.at(standing.from_date, rows),
        due_dates=next_due,
        to_date=as_of + timedelta(days=1),
        rounding=standing.terms.schedule.interest_rounding,
    )
    return pl.DataFrame(
        {
            "id": drawn.loan_ids,
            "customer_id": _customers_of(drawn.loan_ids),
            "principal_minor": drawn.principal,
            "rate_ppm": drawn.rate_ppm,
            "instalment_minor": standing.at(standing.principal + standing.interest, np.zeros_like(rows)),
            "disbursed_date": standing.at(standing.from_date, np.zeros_like(rows)),
            "next_instalment_no": drawn.running.astype(np.int16),
            "next_due_date": next_due,
            "principal_outstanding_minor": left,
            "accrued_interest_minor": accrued,
            "past_due_since_date": since,
            "bucket": bucket_index_many(days_past_due=days, bands=standing.terms.ageing.bands).astype(np.int16),
            "next_event_date": next_event,
        }
    ).with_columns(
        pl.lit(SOURCE).alias("source"),
        pl.format("L{}", "id").alias("external_id"),
        pl.lit(version, dtype=pl.Int64).alias("product_version_id"),
        pl.lit(CURRENCY).alias("currency"),
        pl.lit(standing.terms.rate_per).alias("rate_per"),
        pl.lit(standing.instalments, dtype=pl.Int16).alias("instalments"),
        pl.lit("").alias("grade"),
        pl.lit(as_of).alias("takeover_date"),
        *(pl.lit(0, dtype=pl.Int64).alias(f"opening_paid_{name}_minor") for name in ("principal", "interest", "fee")),
        pl.lit("").alias("opening_status"),
        pl.lit("active").alias("status"),
        pl.lit(1, dtype=pl.Int16).alias("schedule_version_no"),
    )


def _open_rows(standing: _Standing) -> tuple[Int64Array, Int64Array]:
    """Return the places of the raised rows that are open, and for each the place of its loan."""
    counts = standing.drawn.running - 1 - standing.first_open
    index = np.repeat(np.arange(len(counts)), counts)
    firsts = np.repeat(standing.offsets[:-1] + standing.first_open - (np.cumsum(counts) - counts), counts)
    return firsts + np.arange(len(index)), index


def _each(standing: _Standing, values: Int64Array) -> Int64Array:
    """Return the value of each loan for each row of its plan."""
    return np.repeat(values, np.diff(standing.offsets))


def _plans(standing: _Standing, *, as_of: date) -> pl.DataFrame:
    rows = pl.DataFrame(
        {
            "loan_id": _each(standing, standing.drawn.loan_ids),
            "due_dates": standing.due_date,
            "principal_minor": standing.principal,
            "interest_minor": standing.interest,
        }
    )
    return (
        rows.group_by("loan_id", maintain_order=True)
        .agg("due_dates", "principal_minor", "interest_minor")
        .with_columns(
            pl.lit(1, dtype=pl.Int16).alias("version_no"),
            pl.lit("taken_over").alias("reason"),
            pl.lit(as_of).alias("business_date"),
            pl.lit(1, dtype=pl.Int16).alias("from_instalment_no"),
            pl.Series("row_from_date", standing.at(standing.from_date, np.zeros_like(standing.drawn.running))),
        )
    )


def _instalments(standing: _Standing, *, as_of: date) -> pl.DataFrame:
    rows, index = _open_rows(standing)
    late = standing.due_date[rows] < np.datetime64(as_of, "D")
    return pl.DataFrame(
        {
            "loan_id": standing.drawn.loan_ids[index],
            "instalment_no": (rows - standing.offsets[:-1][index] + 1).astype(np.int16),
            "due_date": standing.due_date[rows],
            "principal_due_minor": standing.principal[rows],
            "interest_due_minor": standing.interest[rows],
            "penalty_counted_through_date": np.where(late, np.datetime64(as_of, "D"), NO_DATE),
        }
    ).with_columns(pl.lit(1, dtype=pl.Int16).alias("schedule_version_no"))


def _receipts(standing: _Standing, *, loans: pl.DataFrame, as_of: date, at: datetime) -> pl.DataFrame:
    """Return money paid ahead for the running row of some loans."""
    due = standing.at(standing.principal + standing.interest, standing.drawn.running - 1)
    return (
        loans.select("customer_id", "currency", loan_id="id")
        .with_columns(pl.Series("amount_minor", due))
        .filter(pl.Series(standing.drawn.is_paid_ahead))
        .with_columns(
            pl.lit(SOURCE).alias("bank_account"),
            pl.format("{}-{}", pl.lit(SOURCE), "loan_id").alias("bank_reference"),
            pl.col("amount_minor").alias("unapplied_minor"),
            pl.lit(as_of).alias("value_date"),
            pl.lit(as_of).alias("booked_date"),
            pl.lit(at).alias("received_at"),
            pl.lit(True).alias("is_simulated"),
        )
    )


# --- the ledger ----------------------------------------------------------------------------------


def _write_entry(columns: Columns, as_of: date, first_id: int, at: datetime) -> None:
    """Write the entry of a block: it takes postings only in the transaction that writes it."""
    columns.execute(
        "INSERT INTO ledger_journalentry (business_date, kind, source, currency, recorded_at) "
        f"VALUES ('{as_of}', 'takeover', '{SOURCE}:{first_id}', '{CURRENCY}', '{at.isoformat()}')"
    )


def _write_postings(
    columns: Columns, *, loans: pl.DataFrame, instalments: pl.DataFrame, receipts: pl.DataFrame
) -> None:
    entry = columns.read("SELECT max(id) AS id FROM ledger_journalentry")["id"][0]
    for rows in _legs(loans, instalments, receipts):
        columns.append(
            table="ledger_posting",
            rows=rows.filter(pl.col("amount_minor") > 0).with_columns(
                pl.lit(entry, dtype=pl.Int64).alias("entry_id"),
                pl.col("debit_id", "credit_id").cast(pl.Int16),
            ),
        )


def _legs(loans: pl.DataFrame, instalments: pl.DataFrame, receipts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    moves = (
        (loans, "id", "principal_outstanding_minor", AccountNo.LOAN_PRINCIPAL, AccountNo.TAKEOVER),
        (loans, "id", "accrued_interest_minor", AccountNo.ACCRUED_INTEREST, AccountNo.TAKEOVER),
        (instalments, "loan_id", "interest_due_minor", AccountNo.INTEREST_RECEIVABLE, AccountNo.TAKEOVER),
        (receipts, "loan_id", "amount_minor", AccountNo.BANK, AccountNo.UNAPPLIED_RECEIPTS),
    )
    for rows, key, amount, debit, credit in moves:
        yield rows.select(
            pl.col(key).alias("loan_id"),
            pl.col(amount).alias("amount_minor"),
            pl.lit(int(debit)).alias("debit_id"),
            pl.lit(int(credit)).alias("credit_id"),
        )
