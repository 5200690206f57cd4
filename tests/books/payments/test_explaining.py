"""Where a receipt went: the explanation gives the stored allocations again, and so does the kernel's waterfall."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.ledger.journal_queries import find_postings
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_instalments, get_loan
from postloan.books.payments import operations as payments
from postloan.books.payments.explaining import explain_receipt, owed_before
from postloan.books.payments.models import Receipt
from postloan.books.payments.queries import get_receipts, get_unapplied_minor
from postloan.close.run import close_through
from postloan.kernel.allocation import allocate
from postloan.kernel.penalties import PenaltyTerms
from postloan.kernel.product_terms import AllocationRules, ProductTerms
from tests.factories.loans import make_loan, make_product

AT = datetime(2018, 7, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _lake(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"


def pay(loan: Loan, amount_minor: int, day: date) -> Receipt:
    item = payments.NewReceipt("bank", f"{day}:{amount_minor}", loan.pk, amount_minor, "USD", day)
    return payments.post_receipt(receipt=item, by="test", at=AT)


def close_to(day: date) -> None:
    close_through(through_date=day, by="test", clock=lambda: AT)


@pytest.mark.parametrize("style", ["row_wise", "component_wise"])
def test_every_allocation_is_the_smaller_of_what_was_left_and_what_was_open(style):
    """Two late rows with a daily penalty, three receipts on two days; the last is more than is due."""
    terms = ProductTerms(
        currency="USD",
        penalty=PenaltyTerms(rate_ppm=1_000, grace_days=2),
        allocation=AllocationRules(order=("penalty", "fee", "interest", "principal"), style=style),
    )
    loan = make_loan(product_version=make_product(terms=terms), paid_rows=3, instalments=12)
    close_to(date(2018, 7, 2))
    pay(loan, 5_000, date(2018, 7, 3))
    pay(loan, 60_000, date(2018, 7, 3))
    close_to(date(2018, 7, 9))
    pay(loan, 300_000, date(2018, 7, 10))
    close_to(date(2018, 8, 20))

    receipts, instalments = get_receipts(loan_id=loan.pk), get_instalments(loan=loan)
    postings = list(find_postings(loan_id=loan.pk))
    loan = get_loan(loan_id=loan.pk)
    every = sorted((part for receipt in receipts for part in receipt.allocations.all()), key=lambda part: part.pk)

    assert len({part.business_date for part in every}) >= 3, "the night allocated what had waited"
    for receipt in receipts:
        explained = explain_receipt(
            loan=loan, receipt=receipt, receipts=receipts, instalments=instalments, postings=postings
        )
        assert [part.step.recompute() for part in explained.parts] == [
            allocation.amount_minor for allocation in sorted(receipt.allocations.all(), key=lambda part: part.pk)
        ]
        assert explained.rest.holds()
        assert explained.rest.result == receipt.unapplied_minor

        at_once = [part.allocation for part in explained.parts if part.allocation.business_date == receipt.booked_date]
        owed = owed_before(
            allocation=at_once[0],
            receipt=receipt,
            before=every[: every.index(at_once[0])],
            instalments=instalments,
            postings=postings,
        )
        again = allocate(
            receipt_minor=receipt.amount_minor,
            owed=owed,
            waterfall=terms.allocation.waterfall,
            on_date=receipt.value_date,
        )
        assert [(part.instalment_no, part.component, part.amount_minor) for part in again.parts] == [
            (part.instalment_no, part.component, part.amount_minor) for part in at_once
        ]
    assert get_unapplied_minor(loan_id=loan.pk) == sum(receipt.unapplied_minor for receipt in receipts)


def test_money_that_comes_before_anything_is_due_is_explained_as_waiting():
    loan = make_loan(disbursed_date=date(2018, 6, 20), instalments=12)
    receipt = pay(loan, 10_000, date(2018, 7, 1))

    explained = explain_receipt(
        loan=get_loan(loan_id=loan.pk),
        receipt=receipt,
        receipts=get_receipts(loan_id=loan.pk),
        instalments=get_instalments(loan=loan),
        postings=list(find_postings(loan_id=loan.pk)),
    )

    assert explained.parts == ()
    assert explained.rest.result == 10_000
