"""
The proof that the sub-ledger ties to the ledger: every receivable, to the minor unit.

The sums run over the whole book, so this is for imports, month ends, tests and
`postloan check-books`; every night ties what it moved (close/steps/verify.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.queries import get_trial_balance

_SUB_LEDGER = """
    SELECT (SELECT coalesce(sum(principal_outstanding_minor - principal_off_book_minor), 0)::bigint FROM loans_loan
            WHERE NOT kept_elsewhere),
           (SELECT coalesce(sum(accrued_interest_minor), 0)::bigint FROM loans_loan
            WHERE NOT kept_elsewhere),
           coalesce(sum(interest_due_minor - interest_paid_minor - interest_waived_minor - interest_off_book_minor), 0)::bigint
               + (SELECT coalesce(sum(moved_interest_minor), 0)::bigint FROM loans_loan WHERE NOT kept_elsewhere),
           coalesce(sum(fee_due_minor - fee_paid_minor - fee_waived_minor - fee_off_book_minor), 0)::bigint
               + (SELECT coalesce(sum(moved_fee_minor), 0)::bigint FROM loans_loan WHERE NOT kept_elsewhere),
           coalesce(sum(penalty_due_minor - penalty_paid_minor - penalty_waived_minor - penalty_off_book_minor), 0)::bigint
               + (SELECT coalesce(sum(moved_penalty_minor), 0)::bigint FROM loans_loan WHERE NOT kept_elsewhere),
           (SELECT -coalesce(sum(unapplied_minor), 0)::bigint FROM payments_receipt
            WHERE loan_id NOT IN (SELECT id FROM loans_loan WHERE kept_elsewhere))
    FROM loans_instalment
    WHERE loan_id NOT IN (SELECT id FROM loans_loan WHERE kept_elsewhere)
"""  # a loan kept elsewhere is in another core's ledger
_ACCOUNTS = (
    AccountNo.LOAN_PRINCIPAL,
    AccountNo.ACCRUED_INTEREST,
    AccountNo.INTEREST_RECEIVABLE,
    AccountNo.FEE_RECEIVABLE,
    AccountNo.PENALTY_RECEIVABLE,
    AccountNo.UNAPPLIED_RECEIPTS,
)


@dataclass(frozen=True)
class Tie:
    """One account: its balance in the ledger (debits less credits) and the same by the loans' own figures."""

    account: str
    ledger_minor: int
    sub_ledger_minor: int

    @property
    def holds(self) -> bool:
        """Whether both agree to the minor unit."""
        return self.ledger_minor == self.sub_ledger_minor


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Read both sides as of one instant: a receipt booked between the two questions is on both or on neither."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def get_ties() -> list[Tie]:
    """Return a tie for each account that loans, instalments and receipts carry in detail, and debits against credits."""
    with _one_snapshot():
        balances = {row.account_id: row for row in get_trial_balance()}
        with connection.cursor() as cursor:
            cursor.execute(_SUB_LEDGER)
            figures = cursor.fetchone()
    ties = [
        Tie(balances[number].code, balances[number].balance_minor, figure)
        for number, figure in zip(_ACCOUNTS, figures, strict=True)
    ]
    debited = sum(row.debit_minor for row in balances.values())
    credited = sum(row.credit_minor for row in balances.values())
    return [*ties, Tie("debits_and_credits", debited, credited)]
