"""Add the postings that are in no daily sum yet to the sums of their day, product and account."""

from django.db import connection, transaction

ADVISORY_LOCK = 7_061_066  # one number of the database's lock space; two at once would only wait for each other's rows

_SUM = """
    WITH taken AS (
        DELETE FROM ledger_unsummedentry RETURNING entry_id
    ), moved AS (
        SELECT entry.business_date, entry.currency, version.product_id, posting.debit_id, posting.credit_id,
               sum(posting.amount_minor)::bigint AS amount_minor
        FROM taken JOIN ledger_journalentry entry ON entry.id = taken.entry_id
        JOIN ledger_posting posting ON posting.entry_id = entry.id
        LEFT JOIN loans_loan loan ON loan.id = posting.loan_id
        LEFT JOIN products_productversion version ON version.id = loan.product_version_id
        GROUP BY 1, 2, 3, 4, 5
    ), leg AS (
        SELECT business_date, currency, product_id, debit_id AS account_id, amount_minor AS debit, 0 AS credit FROM moved
        UNION ALL
        SELECT business_date, currency, product_id, credit_id, 0, amount_minor FROM moved
    ), added AS (
        INSERT INTO ledger_dailysum (business_date, currency, product_id, account_id, debit_minor, credit_minor)
        SELECT business_date, currency, product_id, account_id, sum(debit)::bigint, sum(credit)::bigint
        FROM leg GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 3, 2
        ON CONFLICT (business_date, account_id, product_id, currency) DO UPDATE
        SET debit_minor = ledger_dailysum.debit_minor + EXCLUDED.debit_minor,
            credit_minor = ledger_dailysum.credit_minor + EXCLUDED.credit_minor
    )
    SELECT count(*) FROM taken
"""


@transaction.atomic
def sum_postings() -> int:
    """
    Take every entry that waits for its sum into the daily sums; returns how many.

    The close does it once a night, and anybody may do it at any time: an entry
    leaves the list in the statement that adds it, so it counts once. Entries whose
    transaction is still open stay for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        cursor.execute(_SUM)
        return int(cursor.fetchone()[0])
