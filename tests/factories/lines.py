"""Open books, a customer with a credit line, and loans drawn on it."""

from datetime import UTC, date, datetime

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.models import BookSlot
from postloan.books.lines import operations
from postloan.books.lines.models import CreditLine
from postloan.books.loans.models import Loan
from postloan.books.loans.operations import Contract, open_loan
from postloan.books.products.models import ProductVersion
from postloan.books.products.operations import publish_product_version
from postloan.ground.customers.models import Customer
from postloan.kernel.contracts import Agreed
from postloan.kernel.product_terms import ProductTerms
from tests.factories.people import make_customer

AT = datetime(2024, 3, 4, 2, tzinfo=UTC)
TODAY = date(2024, 3, 4)
A_YEAR_ON = date(2025, 3, 4)


def open_books(*, business_date: date = TODAY) -> None:
    """Open the books for a day, unless they are open."""
    if not BookSlot.objects.exists():
        ledger.open_books(closed_through_date=date.fromordinal(business_date.toordinal() - 1), by="test", at=AT)


def make_product(*, code: str = "cash_loan", **terms: object) -> ProductVersion:
    """A product in yuan, equal instalments at a rate a day unless said otherwise."""
    made = ProductTerms.model_validate({"currency": "CNY", "rate_per": "day"} | terms)
    return publish_product_version(code=code, name=code, terms=made, by="test", at=AT)


def make_line(
    *,
    limit_minor: int = 1_000_000,
    customer: Customer | None = None,
    parent: CreditLine | None = None,
    product_code: str | None = None,
    expires_date: date = A_YEAR_ON,
    currency: str = "CNY",
) -> CreditLine:
    """A line of a year from TODAY; of its parent's customer where it has a parent."""
    open_books()
    owner = customer or (parent.customer if parent else make_customer(language="zh-hans"))
    return operations.open_line(
        customer_id=owner.pk,
        currency=currency,
        limit_minor=limit_minor,
        opened_date=TODAY,
        expires_date=expires_date,
        product_code=product_code,
        parent_id=parent.pk if parent else None,
        reason="granted",
        by="test",
        at=AT,
    )


def draw(line: CreditLine, amount_minor: int, *, reference: str, product: ProductVersion | None = None) -> Loan:
    """A loan drawn on the line: reserved, paid out, opened and tied, all on TODAY."""
    held = operations.reserve_draw(
        line_id=line.pk, amount_minor=amount_minor, on_date=TODAY, reference=reference, by="test", at=AT
    )
    loan = open_loan(
        contract=Contract(
            source="test",
            external_id=reference,
            customer_id=line.customer_id,
            product_version=product or make_product(),
            agreed=Agreed(principal_minor=amount_minor, rate_ppm=400, instalments=3, start_date=TODAY),
        ),
        by="test",
        at=AT,
    )
    operations.settle_draw(draw_id=held.pk, loan=loan, on_date=TODAY, by="test", at=AT)
    return loan
