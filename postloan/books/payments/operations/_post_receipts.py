"""
Post receipts: money came in for loans and pays what they owe by their products' waterfalls.

One transaction for the whole list, rows and journal entries together. The slots
of the customers are held FOR SHARE, so each receipt is booked on exactly one
side of the close (see `ledger.models.BookSlot`), then the loans FOR UPDATE, in
id order. Before money is allocated the penalty of late instalments is counted
up to the day before the value date, so what is paid is what is owed that day.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from postloan.books.loans.models import Loan
from postloan.books.payments.account import LoanAccount
from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt, new_receipt, posted_before, refuse_other_facts, refuse_wrong
from postloan.books.payments.rows import write_rows
from postloan.books.payments.servicing import HeldLoan, UnknownLoan
from postloan.books.payments.taking import find_replayed, take_by_replay
from postloan.ground.audit import operations as audit


@transaction.atomic
def post_receipts(*, receipts: Sequence[NewReceipt], by: str, at: datetime) -> list[Receipt]:
    """
    Return one receipt for each item, in the order given; all are posted or none.

    A reference known already with the same facts returns the receipt it was posted
    as, also when it stands twice in the list. Money that changes the past (an earlier value date, a loan that plan
    and demands alone do not serve) is posted by replay: what it changes is posted today. Money of the amount of a
    settlement offer that still holds settles the loan. Refusals: UnknownLoan, LoanKeptElsewhere, NotAnAmount,
    CurrencyDiffers, ValueDateInFuture, ValueDateBeforeOpening, BankReferenceReused.
    """
    loan_ids = {item.loan_id for item in receipts}
    closed_through = _lock_slots(loan_ids=loan_ids)
    accounts = _lock_accounts(loan_ids=loan_ids)
    posted = posted_before(receipts=receipts)
    fresh: list[NewReceipt] = []
    for item in receipts:
        if known := posted.get(item.key):
            refuse_other_facts(known=known, item=item)
        elif all(item.key != other.key for other in fresh):
            fresh.append(item)
    open_days = {pk: closed_through[account.loan.slot] + timedelta(days=1) for pk, account in accounts.items()}
    by_replay = find_replayed(items=fresh, accounts=accounts, open_days=open_days, at=at)
    for item in fresh:
        account = accounts.get(item.loan_id)
        if account is None:
            raise UnknownLoan(f"loan {item.loan_id} of reference {item.bank_reference}")
        held = HeldLoan(loan=account.loan, business_date=open_days[item.loan_id])
        refuse_wrong(item=item, loan=held.loan, booked_date=held.business_date)
        if item.loan_id in by_replay:
            posted[item.key] = take_by_replay(held=held, item=item, by=by, at=at)
            continue
        posted[item.key] = new_receipt(held=held, item=item, at=at)
        account.take(receipt=posted[item.key])
    _refuse_twice_with_other_facts(receipts, posted)
    if fresh:
        write_rows(accounts=[account for account in accounts.values() if account.takings], at=at)
        audit.record_act(
            by=by,
            action="post_receipts",
            subject_kind="receipt",
            subject_id=posted[fresh[0].key].pk,
            at=at,
            details={"receipts": len(fresh), "amount_minor": sum(item.amount_minor for item in fresh)},
        )
    return [posted[item.key] for item in receipts]


def _refuse_twice_with_other_facts(receipts: Sequence[NewReceipt], posted: dict[tuple[str, str], Receipt]) -> None:
    for item in receipts:
        refuse_other_facts(known=posted[item.key], item=item)


def _lock_slots(*, loan_ids: set[int]) -> dict[int, date]:
    """Hold the slots of these loans FOR SHARE and return how far each is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT slot, closed_through_date FROM ledger_bookslot
            WHERE slot IN (SELECT slot FROM loans_loan WHERE id = ANY(%s)) ORDER BY slot FOR SHARE
            """,
            [sorted(loan_ids)],
        )
        return dict(cursor.fetchall())


def _lock_accounts(*, loan_ids: set[int]) -> dict[int, LoanAccount]:
    locked = Loan.objects.select_for_update(of=("self",)).select_related("product_version").order_by("pk")
    loans = list(locked.filter(pk__in=loan_ids))
    return {account.loan.pk: account for account in LoanAccount.open_many(loans=loans)}
