"""
What stands in the books against what the tape says, to the minor unit.

The books' side is read back from the database by SQL after everything has been
written; the tape's side is the control totals of the rows as they were read.
"""

from dataclasses import asdict, dataclass

from django.db import connection

from postloan.books.ledger.chart import AccountNo
from postloan.books.loans.importing.blocks import StatusTotals

FIGURES = (
    "loans",
    "principal_minor",
    "outstanding_minor",
    "paid_principal_minor",
    "paid_interest_minor",
    "paid_fees_minor",
)


class TieOutFailed(RuntimeError):
    """The books do not hold what the tape says; nothing was kept."""


@dataclass(frozen=True)
class TieOutLine:
    """One figure of one status (or of the ledger) in the tape and in the books; what was written off stays outside."""

    status: str
    figure: str
    tape: int
    books: int

    @property
    def difference(self) -> int:
        """Books less tape; 0 where they tie."""
        return self.books - self.tape


_BY_STATUS = """
    SELECT opening_status, count(*)::bigint, sum(principal_minor)::bigint, sum(principal_outstanding_minor)::bigint,
           sum(opening_paid_principal_minor)::bigint, sum(opening_paid_interest_minor)::bigint,
           sum(opening_paid_fee_minor)::bigint
    FROM loans_loan WHERE source = %(source)s AND id BETWEEN %(first)s AND %(last)s
    GROUP BY opening_status
"""
_LEDGER = """
    SELECT (SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_posting
            WHERE entry_id = %(entry)s AND debit_id = %(principal)s),
           (SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_posting
            WHERE entry_id = %(entry)s AND debit_id = %(accrued)s),
           (SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_posting
            WHERE entry_id = %(entry)s AND debit_id = %(receivable)s),
           (SELECT coalesce(sum(accrued_interest_minor), 0)::bigint FROM loans_loan
            WHERE source = %(source)s AND id BETWEEN %(first)s AND %(last)s),
           (SELECT coalesce(sum(interest_due_minor), 0)::bigint
            FROM loans_instalment JOIN loans_loan loan ON loan.id = loan_id
            WHERE source = %(source)s AND loan.id BETWEEN %(first)s AND %(last)s)
"""


def tie_out(
    *, totals: dict[str, StatusTotals], source: str, first_loan_id: int, last_loan_id: int, entry_id: int
) -> list[TieOutLine]:
    """
    Return every figure of every status against the tape, then the ledger against the loans.

    Refuses with TieOutFailed where any of them differs.
    """
    chosen: dict[str, str | int] = {"source": source, "first": first_loan_id, "last": last_loan_id, "entry": entry_id}
    with connection.cursor() as cursor:
        cursor.execute(_BY_STATUS, chosen)
        books = {status: dict(zip(FIGURES, figures, strict=True)) for status, *figures in cursor.fetchall()}
        accounts: dict[str, str | int] = {
            "principal": AccountNo.LOAN_PRINCIPAL.value,
            "accrued": AccountNo.ACCRUED_INTEREST.value,
            "receivable": AccountNo.INTEREST_RECEIVABLE.value,
        }
        cursor.execute(_LEDGER, chosen | accounts)
        principal, accrued, receivable, loans_accrued, rows_due = cursor.fetchone()
    lines = []
    for status in sorted(totals.keys() | books.keys()):
        tape = asdict(totals.get(status, StatusTotals()))
        tape["outstanding_minor"] -= tape["written_off_minor"]
        held = books.get(status, dict.fromkeys(FIGURES, 0))
        lines += [TieOutLine(status, figure, tape[figure], held[figure]) for figure in FIGURES]
    outstanding = sum(line.books for line in lines if line.figure == "outstanding_minor")
    lines += [
        TieOutLine("ledger", "outstanding_minor", outstanding, principal),
        TieOutLine("ledger", "accrued_interest_minor", loans_accrued, accrued),
        TieOutLine("ledger", "interest_receivable_minor", rows_due, receivable),
    ]
    wrong = [line for line in lines if line.difference]
    if wrong:
        first = wrong[0]
        raise TieOutFailed(f"{len(wrong)} figures differ, first {first.figure} of {first.status!r}: {first.difference}")
    return lines
