"""Read one partition: lock its slots, and fetch the loans whose date comes within the pass, as columns."""

from datetime import date, timedelta

import polars as pl

from postloan.books.columns import Columns
from postloan.books.products.models import ProductVersion
from postloan.close.book import Book, is_last_of_month
from postloan.close.night import INSTALMENTS, LOANS, PLAN, RECEIPTS, shaped
from postloan.close.passes import Partition, Pass
from postloan.close.steps.read_bills import read_bills
from postloan.close.steps.replay_events import read_replayed
from postloan.kernel.product_terms import ProductTerms


def lock_slots(*, columns: Columns, from_slot: int, to_slot: int) -> pl.DataFrame:
    """Hold the slots of a partition until the end of the transaction; receipts for them wait. Returns their dates."""
    return columns.read(
        f"SELECT slot, closed_through_date FROM ledger_bookslot WHERE slot >= {from_slot} AND slot < {to_slot} "
        "ORDER BY slot FOR UPDATE"
    )


def read_book(*, columns: Columns, partition: Partition, days: Pass) -> Book:
    """
    Return what the slots of a partition hold to do within the pass; the caller holds the slots.

    The slots are the lock (docs/decisions/0031-the-slot-is-the-lock.md): loans are not locked one by one.
    """
    everybody = any(is_last_of_month(day) for _, day in days.days())
    slots = ", ".join(str(slot) for slot in range(partition.from_slot, partition.to_slot))
    has_work = f"loan.next_event_date <= '{days.through_date}'"
    if everybody:
        has_work = f"({has_work} OR loan.status = 'active')"
    which = f"slot IN ({slots}) AND set_aside_at IS NULL AND {has_work}"
    return _read(columns, which=which, through_date=days.through_date)


def read_loan(*, columns: Columns, loan_id: int, business_date: date) -> Book:
    """Return one loan as the close of `business_date` would read it, set aside or not; it is not locked."""
    return _read(columns, which=f"loan.id = {loan_id:d}", through_date=business_date)


def _read(columns: Columns, *, which: str, through_date: date) -> Book:
    read = columns.read(_loans_sql(which, through_date))
    columns.stage(name="night_loan", rows=read.select("loan_id", "needs_replay"))
    loans = shaped(read, LOANS)
    terms = _terms(read)
    billed = read_bills(columns=columns, has_accounts=any(each.bill for each in terms.values()))
    instalments = shaped(columns.read(_INSTALMENTS_SQL), INSTALMENTS)
    replayed = read_replayed(columns=columns, loan_ids=loans.filter(pl.col("needs_replay"))["loan_id"].to_list())
    return Book(
        terms=terms,
        posted=replayed.posted,
        parts=replayed.parts,
        histories=replayed.histories,
        loans=loans,
        plan=_plan(read, through_date=through_date + timedelta(days=1)),
        instalments=instalments,
        receipts=shaped(columns.read(_RECEIPTS_SQL), RECEIPTS),
        accounts=billed.accounts,
        bills=billed.bills,
        moves=billed.moves,
        purchases=billed.purchases,
        accounts_as_read=billed.accounts,
        bills_as_read=billed.bills,
        loans_as_read=loans,
        instalments_as_read=instalments,
    )


def _loans_sql(which: str, through_date: date) -> str:
    due = f"loan.next_due_date <= '{through_date + timedelta(days=1)}'"
    return f"""
        SELECT loan.id AS loan_id, customer_id, product_version_id, grace_days, currency, status, disbursed_date, schedule_version_no,
               next_instalment_no, next_due_date, principal_outstanding_minor, accrued_interest_minor,
               past_due_since_date, bucket, next_event_date, closed_date, kept_elsewhere, loan.needs_replay,
               principal_off_book_minor, contractual_past_due_since_date,
               moved_interest_minor, moved_fee_minor, moved_penalty_minor,
               CASE WHEN place.k > 1 THEN plan.due_dates[place.k - 1] ELSE plan.row_from_date END AS row_from_date,
               plan.interest_minor[place.k] AS row_interest_minor,
               CASE WHEN {due} THEN plan.due_dates[place.k:] END AS due_dates,
               CASE WHEN {due} THEN plan.principal_minor[place.k:] END AS principal_minor,
               CASE WHEN {due} THEN plan.interest_minor[place.k:] END AS interest_minor,
               CASE WHEN {due} THEN CASE WHEN cardinality(plan.fee_minor) > 0 THEN plan.fee_minor[place.k:]
                    ELSE array_fill(0::bigint, ARRAY[cardinality(plan.due_dates[place.k:])]) END END AS fee_minor
        FROM loans_loan loan
        LEFT JOIN loans_scheduleversion plan
               ON plan.loan_id = loan.id AND plan.version_no = loan.schedule_version_no
        LEFT JOIN LATERAL (SELECT loan.next_instalment_no - plan.from_instalment_no + 1 AS k) place ON true
        WHERE {which}
        ORDER BY loan.id
    """


_INSTALMENTS_SQL = f"""
    SELECT {", ".join(INSTALMENTS)}
    FROM loans_instalment JOIN pg_temp.night_loan USING (loan_id)
    WHERE settled_date IS NULL OR needs_replay ORDER BY loan_id, due_date, instalment_no
"""
_RECEIPTS_SQL = """
    SELECT payments_receipt.id AS receipt_id, loan_id, unapplied_minor, value_date
    FROM payments_receipt JOIN pg_temp.night_loan USING (loan_id) JOIN loans_loan loan ON loan.id = loan_id
    WHERE unapplied_minor > 0 AND NOT loan.kept_elsewhere AND NOT loan.needs_replay
    ORDER BY loan_id, payments_receipt.id
"""


_AMOUNTS = ("principal_minor", "interest_minor", "fee_minor")


def _plan(loans: pl.DataFrame, *, through_date: date) -> pl.DataFrame:
    """Return, for loans with a row due by `through_date`, those rows and the one after them."""
    rows = (
        loans.lazy()
        .filter(pl.col("due_dates").is_not_null(), ~pl.col("needs_replay"))
        .select("loan_id", "next_instalment_no", "row_from_date", "due_dates", *_AMOUNTS)
        .explode("due_dates", *_AMOUNTS)
        .rename({"due_dates": "due_date"})
        .with_columns(
            (pl.col("next_instalment_no") + pl.int_range(pl.len()).over("loan_id")).alias("instalment_no"),
            pl.col("due_date").shift(1).over("loan_id").fill_null(pl.col("row_from_date")).alias("from_date"),
        )
        .filter(pl.col("from_date") <= through_date)
        .collect()
    )
    return shaped(rows, PLAN)


def _terms(loans: pl.DataFrame) -> dict[int, ProductTerms]:
    versions = ProductVersion.objects.filter(pk__in=loans["product_version_id"].unique().to_list())
    return {version.pk: version.product_terms for version in versions}
