"""What is announced and what leaves: the amount and date that were told, or nothing."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from lxml import etree

from postloan.books.payments import operations
from postloan.books.payments.debit_queries import get_orders_of_loan, get_orders_to_tell
from postloan.books.payments.models import DebitAttempt, DebitFile, DebitOrder
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.iso20022 import schema_errors
from postloan.outside.bank.simulator import Faults, Outcome
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.debits import IBANS, announce, at, make_mandate, send, take, use_bank

pytestmark = pytest.mark.django_db(transaction=True)
DUE = date(2018, 7, 10)
TOLD = date(2018, 7, 8)
LEAVES = date(2018, 7, 9)


@pytest.fixture
def bank(monkeypatch):
    return use_bank(monkeypatch, today=LEAVES)


@pytest.fixture
def loan(tmp_path, settings, bank):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    made = make_loan(
        product=make_product(currency="EUR"),
        due_dates=[DUE, date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )
    make_mandate(made)
    yield made
    assert all(tie.holds for tie in get_ties())


def close_to(day: date) -> None:
    close_through(through_date=day, by="test", clock=lambda: at(day, 15))


def pay(loan, amount_minor: int, value_date: date = TOLD, reference: str = "R1") -> None:
    item = operations.NewReceipt("main", reference, loan.pk, amount_minor, "EUR", value_date)
    operations.post_receipt(receipt=item, by="test", at=at(value_date))


def states(loan) -> list[tuple[int, str, str]]:
    orders = DebitOrder.objects.filter(loan=loan).order_by("instalment_no", "order_no")
    return [(order.amount_minor, order.state, order.reason) for order in orders]


def test_the_file_is_valid_and_holds_what_was_announced(loan, bank):
    [order] = announce(TOLD)

    [file] = send(LEAVES)

    root = etree.fromstring(bank.handed[file.file_id])
    assert schema_errors(document=root, version="pain.008.001.08") == []
    assert root.findtext(".//{*}InstdAmt") == "505.00"
    assert root.findtext(".//{*}ReqdColltnDt") == order.collect_date.isoformat()
    assert root.findtext(".//{*}DtOfSgntr") == "2018-06-20"
    assert root.findtext(".//{*}DbtrAcct//{*}IBAN") == IBANS[0]
    assert states(loan) == [(50_500, "sent", "")]
    assert bytes(DebitFile.objects.get().content_encrypted).find(IBANS[0].encode()) == -1


def test_announcing_and_making_files_twice_does_it_once(loan, bank):
    announce(TOLD)
    assert operations.announce_debits(on_date=TOLD, by="test", at=at(TOLD)) == 0

    send(LEAVES)
    send(LEAVES)

    assert (DebitFile.objects.count(), DebitAttempt.objects.count(), len(bank.handed)) == (1, 1, 1)


def test_who_was_not_told_is_not_debited(loan):
    operations.announce_debits(on_date=TOLD, by="test", at=at(TOLD))

    assert send(LEAVES) == []
    assert states(loan) == [(50_500, "announced", "")]
    assert [item.tell_by_date for item in get_orders_to_tell()] == [TOLD]
    send(LEAVES + timedelta(days=2))  # its date has gone
    assert states(loan) == [(50_500, "dropped", "told_late")]


def test_who_was_told_too_late_is_told_anew(loan):
    operations.announce_debits(on_date=TOLD, by="test", at=at(TOLD))
    order_ids = [item.order.pk for item in get_orders_to_tell()]
    operations.record_told(order_ids=order_ids, told_at=at(LEAVES), by="test", at=at(LEAVES))

    assert send(LEAVES) == []

    assert states(loan) == [(50_500, "dropped", "told_late")]
    [order] = announce(LEAVES)
    assert order.collect_date == date(2018, 7, 11)


def test_a_file_that_was_not_made_in_time_debits_on_no_other_day_than_was_told(loan):
    announce(TOLD)

    assert send(DUE) == []  # the bank needs it a day ahead

    assert states(loan) == [(50_500, "dropped", "date_missed")]
    [order] = announce(DUE)
    assert order.collect_date == date(2018, 7, 12)


def test_nothing_leaves_after_payment(loan):
    announce(TOLD)
    close_to(date(2018, 7, 7))
    pay(loan, 50_500)

    assert send(LEAVES) == []

    assert states(loan) == [(50_500, "dropped", "paid")]
    assert announce(LEAVES) == []


def test_a_part_payment_drops_the_order_and_the_rest_is_announced_with_its_own_amount(loan):
    announce(TOLD)
    close_to(date(2018, 7, 7))
    pay(loan, 20_000)

    assert send(LEAVES) == []

    assert states(loan) == [(50_500, "dropped", "part_paid")]
    [order] = announce(LEAVES)
    assert (order.amount_minor, order.order_no, order.collect_date) == (30_500, 2, date(2018, 7, 11))


def test_a_payment_before_the_announcement_lowers_what_is_announced(loan):
    close_to(date(2018, 7, 6))
    pay(loan, 500, value_date=date(2018, 7, 7))

    [order] = announce(TOLD)

    assert order.amount_minor == 50_000


def test_the_database_holds_a_debit_to_the_announced_amount(loan):
    [order] = announce(TOLD)
    send(LEAVES)

    for statement in (
        "UPDATE payments_debitorder SET amount_minor = 1",
        "UPDATE payments_debitattempt SET amount_minor = 1",
    ):
        refused = pytest.raises(IntegrityError, match="debited_is_what_was_announced")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert DebitOrder.objects.get().amount_minor == order.amount_minor


def test_files_are_divided_and_every_debit_leaves_once(loan, bank):
    product = make_product(currency="EUR")
    for number in range(7):
        other = make_loan(product=product, due_dates=[DUE], principal_minor=[1_000 + number], interest_minor=[0])
        make_mandate(other, account=IBANS[number % 4])
    announce(TOLD)

    files = operations.make_debit_files(on_date=LEAVES, by="test", at=at(LEAVES), debits_in_file=3)

    assert sorted(file.debits for file in files) == [2, 3, 3]
    assert DebitAttempt.objects.count() == len(set(DebitAttempt.objects.values_list("end_to_end_id"))) == 8


def test_who_dies_after_handing_over_hands_over_the_same_bytes_again(loan, bank):
    announce(TOLD)
    send(LEAVES)
    DebitFile.objects.update(state="made")  # what a kill before the commit leaves behind

    operations.hand_over_debit_files(by="test", at=at(LEAVES))

    assert DebitFile.objects.get().state == "handed_over"
    bank.today = DUE
    close_to(LEAVES)
    take(DUE)
    assert states(loan) == [(50_500, "collected", "")]


def test_two_failures_in_a_row_leave_the_account_alone_until_a_new_authorisation(loan, bank):
    faults = Faults(accounts={IBANS[0]: (Outcome.NO_FUNDS, Outcome.NO_FUNDS, Outcome.PAID)})
    bank.simulated.faults = faults
    other = make_loan(product=make_product(currency="EUR"), due_dates=[DUE], principal_minor=[700], interest_minor=[0])
    mandate = make_mandate(other)  # another loan, the same account
    announce(TOLD)
    send(LEAVES)
    bank.today = DUE
    close_to(LEAVES)
    take(DUE)

    assert {order.state for order in DebitOrder.objects.all()} == {"announced"}  # another try is planned
    day = max(DebitOrder.objects.values_list("collect_date", flat=True))
    for order in DebitOrder.objects.all():
        operations.record_told(order_ids=[order.pk], told_at=at(DUE), by="test", at=at(DUE))
    assert send(day - timedelta(days=1)) == []
    assert {order.reason for order in DebitOrder.objects.all()} == {"account_locked"}
    assert announce(day) == []

    operations.revoke_mandate(mandate_id=mandate.pk, reason="customer", channel="portal", by="test", at=at(day))
    make_mandate(other)
    assert {order.loan_id for order in announce(day)} == {loan.pk, other.pk}


def test_a_lock_is_released_at_the_customers_request_only_if_the_rules_say_so(loan, bank):
    mandate = loan.mandates.get()
    assert (
        operations.release_debit_lock(mandate_id=mandate.pk, event="customer_request", by="test", at=at(DUE)) is False
    )  # it was not locked
    with pytest.raises(operations.ReleaseNotAllowed):
        operations.release_debit_lock(mandate_id=mandate.pk, event="full_moon", by="test", at=at(DUE))


def test_orders_of_a_loan_tell_the_whole_story(loan, bank):
    bank.simulated.faults = Faults(accounts={IBANS[0]: (Outcome.NO_FUNDS,)})
    announce(TOLD)
    send(LEAVES)
    bank.today = DUE
    close_to(LEAVES)
    take(DUE)

    [order] = get_orders_of_loan(loan_id=loan.pk)

    [attempt] = order.attempts.all()
    assert (attempt.debit_return.reason_code, attempt.debit_return.reason_class) == ("AM04", "no_funds")
