"""Instalments and receipts as told: kept where they are newer than what is held."""

from datetime import date, datetime

import polars as pl

from postloan.books.loans.importing.blocks import BadRow
from postloan.books.loans.models import COMPONENTS
from postloan.books.mirror.frames import copy_out, run, stage

FIGURES = [f"{name}_{side}_minor" for side in ("due", "paid") for name in COMPONENTS]
ACCOUNT = "core:"  # under this and the source the receipts of a core are known
BAD_ROWS_MOST = 10_000


def stage_of_loans(*, rows: pl.DataFrame, source: str, column: str) -> list[BadRow]:
    """
    Put rows (with row_no, external_id) into `pg_temp.told` with the ids of their loans, and say which loans they touch.

    Returns the rows whose loan is not followed from this source.
    """
    stage(name="told", rows=rows)
    run("ALTER TABLE told ADD COLUMN loan_id bigint")
    run(
        "UPDATE told SET loan_id = loan.id FROM loans_loan loan "
        "WHERE source = %(source)s AND loan.external_id = told.external_id AND kept_elsewhere",
        {"source": source},
    )
    unknown = copy_out(
        sql=f"SELECT row_no FROM told WHERE loan_id IS NULL ORDER BY 1 LIMIT {BAD_ROWS_MOST}",
        schema={"row_no": pl.Int64},
    )
    run("DROP TABLE IF EXISTS pg_temp.touched")
    run("CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT DISTINCT loan_id FROM told WHERE loan_id IS NOT NULL")
    run("ANALYZE touched")
    reason = "no position of this loan has come from this source"
    return [BadRow(row_no, column, "unknown loan", reason) for row_no in unknown["row_no"].to_list()]


def keep_instalments(*, as_of: date, is_full: bool) -> tuple[int, int]:
    """Keep the rows in `pg_temp.told` of loans whose instalments are not newer; returns how many are new, and older."""
    parameters: dict[str, object] = {"as_of": as_of}
    older = run(
        "DELETE FROM told USING mirror_followedloan held "
        "WHERE held.loan_id = told.loan_id AND instalments_as_of_date > %(as_of)s",
        parameters,
    )
    if is_full:  # a loan's rows are all there: those told no more are gone
        run(
            "DELETE FROM mirror_followedinstalment held USING (SELECT DISTINCT loan_id FROM told) loan "
            "WHERE held.loan_id = loan.loan_id AND NOT EXISTS (SELECT FROM told WHERE told.loan_id = held.loan_id "
            "AND told.instalment_no = held.instalment_no)"
        )
    columns = ("due_date", *FIGURES)
    held, told = (", ".join(f"{table}.{name}" for name in columns) for table in ("held", "EXCLUDED"))
    taken = run(
        f"""
        INSERT INTO mirror_followedinstalment AS held (loan_id, instalment_no, {", ".join(columns)})
        SELECT loan_id, instalment_no, {", ".join(columns)} FROM told
        ON CONFLICT (loan_id, instalment_no) DO UPDATE
        SET {", ".join(f"{name} = EXCLUDED.{name}" for name in columns)}
        WHERE ({held}) IS DISTINCT FROM ({told})
        """
    )
    run(
        "UPDATE mirror_followedloan held SET instalments_as_of_date = %(as_of)s "
        "FROM (SELECT DISTINCT loan_id FROM told) loan WHERE held.loan_id = loan.loan_id",
        parameters,
    )
    return taken, older


def receipts_with_other_facts(*, source: str, column: str) -> list[BadRow]:
    """Return the rows of `pg_temp.told` whose reference is held with another loan, amount or date, or another currency."""
    found = copy_out(
        sql=f"""
            SELECT row_no FROM told JOIN payments_receipt receipt
            ON bank_account = '{ACCOUNT}' || (SELECT source FROM loans_loan WHERE id = told.loan_id)
            AND bank_reference = reference
            WHERE (receipt.loan_id, receipt.amount_minor, receipt.value_date)
                  IS DISTINCT FROM (told.loan_id, told.amount_minor, told.value_date)
            ORDER BY 1 LIMIT {BAD_ROWS_MOST}
        """,
        schema={"row_no": pl.Int64},
    )
    reason = f"a receipt of {source} with this reference has another loan, amount or value date"
    return [BadRow(row_no, column, "known reference", reason) for row_no in found["row_no"].to_list()]


def keep_receipts(*, source: str, at: datetime) -> int:
    """Keep the receipts in `pg_temp.told` that are not held yet; returns how many those were."""
    return run(
        """
        INSERT INTO payments_receipt (bank_account, bank_reference, customer_id, loan_id, currency, amount_minor,
                                      allocated_minor, unapplied_minor, value_date, booked_date, received_at)
        SELECT %(account)s, reference, customer_id, loan.id, currency, amount_minor, 0, amount_minor,
               value_date, booked_date, %(at)s
        FROM told JOIN loans_loan loan ON loan.id = told.loan_id ORDER BY row_no
        ON CONFLICT (bank_account, bank_reference) DO NOTHING
        """,
        {"account": ACCOUNT + source, "at": at},
    )
