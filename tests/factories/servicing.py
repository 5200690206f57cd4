"""Loans lived day by day: a loan from a product's terms, nights, and the proof that its rows are what a replay says."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.models import BookSlot
from postloan.books.loans.models import Loan
from postloan.books.loans.operations import Contract, open_loan
from postloan.books.payments import operations as payments
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing.checking import check_loan
from postloan.books.payments.ties import get_ties
from postloan.books.products.models import ProductVersion
from postloan.books.products.operations import publish_product_version
from postloan.close.run import close_through
from postloan.kernel.contracts import Agreed
from postloan.kernel.product_terms import ProductTerms
from tests.factories.people import make_customer

START = date(2024, 1, 1)
AT = datetime(2024, 1, 1, 2, tzinfo=UTC)
PENALTY = {"rate_ppm": 500, "grace_days": 3}
_numbers = count(1)


def open_books(*, business_date: date = START) -> None:
    """Open the books for a day, unless they are open."""
    if not BookSlot.objects.exists():
        ledger.open_books(closed_through_date=business_date - timedelta(days=1), by="test", at=AT)


def make_product(**terms: Any) -> ProductVersion:
    """A product in yuan by 30/360 at a rate a year with a penalty of 0.05 % a day after three days, unless said."""
    known = {"currency": "CNY", "schedule": {"day_count": "30_360"}, "penalty": PENALTY} | terms
    made = ProductTerms.model_validate(known)
    return publish_product_version(code=f"served-{next(_numbers)}", name="Served", terms=made, by="test", at=AT)


def make_loan(*, product: ProductVersion | None = None, start_date: date = START, **agreed: Any) -> Loan:
    """12,000.00 at 12 % over a year, unless said otherwise: 1,066.19 a month."""
    open_books(business_date=start_date)
    figures = {"principal_minor": 1_200_000, "rate_ppm": 120_000, "instalments": 12} | agreed
    return open_loan(
        contract=Contract(
            source="test",
            external_id=f"S{next(_numbers)}",
            customer_id=make_customer().pk,
            product_version=product or make_product(),
            agreed=Agreed(start_date=start_date, **figures),
        ),
        by="test",
        at=AT,
    )


def close_to(day: date) -> None:
    """Close the nights through a day: the books are then open for the next."""
    close_through(through_date=day, by="test", clock=lambda: AT)


def pay(loan: Loan, amount_minor: int, value_date: date, **facts: Any) -> Receipt:
    """Money comes in."""
    known = {"bank_account": "bank", "bank_reference": f"P{next(_numbers)}", "currency": loan.currency} | facts
    item = payments.NewReceipt(loan_id=loan.pk, amount_minor=amount_minor, value_date=value_date, **known)
    return payments.post_receipt(receipt=item, by="test", at=AT)


def business_date_of(loan: Loan) -> date:
    """The day the loan's books are open for."""
    return BookSlot.objects.get(slot=loan.customer_id % 64).closed_through_date + timedelta(days=1)


def assert_books_are_replay(*loans: Loan) -> None:
    """Every row of the loans is what a replay says, to the minor unit, and the whole book ties."""
    for loan in loans:
        loan.refresh_from_db()
        found = check_loan(loan=loan, business_date=business_date_of(loan))
        assert not found, "; ".join(str(each) for each in found)
    assert all(tie.holds for tie in get_ties()), [tie for tie in get_ties() if not tie.holds]
