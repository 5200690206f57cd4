"""
What our books make of the facts: schedule, demands, ageing and next event of loans that another core keeps.

A pure function of the facts held (what the core told of positions and instalments, and
the receipts it has told since) and of the business date, run over the loans in
`pg_temp.touched`. Whoever holds the slots and the loans may run it as often as he likes.
"""

import numpy as np
import polars as pl

from postloan.books.loans.models import COMPONENTS, Loan
from postloan.books.mirror.frames import copy_out, run, stage
from postloan.books.products.models import ProductVersion
from postloan.kernel.ageing import bucket_index_many, days_past_due_many
from postloan.kernel.allocation import allocate_many

_SUMS = {side: [f"{name}_{side}_minor" for name in COMPONENTS] for side in ("due", "paid")}
_FIGURES = [*_SUMS["due"], *_SUMS["paid"]]
_OPEN = " + ".join(f"{name}_due_minor - {name}_paid_minor - {name}_waived_minor" for name in COMPONENTS)


MUCH = 5_000  # loans touched by one file


class PlanHasGaps(ValueError):
    """The rows of a loan's plan are not numbered without gaps; the message names the loan."""


def lock_touched() -> None:
    """Hold the slots of the touched loans against the close, then the loans, in id order."""
    run(
        "SELECT FROM ledger_bookslot WHERE slot IN (SELECT slot FROM loans_loan JOIN touched ON loan_id = id) "
        "ORDER BY slot FOR SHARE"
    )
    run(
        "SELECT count(*) FROM (SELECT FROM loans_loan WHERE id IN (SELECT loan_id FROM touched) "
        "ORDER BY id FOR NO KEY UPDATE) held"
    )


def project_touched() -> None:
    """
    Write what follows from the facts of the touched loans. Refuses with PlanHasGaps.

    Where a file brought much the planner is told: with yesterday's statistics it would go through it row by row.
    """
    is_much = copy_out(sql="SELECT count(*) FROM touched", schema={"loans": pl.Int64})[0, 0] >= MUCH
    if is_much:
        run("ANALYZE mirror_followedinstalment, mirror_followedloan, loans_loan")
        run("SET LOCAL enable_nestloop = off")  # no loop over a table that cannot be scanned in parallel
    _refuse_gaps()
    _write_plans()
    _write_instalments()
    if is_much:
        run("ANALYZE loans_instalment, loans_loan")
    _settle_receipts_told()
    principal = _apply_later_receipts()
    _write_loans(principal)


def _refuse_gaps() -> None:
    gaps = copy_out(
        sql="SELECT loan_id FROM mirror_followedinstalment WHERE loan_id IN (SELECT loan_id FROM touched) "
        "GROUP BY loan_id HAVING max(instalment_no) - min(instalment_no) + 1 <> count(*) ORDER BY 1 LIMIT 1",
        schema={"loan_id": pl.Int64},
    )
    if gaps.height:
        name = Loan.objects.values_list("external_id", flat=True).get(pk=gaps[0, 0])
        raise PlanHasGaps(f"the rows of loan {name} are not numbered without gaps")


def _write_plans() -> None:
    """Write a new version of the schedule where the rows are others than those of the active one."""
    run(
        """
        WITH told AS (
            SELECT loan_id, min(instalment_no) AS from_no, array_agg(due_date ORDER BY instalment_no) AS due_dates,
                   array_agg(principal_due_minor ORDER BY instalment_no) AS principal,
                   array_agg(interest_due_minor ORDER BY instalment_no) AS interest,
                   CASE WHEN bool_and(fee_due_minor = 0) THEN '{}'
                        ELSE array_agg(fee_due_minor ORDER BY instalment_no) END AS fee
            FROM mirror_followedinstalment JOIN touched USING (loan_id) GROUP BY loan_id
        ), written AS (
            INSERT INTO loans_scheduleversion (loan_id, version_no, reason, business_date, from_instalment_no,
                                               row_from_date, due_dates, principal_minor, interest_minor, fee_minor)
            SELECT loan.id, loan.schedule_version_no + 1, 'followed', slot.closed_through_date + 1, from_no,
                   least(loan.disbursed_date, told.due_dates[1]), told.due_dates, principal, interest, fee
            FROM told JOIN loans_loan loan ON loan.id = told.loan_id JOIN ledger_bookslot slot USING (slot)
            JOIN loans_scheduleversion plan ON plan.loan_id = loan.id AND plan.version_no = loan.schedule_version_no
            WHERE (told.due_dates, principal, interest, fee, from_no) IS DISTINCT FROM
                  (plan.due_dates, plan.principal_minor, plan.interest_minor, plan.fee_minor,
                   plan.from_instalment_no::smallint)
            RETURNING loan_id, version_no
        )
        UPDATE loans_loan SET schedule_version_no = version_no FROM written WHERE id = written.loan_id
        """
    )


def _write_instalments() -> None:
    """Raise rows that are due when the open day begins, and bring all raised ones to what was told."""
    columns = ", ".join(_FIGURES)
    told = ", ".join(f"told.{name}" for name in _FIGURES)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in ("due_date", *_FIGURES))
    held = ", ".join(f"held.{name}" for name in ("due_date", *_FIGURES))
    run(
        f"""
        INSERT INTO loans_instalment AS held (loan_id, instalment_no, schedule_version_no, due_date, {columns})
        SELECT told.loan_id, told.instalment_no, loan.schedule_version_no, told.due_date, {told}
        FROM mirror_followedinstalment told JOIN touched USING (loan_id)
        JOIN loans_loan loan ON loan.id = told.loan_id JOIN ledger_bookslot slot USING (slot)
        LEFT JOIN loans_instalment raised ON raised.loan_id = told.loan_id AND raised.instalment_no = told.instalment_no
        WHERE told.due_date <= slot.closed_through_date + 1 OR raised.loan_id IS NOT NULL
        ON CONFLICT (loan_id, instalment_no) DO UPDATE SET {changed}
        WHERE ({held}) IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in ("due_date", *_FIGURES))})
        """
    )
    # A row that is told no longer demands nothing.
    run(
        f"""
        UPDATE loans_instalment held SET {", ".join(f"{due} = {paid}" for due, paid in zip(*_SUMS.values(), strict=True))}
        FROM touched WHERE held.loan_id = touched.loan_id AND held.settled_date IS NULL AND NOT EXISTS (
            SELECT FROM mirror_followedinstalment told
            WHERE told.loan_id = held.loan_id AND told.instalment_no = held.instalment_no)
        """
    )


def _settle_receipts_told() -> None:
    """Receipts of days that the core's instalments speak of are in them: nothing of them waits."""
    run(
        """
        UPDATE payments_receipt receipt
        SET allocated_minor = amount_minor - refunded_minor, unapplied_minor = 0
        FROM touched JOIN mirror_followedloan followed USING (loan_id)
        WHERE receipt.loan_id = touched.loan_id AND unapplied_minor > 0
          AND booked_date <= followed.instalments_as_of_date
        """
    )


_LATER = """
    SELECT receipt.id AS receipt_id, receipt.loan_id, amount_minor - refunded_minor AS amount_minor,
           loan.product_version_id, slot.closed_through_date + 1 AS business_date
    FROM payments_receipt receipt JOIN touched USING (loan_id) JOIN mirror_followedloan followed USING (loan_id)
    JOIN loans_loan loan ON loan.id = receipt.loan_id JOIN ledger_bookslot slot USING (slot)
    WHERE booked_date > coalesce(followed.instalments_as_of_date, '-infinity') ORDER BY receipt.loan_id, receipt.id
"""
_OWED = f"""
    SELECT loan_id, instalment_no, due_date, {", ".join(_FIGURES)}
    FROM loans_instalment JOIN later USING (loan_id) WHERE {_OPEN} > 0 ORDER BY loan_id, due_date, instalment_no
"""


def _apply_later_receipts() -> pl.DataFrame:
    """
    Let receipts that are newer than the instalments told pay what is open; returns principal so paid by loan.

    The order is the product's; the next file of instalments replaces it by what the core did.
    """
    later = copy_out(
        sql=_LATER,
        schema={
            "receipt_id": pl.Int64,
            "loan_id": pl.Int64,
            "amount_minor": pl.Int64,
            "product_version_id": pl.Int64,
            "business_date": pl.Date,
        },
    )
    none = pl.DataFrame(schema={"loan_id": pl.Int64, "amount_minor": pl.Int64})
    if later.is_empty():
        return none
    stage(name="later", rows=later.select("loan_id").unique())
    figures = dict.fromkeys(_FIGURES, pl.Int64)
    owed = copy_out(sql=_OWED, schema={"loan_id": pl.Int64, "instalment_no": pl.Int16, "due_date": pl.Date, **figures})
    groups = later.partition_by("product_version_id", "business_date", maintain_order=True)
    paid = [_paid(receipts, owed) for receipts in groups]
    rows = pl.concat(paid)
    if rows.height:
        stage(name="paid", rows=rows)
        more = ", ".join(f"{name} = held.{name} + paid.{name}" for name in _SUMS["paid"])
        run(
            f"UPDATE loans_instalment held SET {more} FROM paid "
            "WHERE held.loan_id = paid.loan_id AND held.instalment_no = paid.instalment_no"
        )
    _write_unapplied(later, rows)
    return (
        rows.group_by("loan_id").agg(pl.col("principal_paid_minor").sum().alias("amount_minor"))
        if rows.height
        else none
    )


def _paid(receipts: pl.DataFrame, owed: pl.DataFrame) -> pl.DataFrame:
    """Return what the receipts of loans with one product pay of each instalment."""
    terms = ProductVersion.objects.get(pk=receipts[0, "product_version_id"]).product_terms
    money = receipts.group_by("loan_id").agg(pl.col("amount_minor").sum()).sort("loan_id")
    rows = owed.filter(pl.col("loan_id").is_in(money["loan_id"].implode()))
    split = allocate_many(
        available_minor=money["amount_minor"].to_numpy(),
        loan_index=np.searchsorted(money["loan_id"].to_numpy(), rows["loan_id"].to_numpy()),
        due_dates=rows["due_date"].to_numpy(),
        open_minor=rows.select(
            pl.col(f"{name}_due_minor") - pl.col(f"{name}_paid_minor") for name in COMPONENTS
        ).to_numpy(),
        waterfall=terms.allocation.waterfall,
        on_date=receipts[0, "business_date"],
    )
    paid = rows.select("loan_id", "instalment_no").with_columns(
        pl.Series(f"{name}_paid_minor", split.paid_minor[:, place], dtype=pl.Int64)
        for place, name in enumerate(COMPONENTS)
    )
    return paid.filter(pl.sum_horizontal(_SUMS["paid"]) > 0)


def _write_unapplied(later: pl.DataFrame, paid: pl.DataFrame) -> None:
    """Say of each receipt what of it found no place: the oldest is used up first."""
    used = paid.group_by("loan_id").agg(pl.sum_horizontal(_SUMS["paid"]).sum().alias("used_minor"))
    to = pl.col("amount_minor").cum_sum().over("loan_id")
    rows = (
        later.join(used, on="loan_id", how="left", maintain_order="left")
        .with_columns(pl.col("used_minor").fill_null(0))
        .with_columns(
            pl.min_horizontal(
                pl.max_horizontal(pl.col("used_minor") - (to - pl.col("amount_minor")), pl.lit(0)), "amount_minor"
            ).alias("allocated_minor")
        )
    )
    stage(name="receipt_used", rows=rows.select("receipt_id", "allocated_minor"))
    run(
        "UPDATE payments_receipt receipt SET allocated_minor = used.allocated_minor, "
        "unapplied_minor = amount_minor - refunded_minor - used.allocated_minor "
        "FROM receipt_used used WHERE receipt.id = used.receipt_id"
    )


def _write_loans(principal: pl.DataFrame) -> None:
    """Settle what is paid, and set status, balance, running row, ageing and the next event of the loans."""
    run(
        f"""
        UPDATE loans_instalment held
        SET settled_date = CASE WHEN {_OPEN} = 0 THEN coalesce(settled_date, slot.closed_through_date + 1) END
        FROM touched JOIN loans_loan loan ON loan.id = loan_id JOIN ledger_bookslot slot USING (slot)
        WHERE held.loan_id = loan.id AND ({_OPEN} = 0) IS DISTINCT FROM (settled_date IS NOT NULL)
        """
    )
    stage(name="paid_principal", rows=principal)
    stage(name="aged", rows=_aged())
    run(
        """
        WITH ahead AS (
            SELECT DISTINCT ON (told.loan_id) told.loan_id, told.instalment_no, told.due_date
            FROM mirror_followedinstalment told JOIN touched USING (loan_id)
            WHERE NOT EXISTS (SELECT FROM loans_instalment raised
                              WHERE raised.loan_id = told.loan_id AND raised.instalment_no = told.instalment_no)
            ORDER BY told.loan_id, told.instalment_no
        )
        UPDATE loans_loan loan
        SET status = followed.status,
            principal_outstanding_minor = greatest(
                followed.outstanding_minor - coalesce(paid_principal.amount_minor, 0), 0),
            next_instalment_no = ahead.instalment_no, next_due_date = ahead.due_date,
            past_due_since_date = aged.past_due_since_date, bucket = aged.bucket,
            closed_date = CASE WHEN followed.status = 'closed' THEN coalesce(closed_date, positions_as_of_date) END,
            next_event_date = CASE WHEN followed.status = 'active' AND absent_since_date IS NULL
                                        AND instalments_as_of_date IS NOT NULL THEN aged.business_date END
        FROM aged JOIN mirror_followedloan followed USING (loan_id)
        LEFT JOIN ahead USING (loan_id) LEFT JOIN paid_principal USING (loan_id)
        WHERE loan.id = aged.loan_id
        """
    )


_AGES = """
    SELECT loan.id AS loan_id, product_version_id, slot.closed_through_date + 1 AS business_date,
           CASE WHEN followed.status = 'active' THEN
               (SELECT min(due_date) FROM loans_instalment open_row
                WHERE open_row.loan_id = loan.id AND settled_date IS NULL) END AS past_due_since_date
    FROM loans_loan loan JOIN touched ON loan_id = loan.id JOIN mirror_followedloan followed USING (loan_id)
    JOIN ledger_bookslot slot USING (slot)
"""


def _aged() -> pl.DataFrame:
    """Return past-due date and bucket of the touched loans on the open business date."""
    loans = copy_out(
        sql=_AGES,
        schema={
            "loan_id": pl.Int64,
            "product_version_id": pl.Int64,
            "business_date": pl.Date,
            "past_due_since_date": pl.Date,
        },
    )
    aged = []
    for group in loans.partition_by("product_version_id", "business_date"):
        ageing = ProductVersion.objects.get(pk=group[0, "product_version_id"]).product_terms.ageing
        days = days_past_due_many(
            past_due_since=group["past_due_since_date"].to_numpy().astype("datetime64[D]"),
            business_date=group[0, "business_date"],
            terms=ageing,
        )
        buckets = bucket_index_many(days_past_due=days, bands=ageing.bands)
        aged.append(group.with_columns(pl.Series("bucket", buckets, dtype=pl.Int16)))
    return (pl.concat(aged) if aged else loans.with_columns(pl.lit(0, dtype=pl.Int16).alias("bucket"))).drop(
        "product_version_id"
    )
