"""Write where every loan stands into the lake: the first page of a book that was taken over."""

from datetime import date

from postloan.books.columns import column_transaction
from postloan.books.positions import lake

_EVERYBODY = """
    SELECT loan.id AS loan_id, customer_id, product_version_id, status, bucket,
           coalesce(greatest(DATE '{day}' - past_due_since_date, 0), 0) AS days_past_due,
           principal_outstanding_minor, accrued_interest_minor, coalesce(owed.past_due_minor, 0) AS past_due_minor,
           next_due_date, disbursed_date, schedule_version_no, next_event_date
    FROM loans_loan loan
    LEFT JOIN (
        SELECT loan_id, sum(
            principal_due_minor - principal_paid_minor - principal_waived_minor
            + interest_due_minor - interest_paid_minor - interest_waived_minor
            + fee_due_minor - fee_paid_minor - fee_waived_minor
            + penalty_due_minor - penalty_paid_minor - penalty_waived_minor
        )::bigint AS past_due_minor
        FROM loans_instalment WHERE settled_date IS NULL AND due_date <= '{day}' GROUP BY loan_id
    ) owed ON owed.loan_id = loan.id
    WHERE status = 'active' ORDER BY loan.id
"""


def snapshot_positions(*, business_date: date) -> int:
    """
    Write the position of every active loan as of the end of `business_date` and return how many.

    For a day that no close has written; repeating it writes the same file.
    """
    with column_transaction() as columns:
        rows = columns.read(_EVERYBODY.format(day=business_date))
    lake.write_positions(rows=rows, business_date=business_date, part="takeover")
    return rows.height
