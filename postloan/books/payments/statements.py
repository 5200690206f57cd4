"""Gather a statement of account: where the loan stands, what was demanded, what came in and what it paid."""

from datetime import date

from postloan.books.loans.documents import DemandLine, Parties, ReceiptLine, Statement, terms_of_loan
from postloan.books.loans.models import COMPONENTS, Instalment, Loan
from postloan.books.loans.queries import (
    get_instalments,
    get_schedule_versions,
    get_standing,
    plan_rows,
)
from postloan.books.payments.models import Receipt
from postloan.books.payments.queries import get_receipts


class StatementPeriodWrong(ValueError):
    """The period of a statement ends before it begins."""


def get_statement(*, loan: Loan, parties: Parties, from_date: date, as_of: date, currency_digits: int = 2) -> Statement:
    """
    Return the statement of a loan: its standing when `as_of` has closed, receipts from `from_date` to `as_of`.

    `as_of` is the last closed business date: balances are as the books stand now. Receipts belong to the
    period in which they were booked. The borrower's name comes from the caller; nothing personal is read here.

    Raises:
        StatementPeriodWrong: if `from_date` lies after `as_of`.
    """
    if from_date > as_of:
        raise StatementPeriodWrong(f"{from_date} lies after {as_of}")
    versions, instalments = get_schedule_versions(loan=loan), get_instalments(loan=loan)
    rows = plan_rows(loan=loan, versions=versions, instalments=instalments, as_of=as_of)
    standing = get_standing(loan=loan, rows=rows, instalments=instalments, as_of=as_of)
    upcoming = next(
        (row for row in rows if row.due_date > as_of and row.state in {"planned", "due", "part_paid"}), None
    )
    receipts = [receipt for receipt in get_receipts(loan_id=loan.pk) if from_date <= receipt.booked_date <= as_of]
    return Statement(
        parties=parties,
        terms=terms_of_loan(loan=loan, first=versions[-1], currency_digits=currency_digits),
        from_date=from_date,
        as_of=as_of,
        principal_outstanding_minor=standing.principal_outstanding_minor,
        accrued_interest_minor=standing.accrued_interest_minor,
        open_minor=standing.open_total_minor,
        past_due_minor=standing.past_due_minor,
        days_past_due=standing.days_past_due,
        next_due_date=None if upcoming is None else upcoming.due_date,
        next_due_minor=None if upcoming is None else upcoming.total_minor,
        demands=tuple(_demand(row) for row in instalments),
        receipts=tuple(_receipt(receipt) for receipt in reversed(receipts)),
    )


def _demand(row: Instalment) -> DemandLine:
    return DemandLine(
        instalment_no=row.instalment_no,
        due_date=row.due_date,
        due_minor=_sum(row, "due"),
        penalty_minor=row.penalty_due_minor,
        paid_minor=_sum(row, "paid"),
        waived_minor=_sum(row, "waived"),
    )


def _sum(row: Instalment, what: str) -> int:
    return sum(getattr(row, f"{component}_{what}_minor") for component in COMPONENTS)


def _receipt(receipt: Receipt) -> ReceiptLine:
    paid = dict.fromkeys(COMPONENTS, 0)
    for allocation in receipt.allocations.all():
        paid[allocation.component] += allocation.amount_minor
    return ReceiptLine(
        value_date=receipt.value_date,
        reference=receipt.bank_reference,
        amount_minor=receipt.amount_minor,
        unapplied_minor=receipt.unapplied_minor,
        refunded_minor=receipt.refunded_minor,
        **{f"{component}_minor": amount for component, amount in paid.items()},
    )
