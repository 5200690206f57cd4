"""Questions about the ledger: balances, the trial balance, the business date."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Min

from postloan.books.ledger.models import BookSlot


class BooksNotOpen(LookupError):
    """No business date is known yet: nothing has been loaded."""


@dataclass(frozen=True)
class AccountBalance:
    """Totals of one account in minor units; `balance_minor` is debits minus credits."""

    account_id: int
    code: str
    kind: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        return self.debit_minor - self.credit_minor


def get_business_date() -> date:
    """Return the day the books are open for: the day after the last day closed everywhere. Refuses with BooksNotOpen."""
    closed: date | None = BookSlot.objects.aggregate(through=Min("closed_through_date"))["through"]
    if closed is None:
        raise BooksNotOpen("no book has been loaded yet")
    return closed + timedelta(days=1)


def get_trial_balance(*, through_date: date | None = None) -> list[AccountBalance]:
    """
    Return every account with its debits and credits up to `through_date` (inclusive); their totals agree.

    Read from the daily sums and from the postings that are in none yet, in one
    statement, so that an entry counts once whoever sums meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH tail AS (
                SELECT posting.debit_id, posting.credit_id, posting.amount_minor, entry.business_date
                FROM ledger_unsummedentry JOIN ledger_journalentry entry ON entry.id = entry_id
                JOIN ledger_posting posting USING (entry_id)
            ), leg AS (
                SELECT account_id, debit_minor, credit_minor, business_date FROM ledger_dailysum
                UNION ALL SELECT debit_id, amount_minor, 0, business_date FROM tail
                UNION ALL SELECT credit_id, 0, amount_minor, business_date FROM tail
            )
            SELECT account.id, account.code, account.kind,
                   coalesce(sum(leg.debit_minor), 0)::bigint, coalesce(sum(leg.credit_minor), 0)::bigint
            FROM ledger_account account
            LEFT JOIN leg ON leg.account_id = account.id AND (%(through)s::date IS NULL OR business_date <= %(through)s)
            GROUP BY account.id ORDER BY account.id
            """,
            {"through": through_date},
        )
        return [AccountBalance(*row) for row in cursor.fetchall()]
