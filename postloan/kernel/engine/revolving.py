"""
A revolving account: purchases, a monthly bill, a minimum payment, days free of interest.

Purchases posted up to the bill day stand on that day's bill, later ones on the next. Whoever pays the whole bill by
its due date pays no interest. Whoever does not, by parameter pays interest from the posting date of each purchase on:
on what was owed day by day (`whole_bill`), or only on what was left unpaid (`unpaid_part`). Each bill demands a
minimum: interest, fees and penalties in full and a share of the principal; only the minimum can be past due. A bill is
an instalment to ageing, reminders and arrears. The rule page is docs/rules/revolving.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from postloan.kernel.engine import _refusals as no
from postloan.kernel.engine._account import Book
from postloan.kernel.engine._account_terms import (
    Account,
    BillView,
    Converted,
    InterestOn,
    InterestPiece,
    RevolvingTerms,
    RunsFrom,
)
from postloan.kernel.engine._events import (
    AccountEvent,
    Reversal,
    sort_key,
)


def replay_account(*, terms: RevolvingTerms, events: Iterable[AccountEvent], as_of: date | None = None) -> Account:
    """
    Work a revolving account out from its terms and events.

    Raises:
        EventRefused: by name, as for loans.
    """
    ordered = sorted(events, key=sort_key)
    day = as_of if as_of is not None else max((event.value_date for event in ordered), default=terms.opened_on)
    _check(terms, ordered, day)
    undone = {event.of for event in ordered if isinstance(event, Reversal)}
    book = Book(terms, ordered[0].value_date if terms.opened_on == date.min and ordered else terms.opened_on)
    for event in ordered:
        if event.event_id in undone or isinstance(event, Reversal):
            continue
        book.pass_time(event.value_date)
        book.charge_lateness(event.value_date)
        book.happen(event)
    book.pass_time(day)
    book.charge_lateness(day)
    book.post("", "accrual", day)
    return book.view(day)


def _check(terms: RevolvingTerms, events: list[AccountEvent], as_of: date) -> None:
    seen: set[str] = set()
    for event in events:
        if event.event_id in seen:
            raise no.EventTwice(event.event_id, "an event of that id is on the account already")
        seen.add(event.event_id)
        amount = getattr(event, "amount_minor", None)
        if amount is not None and amount <= 0:
            raise no.AmountNotPositive(event.event_id, f"{amount} is not a positive amount")
        if event.value_date > as_of:
            raise no.EventInFuture(event.event_id, f"{event.value_date} lies after {as_of}")
        if event.value_date < terms.opened_on:
            raise no.EventBeforeOpening(event.event_id, f"{event.value_date} lies before {terms.opened_on}")
        currency = getattr(event, "currency", None)
        if currency not in (None, terms.currency):
            raise no.UnknownCurrency(event.event_id, f"the account is in {terms.currency}, not {currency}")
    for event in events:
        if isinstance(event, Reversal) and event.of not in seen:
            raise no.NoSuchEvent(event.event_id, f"{event.of} is not on the account")


@dataclass(frozen=True, slots=True)
class RefundSplit:
    """Where a refund by the merchant goes: the open purchase, its converted instalments, a credit balance."""

    open_purchase_minor: int
    converted_minor: int
    credit_minor: int


def split_merchant_refund(*, amount_minor: int, open_purchase_minor: int, converted_minor: int) -> RefundSplit:
    """
    Return how much of a refund each debt takes, in the order of the trade.

    What goes to converted instalments is handed to that loan as a `MerchantRefund`, which gives their fees back.

    >>> split_merchant_refund(amount_minor=100, open_purchase_minor=30, converted_minor=50)
    RefundSplit(open_purchase_minor=30, converted_minor=50, credit_minor=20)
    """
    assert min(amount_minor, open_purchase_minor, converted_minor) >= 0
    to_purchase = min(amount_minor, open_purchase_minor)
    to_converted = min(amount_minor - to_purchase, converted_minor)
    return RefundSplit(to_purchase, to_converted, amount_minor - to_purchase - to_converted)


__all__ = [
    "Account", "BillView", "Converted", "InterestOn", "InterestPiece", "RefundSplit", "RevolvingTerms", "RunsFrom", "replay_account",
    "split_merchant_refund",
]  # fmt: skip
