"""Receipts: one reference is one receipt, money in is money accounted for, and what is wrong is refused by name."""

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import Instalment
from postloan.books.payments import operations
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from tests.factories.books import AT, make_books, make_loan, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loan(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    made = make_loan(
        product=make_product(),
        due_dates=[date(2018, 7, 2), date(2018, 8, 2)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 2),
    )
    close_through(through_date=date(2018, 7, 1), by="test", clock=lambda: AT)
    yield made
    assert all(tie.holds for tie in get_ties())


def new(loan, **facts) -> operations.NewReceipt:
    given_facts = {
        "bank_account": "bank",
        "bank_reference": "R1",
        "loan_id": loan.pk,
        "amount_minor": 10_000,
        "currency": "USD",
        "value_date": date(2018, 7, 2),
    }
    return operations.NewReceipt(**(given_facts | facts))


def post(*receipts: operations.NewReceipt) -> list[Receipt]:
    return operations.post_receipts(receipts=receipts, by="test", at=AT)


def test_a_receipt_pays_interest_then_principal_of_the_oldest_instalment(loan):
    post(new(loan))

    parts = list(Allocation.objects.values_list("instalment_no", "component", "amount_minor"))
    assert parts == [(1, "interest", 1_000), (1, "principal", 9_000)]
    loan.refresh_from_db()
    assert loan.principal_outstanding_minor == 91_000


def test_money_beyond_what_is_due_waits_unapplied(loan):
    receipt = post(new(loan, amount_minor=60_000))[0]

    assert (receipt.allocated_minor, receipt.unapplied_minor) == (50_500, 9_500)
    assert Instalment.objects.get(loan=loan).settled_date == date(2018, 7, 2)


def test_the_same_bank_reference_twice_is_one_receipt(loan):
    first = post(new(loan))[0]

    again, also_again = post(new(loan), new(loan))

    assert first.pk == again.pk == also_again.pk
    assert Receipt.objects.count() == 1
    assert JournalEntry.objects.filter(kind="receipt").count() == 1


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"amount_minor": 0}, operations.NotAnAmount),
        ({"amount_minor": -5}, operations.NotAnAmount),
        ({"currency": "CNY"}, operations.CurrencyDiffers),
        ({"value_date": date(2018, 7, 3)}, operations.ValueDateInFuture),
        ({"loan_id": 999_999_999}, operations.UnknownLoan),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_changes_nothing(loan, facts, refusal):
    with pytest.raises(refusal):
        post(new(loan, bank_reference="good"), new(loan, **facts))

    assert Receipt.objects.count() == 0
    assert JournalEntry.objects.filter(kind="receipt").count() == 0


def test_a_reference_reused_for_another_amount_is_refused(loan):
    post(new(loan))

    with pytest.raises(operations.BankReferenceReused):
        post(new(loan, amount_minor=20_000))


def test_one_reference_posted_by_many_hands_at_once_is_one_receipt(loan):
    barrier = Barrier(6)
    found: list[int] = []

    def hand() -> None:
        barrier.wait()
        try:
            found.append(post(new(loan))[0].pk)
        finally:
            connections.close_all()

    hands = [Thread(target=hand) for _ in range(6)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(min_value=1, max_value=70_000), min_size=1, max_size=5))
def test_money_in_is_allocated_or_unapplied_whatever_comes(loan, amounts):
    number = Receipt.objects.count()
    receipts = [new(loan, bank_reference=f"{number}-{no}", amount_minor=amount) for no, amount in enumerate(amounts)]

    posted = post(*receipts)

    assert sum(amounts) == sum(receipt.allocated_minor + receipt.unapplied_minor for receipt in posted)
    allocated = sum(Allocation.objects.filter(receipt__in=posted).values_list("amount_minor", flat=True))
    assert allocated == sum(receipt.allocated_minor for receipt in posted)
    assert all(tie.holds for tie in get_ties())


def test_the_database_refuses_an_allocation_that_is_changed(loan):
    post(new(loan))

    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_allocation SET amount_minor = 1")
