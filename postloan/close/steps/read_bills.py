"""Read what the night needs of the accounts that are billed by the month; the loans are staged as `night_loan`."""

import json
from dataclasses import dataclass
from datetime import date

import polars as pl

from postloan.books.columns import Columns
from postloan.close.night import ACCOUNTS, BILLS, MOVES, PURCHASES, empty, shaped


@dataclass(frozen=True)
class Billed:
    """The accounts of a partition, their bills that are not done, money since the last bill, purchases on them."""

    accounts: pl.DataFrame
    bills: pl.DataFrame
    moves: pl.DataFrame
    purchases: pl.DataFrame


def read_bills(*, columns: Columns, has_accounts: bool) -> Billed:
    """Return the accounts among the staged loans; where no product has a bill nothing is asked."""
    if not has_accounts:
        return Billed(empty(ACCOUNTS), empty(BILLS), empty(MOVES), empty(PURCHASES))
    accounts = columns.read(_ACCOUNTS_SQL)
    return Billed(
        accounts=shaped(accounts, ACCOUNTS),
        bills=shaped(columns.read(_BILLS_SQL), BILLS),
        moves=pl.concat([_kept_moves(accounts), shaped(columns.read(_MOVES_SQL), MOVES)]),
        purchases=shaped(columns.read(_PURCHASES_SQL), PURCHASES),
    )


def _kept_moves(accounts: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (loan_id, date.fromisoformat(value_date), principal, total)
        for loan_id, kept in accounts.select("loan_id", "moves_since_bill").iter_rows()
        for value_date, principal, total in json.loads(kept)
    ]
    return pl.DataFrame(rows, schema=dict(MOVES), orient="row")


_ACCOUNTS_SQL = """
    SELECT account.loan_id, loan.rate_ppm, next_bill_date, charged_interest_minor, done_minor_days,
           moves_since_bill::text AS moves_since_bill
    FROM bills_billaccount account JOIN pg_temp.night_loan USING (loan_id)
    JOIN loans_loan loan ON loan.id = account.loan_id
    ORDER BY account.loan_id
"""
_BILLS_SQL = f"""
    SELECT {", ".join(BILLS)} FROM bills_bill JOIN pg_temp.night_loan USING (loan_id)
    WHERE NOT is_done ORDER BY loan_id, bill_no
"""
_MOVES_SQL = """
    SELECT paid.loan_id, receipt.value_date,
           coalesce(sum(paid.amount_minor) FILTER (WHERE paid.component = 'principal'), 0)::bigint AS principal_minor,
           sum(paid.amount_minor)::bigint AS total_minor
    FROM payments_allocation paid JOIN pg_temp.night_loan USING (loan_id)
    JOIN bills_billaccount account ON account.loan_id = paid.loan_id
    JOIN payments_receipt receipt ON receipt.id = paid.receipt_id
    WHERE paid.id > account.counted_allocation_id
    GROUP BY paid.loan_id, receipt.id, receipt.value_date ORDER BY paid.loan_id, receipt.id
"""
_PURCHASES_SQL = """
    SELECT purchase.loan_id, purchase.bill_no, purchase.posted_date,
           (purchase.amount_minor - coalesce(refund.amount_minor, 0))::bigint AS amount_minor
    FROM bills_purchase purchase JOIN pg_temp.night_loan ON night_loan.loan_id = purchase.loan_id
    JOIN bills_bill bill ON bill.loan_id = purchase.loan_id AND bill.bill_no = purchase.bill_no AND NOT bill.is_done
    LEFT JOIN LATERAL (SELECT sum(from_open_bill_minor) AS amount_minor FROM bills_merchantrefund
                       WHERE purchase_id = purchase.id) refund ON true
    ORDER BY purchase.loan_id, purchase.posted_date, purchase.id
"""
