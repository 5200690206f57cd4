"""Positions in the lake, as the close of a day would leave them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_days_past_due
from postloan.books.positions.lake import write_positions


def make_positions(*, loans: Sequence[Loan], business_date: date) -> Path:
    """Write where these loans stand as their positions of `business_date`."""
    rows = [
        {
            "loan_id": loan.pk,
            "customer_id": loan.customer_id,
            "product_version_id": loan.product_version_id,
            "status": str(loan.status),
            "bucket": loan.bucket,
            "days_past_due": get_days_past_due(loan=loan, as_of=business_date),
            "principal_outstanding_minor": loan.principal_outstanding_minor,
            "accrued_interest_minor": loan.accrued_interest_minor,
            "past_due_minor": 0,
            "next_due_date": loan.next_due_date,
        }
        for loan in loans
    ]
    return write_positions(rows=pl.DataFrame(rows), business_date=business_date, part="test")
