"""A small book: open books, a product, customers and loans as an import would leave them, ledger included."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.db import transaction

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.products.models import Product, ProductVersion
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import Customer
from postloan.kernel.product_terms import ProductTerms

AT = datetime(2018, 7, 1, 1, tzinfo=UTC)
_numbers = count(1)


def make_books(*, closed_through_date: date = date(2018, 6, 30)) -> None:
    """Open the books, so that the day after `closed_through_date` is the business date."""
    ledger.open_books(closed_through_date=closed_through_date, by="test", at=AT)


def make_product(**terms: Any) -> ProductVersion:
    """A product version; terms as ProductTerms takes them, USD without penalty unless said otherwise."""
    no = next(_numbers)
    product = Product.objects.create(code=f"product-{no}", name=f"Product {no}")
    made = ProductTerms.model_validate({"currency": "USD"} | terms)
    return ProductVersion.objects.create(
        product=product, version_no=1, terms=made.model_dump(mode="json"), created_at=AT
    )


def make_customer(*, language: str = "en", with_email: bool = True) -> Customer:
    """A plainly invented customer with an address on a reserved domain."""
    no = next(_numbers)
    return customers.add_customer(
        source="test",
        external_id=f"C{no}",
        name=f"Testa Person{no}",
        email=f"person{no}@example.org" if with_email else "",
        phone="+12025550123",
        time_zone="America/New_York",
        language=language,
        is_invented=True,
        at=AT,
        by="test",
    )


@transaction.atomic
def make_loan(
    *,
    product: ProductVersion,
    customer: Customer | None = None,
    due_dates: list[date],
    principal_minor: list[int],
    interest_minor: list[int],
    row_from_date: date = date(2018, 6, 15),
    takeover_date: date = date(2018, 6, 30),
) -> Loan:
    """A loan with this plan, nothing of it raised or paid, taken over with its principal in the ledger."""
    customer = customer or make_customer()
    principal = sum(principal_minor)
    loan = Loan.objects.create(
        source="test",
        external_id=f"L{next(_numbers)}",
        customer=customer,
        product_version=product,
        currency=product.product_terms.currency,
        principal_minor=principal,
        rate_ppm=120_000,
        rate_per="year",
        instalments=len(due_dates),
        instalment_minor=principal_minor[0] + interest_minor[0],
        disbursed_date=row_from_date,
        takeover_date=takeover_date,
        schedule_version_no=1,
        next_instalment_no=1,
        next_due_date=due_dates[0],
        principal_outstanding_minor=principal,
        next_event_date=date.fromordinal(takeover_date.toordinal() + 1),
    )
    ScheduleVersion.objects.create(
        loan=loan,
        version_no=1,
        reason=ScheduleVersion.Reason.OPENED,
        business_date=takeover_date,
        row_from_date=row_from_date,
        due_dates=due_dates,
        principal_minor=principal_minor,
        interest_minor=interest_minor,
    )
    ledger.write_entry(
        business_date=takeover_date,
        kind="takeover",
        source=f"test:{loan.pk}",
        currency=loan.currency,
        legs=[ledger.Leg(AccountNo.LOAN_PRINCIPAL, AccountNo.TAKEOVER, principal, loan_id=loan.pk)],
        at=AT,
    )
    loan.refresh_from_db()
    return loan
