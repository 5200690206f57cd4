"""Say what pays a loan off until a stated moment, and pay it off."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.loans.models import SettlementOffer
from postloan.books.payments.models import Receipt
from postloan.books.payments.money_in import NewReceipt, find_offer
from postloan.books.payments.servicing import hold_loan, load_history, replay_loan
from postloan.books.payments.taking import take_money_for
from postloan.ground.audit import operations as audit
from postloan.kernel.engine import settlement_quote


class OfferEndsBeforeItBegins(ValueError):
    """The offer is to hold until a moment that has gone by."""


class NothingToSettle(ValueError):
    """Nothing is owed on the loan."""


@transaction.atomic
def offer_settlement(
    *, loan_id: int, value_date: date, valid_until: datetime, by: str, at: datetime
) -> SettlementOffer:
    """
    Return what pays the loan off with value date `value_date`, kept as an offer that holds until `valid_until`.

    It comes from the functions that settle the loan (docs/rules/prepayment.md). Money of exactly this amount that is
    booked in time settles the loan as of `value_date`, whatever a later day would cost. Refusals: UnknownLoan,
    LoanHasNoPlan, OfferEndsBeforeItBegins, NothingToSettle, engine.SettlementInPast (before the open day).
    """
    if valid_until <= at:
        raise OfferEndsBeforeItBegins(f"{valid_until} is not after {at}")
    held = hold_loan(loan_id=loan_id)
    after = replay_loan(history=load_history(loan=held.loan), business_date=held.business_date)
    if after.state.closed_on is not None:
        raise NothingToSettle(f"loan {loan_id}")
    quote = settlement_quote(after, on_date=value_date, valid_until=valid_until)
    offer = SettlementOffer.objects.create(
        loan=held.loan,
        value_date=value_date,
        valid_until=valid_until,
        principal_minor=quote.principal_minor,
        interest_minor=quote.interest_minor,
        fee_minor=quote.fee_minor,
        penalty_minor=quote.penalty_minor,
        held_minor=quote.held_minor,
        to_pay_minor=quote.to_pay_minor,
        by=by,
        offered_at=at,
    )
    audit.record_act(
        by=by,
        action="offer_settlement",
        subject_kind="loan",
        subject_id=loan_id,
        at=at,
        details={"offer": offer.pk, "to_pay_minor": offer.to_pay_minor, "value_date": value_date.isoformat()},
    )
    return offer


@transaction.atomic
def settle_early(*, receipt: NewReceipt, by: str, at: datetime) -> Receipt:
    """
    Return the receipt, with which the whole loan is paid off; posted before with this reference, as it stands.

    The amount of an offer that still holds settles the loan as of the offer's value date; else at least the
    settlement of the receipt's own value date is needed. What is more is held for the customer. Refusals: those of
    `post_receipts`, and the engine's by name (LessThanSettlement, LoanClosed, LoanChargedOff, EventBeforeOpening).
    """
    offer = find_offer(receipt=receipt, at=at)
    value_date = min(receipt.value_date, offer.value_date) if offer is not None else receipt.value_date
    payload = {"offer": offer.pk} if offer is not None else {}
    return take_money_for(
        receipt=receipt, kind="early_settlement", payload=payload, value_date=value_date, by=by, at=at
    )
