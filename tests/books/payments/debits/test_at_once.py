"""Several hands at once: every debit is announced, made and booked once, and a payment never slips past the last look."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction

from postloan.books.payments import operations
from postloan.books.payments.debit_queries import get_orders_to_tell
from postloan.books.payments.models import BankFile, DebitAttempt, DebitFile, DebitOrder, Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.debits import IBANS, announce, at, make_mandate, use_bank
from tests.runs import eventually

pytestmark = pytest.mark.django_db(transaction=True)
DUE, LEAVES, TOLD = date(2018, 7, 10), date(2018, 7, 9), date(2018, 7, 8)
HANDS = 4
LOANS = 12


@pytest.fixture
def bank(tmp_path, settings, monkeypatch):
    settings.POSITIONS_DIR = tmp_path / "positions"
    made = use_bank(monkeypatch, today=LEAVES)
    make_books()
    product = make_product(currency="EUR")
    for number in range(LOANS):
        loan = make_loan(product=product, due_dates=[DUE], principal_minor=[1_000 + number], interest_minor=[0])
        make_mandate(loan, account=IBANS[number % len(IBANS)])
    yield made
    assert all(tie.holds for tie in get_ties())


def at_once(*works: Callable[[], object]) -> None:
    """Do all of it at the same time, and fail where one of it failed."""
    barrier, failures = Barrier(len(works)), []

    def hand(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            connections.close_all()

    hands = [Thread(target=hand, args=[work]) for work in works]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    assert failures == []


def test_every_debit_is_announced_made_and_booked_once(bank):
    at_once(*[lambda: operations.announce_debits(on_date=TOLD, by="test", at=at(TOLD))] * HANDS)
    assert DebitOrder.objects.count() == LOANS
    order_ids = [item.order.pk for item in get_orders_to_tell()]
    operations.record_told(order_ids=order_ids, told_at=at(TOLD), by="test", at=at(TOLD))

    at_once(*[lambda: operations.make_debit_files(on_date=LEAVES, by="test", at=at(LEAVES), debits_in_file=5)] * HANDS)
    at_once(*[lambda: operations.hand_over_debit_files(by="test", at=at(LEAVES))] * HANDS)
    assert DebitAttempt.objects.count() == LOANS
    assert len(bank.handed) == DebitFile.objects.count() == 3

    close_through(through_date=LEAVES, by="test", clock=lambda: at(DUE))
    bank.today = DUE
    contents = [bank.fetch(name=name) for name in bank.waiting()]

    def take_all() -> None:
        for content in contents:
            operations.take_bank_file(content=content, on_date=DUE, by="test", at=at(DUE))

    at_once(*[take_all] * HANDS)
    assert Receipt.objects.count() == LOANS
    assert BankFile.objects.count() == len(contents)
    assert DebitOrder.objects.filter(state="collected").count() == LOANS


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def test_a_payment_that_is_being_posted_is_waited_for_and_its_debit_dropped(bank):
    announce(TOLD)
    close_through(through_date=date(2018, 7, 7), by="test", clock=lambda: at(TOLD))
    paid = DebitOrder.objects.order_by("pk")[3]
    item = operations.NewReceipt("main", "R1", paid.loan_id, paid.amount_minor, "EUR", TOLD)
    made: list[int] = []

    def make() -> None:
        try:
            made.extend(file.debits for file in operations.make_debit_files(on_date=LEAVES, by="test", at=at(LEAVES)))
        finally:
            connections.close_all()

    maker = Thread(target=make)
    with transaction.atomic():
        operations.post_receipt(receipt=item, by="test", at=at(TOLD))
        maker.start()
        eventually(lambda: waiting_for_locks() == 1, "the maker of files waits for the payment")
        assert made == []
    maker.join()

    assert made == [LOANS - 1]
    paid.refresh_from_db()
    assert (paid.state, paid.reason) == ("dropped", "paid")
