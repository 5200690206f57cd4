"""Money with a purpose: a receipt and the event that says what it is for, one for both."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Loan, LoanEvent, SettlementOffer
from postloan.books.payments.account import LoanAccount
from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import (
    NewReceipt,
    find_offer,
    new_receipt,
    posted_before,
    refuse_other_facts,
    refuse_wrong,
)
from postloan.books.payments.servicing import (
    HeldLoan,
    NewEvent,
    compare,
    happen,
    hold_loan,
    load_history,
    replay_loan,
)
from postloan.books.payments.servicing.writing import write_difference
from postloan.kernel.engine import EventRefused


def take_money_for(
    *,
    receipt: NewReceipt,
    kind: str,
    payload: Mapping[str, Any],
    value_date: date | None = None,
    by: str,
    at: datetime,
) -> Receipt:
    """
    Return the receipt, taken in and used as an event of `kind` says; known already, it is returned as it stands.

    `value_date` is from when the event counts where that is not the receipt's. Refused whole: then no money is booked.
    """
    assert connection.in_atomic_block, "money and its event share one transaction"
    held = hold_loan(loan_id=receipt.loan_id)
    known = posted_before(receipts=[receipt]).get(receipt.key)
    if known is not None:
        refuse_other_facts(known=known, item=receipt)
        return known
    refuse_wrong(item=receipt, loan=held.loan, booked_date=held.business_date)
    made = new_receipt(held=held, item=receipt, at=at)
    made.save(force_insert=True)
    new = NewEvent(
        kind=kind,
        key=f"{kind}:{made.pk}",
        value_date=value_date or receipt.value_date,
        payload=payload,
        receipt=made,
    )
    happen(held=held, new=new, by=by, at=at, source=f"receipt:{made.pk}")
    made.refresh_from_db()
    return made


# --- plain money that changes the past ----------------------------------------------------------------------


def find_replayed(
    *, items: Sequence[NewReceipt], accounts: Mapping[int, LoanAccount], open_days: Mapping[int, date], at: datetime
) -> set[int]:
    """Return the loans of which some of this money can only be posted by replay; all of theirs is then."""
    known = [item for item in items if item.loan_id in accounts]
    offered = set(
        SettlementOffer.objects.filter(loan_id__in=accounts, valid_until__gte=at).values_list("loan_id", "to_pay_minor")
    )
    early = [item for item in known if item.value_date < open_days[item.loan_id]]
    later = _latest_dates({item.loan_id for item in known})
    found = set()
    for item in known:
        account, latest = accounts[item.loan_id], later.get(item.loan_id)
        if account.terms.bill is not None or account.loan.kept_elsewhere:  # served by bills, or by another core
            continue
        is_late_news = item in early and (
            account.has_moved_on(value_date=item.value_date, open_day=open_days[item.loan_id])
            or (latest is not None and latest[0] > item.value_date)
        )
        after_event = latest is not None and latest[1] is not None and latest[1] >= item.value_date
        if (
            is_late_news
            or after_event
            or _is_served_by_replay(account.loan)
            or (item.loan_id, item.amount_minor) in offered
        ):
            found.add(item.loan_id)
    return found


def _is_served_by_replay(loan: Loan) -> bool:
    """Loans taken over charged off have no plan: money for them waits until a person says what it is for."""
    if loan.status == Loan.Status.CHARGED_OFF:
        return LoanEvent.objects.filter(loan_id=loan.pk, kind="charge_off").exists()
    return loan.needs_replay


def _latest_dates(loan_ids: set[int]) -> dict[int, tuple[date, date | None]]:
    """Return the latest value date of money or event of each loan that had any, and that of its events."""
    money = dict(Receipt.objects.filter(loan_id__in=loan_ids).values_list("loan_id").annotate(Max("value_date")))
    events = dict(LoanEvent.objects.filter(loan_id__in=loan_ids).values_list("loan_id").annotate(Max("value_date")))
    return {
        loan_id: (max(day for day in (money.get(loan_id), events.get(loan_id)) if day is not None), events.get(loan_id))
        for loan_id in {*money, *events}
    }


def take_by_replay(*, held: HeldLoan, item: NewReceipt, by: str, at: datetime) -> Receipt:
    """Return the receipt, saved, with what its replay changes written and posted today; the loan is held."""
    offer = find_offer(receipt=item, at=at)
    if offer is not None:
        try:
            with transaction.atomic():
                return take_money_for(
                    receipt=item,
                    kind="early_settlement",
                    payload={"offer": offer.pk},
                    value_date=min(item.value_date, offer.value_date),
                    by=by,
                    at=at,
                )
        except EventRefused:  # something happened since the offer: the money is taken as any other
            pass
    before = replay_loan(history=load_history(loan=held.loan), business_date=held.business_date)
    made = new_receipt(held=held, item=item, at=at)
    made.save(force_insert=True)
    history = load_history(loan=held.loan)
    after = replay_loan(history=history, business_date=held.business_date)
    is_recovery = held.loan.status == Loan.Status.CHARGED_OFF
    write_difference(
        loan=held.loan,
        difference=compare(history=history, after=after, business_date=held.business_date, before=before),
        kind=JournalEntry.Kind.RECOVERY if is_recovery else JournalEntry.Kind.RECEIPT,
        source=f"receipt:{made.pk}",
        at=at,
    )
    made.refresh_from_db()
    return made
