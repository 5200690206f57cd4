"""Turn a purchase that is a loan of its own (pay in 30 days) into instalments, while its free days run."""

from datetime import datetime

from django.db import transaction

from postloan.books.bills.operations._convert_bill import ConversionNotOffered, ConversionTooLate
from postloan.books.payments.servicing import Happened, NewEvent, happen, hold_loan
from postloan.ground.audit import operations as audit
from postloan.kernel.calendars import add_months


@transaction.atomic
def convert_purchase_loan(*, loan_id: int, instalments: int, reference: str, by: str, at: datetime) -> Happened:
    """
    Return what the conversion changed; under the same reference again it changes nothing.

    From today the purchase is owed in so many monthly rows with the product's fee in each, the first a month on.
    Refusals: UnknownLoan, ConversionNotOffered, ConversionTooLate (the purchase fell due), EventKeyReused, and those
    of the engine.
    """
    held = hold_loan(loan_id=loan_id)
    price = held.loan.product_version.product_terms.conversion_price(instalments=instalments)
    if price is None:
        raise ConversionNotOffered(f"{instalments} instalments")
    new = NewEvent(
        kind="conversion",
        key=f"conversion:{reference}",
        value_date=held.business_date,
        payload={
            "instalments": instalments,
            "first_due_date": add_months(seed_date=held.business_date, months=1).isoformat(),
            "fee_ppm": price.fee_ppm,
            "fee_minor": 0,
        }
        | ({"rate_ppm": price.rate_ppm} if price.rate_ppm else {}),
    )
    is_known = held.loan.events.filter(key=new.key).exists()
    if not is_known and (held.loan.next_due_date is None or held.loan.next_due_date <= held.business_date):
        raise ConversionTooLate(f"loan {loan_id}")
    happened = happen(held=held, new=new, by=by, at=at)
    if happened.is_new:
        audit.record_act(
            by=by,
            action="convert_purchase_loan",
            subject_kind="loan",
            subject_id=loan_id,
            at=at,
            details={"instalments": instalments},
        )
    return happened
