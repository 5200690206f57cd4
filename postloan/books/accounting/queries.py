"""
Questions of accountants: sums by day, product and account, the trial balance of a period.

Every answer is read in one statement from the daily sums and from the postings that are in none yet.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from postloan.books.ledger.models import Posting
from postloan.books.loans.models import Loan
from postloan.books.products.models import Product

_LEGS = """
    WITH tail AS (
        SELECT entry.business_date, entry.currency, version.product_id, posting.debit_id, posting.credit_id,
               posting.amount_minor
        FROM ledger_unsummedentry JOIN ledger_journalentry entry ON entry.id = entry_id
        JOIN ledger_posting posting USING (entry_id)
        LEFT JOIN loans_loan loan ON loan.id = posting.loan_id
        LEFT JOIN products_productversion version ON version.id = loan.product_version_id
    ), leg AS (
        SELECT business_date, currency, product_id, account_id, debit_minor, credit_minor FROM ledger_dailysum
        UNION ALL SELECT business_date, currency, product_id, debit_id, amount_minor, 0 FROM tail
        UNION ALL SELECT business_date, currency, product_id, credit_id, 0, amount_minor FROM tail
    )
"""
_PRODUCT = "(%(product)s::bigint IS NULL OR product_id = %(product)s)"


@dataclass(frozen=True)
class DaySum:
    """Debits and credits of an account on one day for one product (None: postings without a loan), in minor units."""

    business_date: date
    product_id: int | None
    account_id: int
    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True)
class PeriodBalance:
    """An account over a period in minor units; balances are debits less credits."""

    product_id: int | None
    account_id: int
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        """The balance when the period is over."""
        return self.opening_minor + self.debit_minor - self.credit_minor


def get_day_sums(
    *, from_date: date | None, through_date: date | None, product_id: int | None = None, account_id: int | None = None
) -> list[DaySum]:
    """Return the sums of each day from `from_date` to `through_date`, both inclusive, in order."""
    rows = _read(
        f"""
        {_LEGS}
        SELECT business_date, product_id, account_id, currency, sum(debit_minor)::bigint, sum(credit_minor)::bigint
        FROM leg
        WHERE (%(from)s::date IS NULL OR business_date >= %(from)s)
          AND (%(through)s::date IS NULL OR business_date <= %(through)s)
          AND {_PRODUCT} AND (%(account)s::smallint IS NULL OR account_id = %(account)s)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 3, 2 NULLS FIRST
        """,
        {"from": from_date, "through": through_date, "product": product_id, "account": account_id},
    )
    return [DaySum(*row) for row in rows]


def get_period_balances(
    *, from_date: date | None, through_date: date | None, product_id: int | None = None
) -> list[PeriodBalance]:
    """
    Return each product's accounts that were ever moved by `through_date`: balance before `from_date`, movement, balance.

    Both dates are inclusive; without `from_date` the period begins with the books.
    """
    rows = _read(
        f"""
        {_LEGS}
        SELECT product_id, account_id, currency,
               coalesce(sum(debit_minor - credit_minor) FILTER (WHERE business_date < %(from)s::date), 0)::bigint,
               coalesce(sum(debit_minor) FILTER (
                   WHERE %(from)s::date IS NULL OR business_date >= %(from)s), 0)::bigint,
               coalesce(sum(credit_minor) FILTER (
                   WHERE %(from)s::date IS NULL OR business_date >= %(from)s), 0)::bigint
        FROM leg
        WHERE (%(through)s::date IS NULL OR business_date <= %(through)s) AND {_PRODUCT}
        GROUP BY 1, 2, 3 ORDER BY 3, 2, 1 NULLS FIRST
        """,
        {"from": from_date, "through": through_date, "product": product_id},
    )
    return [PeriodBalance(*row) for row in rows]


def find_unequal_sums() -> list[tuple[Any, ...]]:
    """
    Return the daily sums that are not what all summed postings come to: none, unless somebody wrote past the operations.

    It sums every posting ever (`postloan check-books --every-posting`). Rows are date, currency, product, account and by
    how much debits and credits of the sums exceed those of the postings.
    """
    return _read(
        """
        WITH moved AS (
            SELECT entry.business_date, entry.currency, version.product_id, posting.debit_id, posting.credit_id,
                   sum(posting.amount_minor) AS amount_minor
            FROM ledger_journalentry entry JOIN ledger_posting posting ON posting.entry_id = entry.id
            LEFT JOIN loans_loan loan ON loan.id = posting.loan_id
            LEFT JOIN products_productversion version ON version.id = loan.product_version_id
            WHERE NOT EXISTS (SELECT FROM ledger_unsummedentry unsummed WHERE unsummed.entry_id = entry.id)
            GROUP BY 1, 2, 3, 4, 5
        ), leg AS (
            SELECT business_date, currency, product_id, account_id, debit_minor AS debit, credit_minor AS credit
            FROM ledger_dailysum
            UNION ALL SELECT business_date, currency, product_id, debit_id, -amount_minor, 0 FROM moved
            UNION ALL SELECT business_date, currency, product_id, credit_id, 0, -amount_minor FROM moved
        )
        SELECT business_date, currency, product_id, account_id, sum(debit)::bigint, sum(credit)::bigint
        FROM leg GROUP BY 1, 2, 3, 4 HAVING sum(debit) <> 0 OR sum(credit) <> 0 ORDER BY 1, 2, 3, 4
        """,
        {},
    )


def of_product(*, postings: QuerySet[Posting], product_id: int) -> QuerySet[Posting]:
    """Return those of the postings that belong to loans of a product."""
    loans = Loan.objects.filter(product_version__product_id=product_id).values("pk")
    return postings.filter(loan_id__in=loans)


def get_products() -> list[Product]:
    """Return all products in the order of their codes."""
    return list(Product.objects.order_by("code"))


def _read(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
