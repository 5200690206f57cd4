"""
A mandate is signed, the debit announced and returned for want of funds, tried again on pay day and paid.

Day by day: what the customer is told, what the bank is sent, what it says, and that the books tie.
"""

from datetime import date

import pytest

from postloan.books.payments.debit_queries import find_bank_items, get_mandates
from postloan.books.payments.models import DebitAttempt, DebitOrder, Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.simulator import Faults, Outcome
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.debits import IBANS, announce, at, make_mandate, send, take, use_bank


def close_to(day: date) -> None:
    close_through(through_date=day, by="story", clock=lambda: at(day, 15))
    assert all(tie.holds for tie in get_ties())


@pytest.mark.django_db(transaction=True)
def test_signed_announced_returned_retried_on_pay_day_paid(tmp_path, settings, monkeypatch):
    settings.POSITIONS_DIR = tmp_path / "positions"
    faults = Faults(accounts={IBANS[0]: (Outcome.NO_FUNDS, Outcome.PAID)})
    bank = use_bank(monkeypatch, today=date(2018, 7, 1), faults=faults)
    make_books()
    loan = make_loan(
        product=make_product(currency="EUR"),
        due_dates=[date(2018, 7, 10), date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )
    make_mandate(loan, pay_day=25)
    [view] = get_mandates(customer_id=loan.customer_id)
    assert view.account == "•••• 3000"
    assert (view.events[0].text_version, view.events[0].channel) == ("sepa-core-en-3", "portal")

    # The 10th of July is a Tuesday. Two days' notice were agreed: told on the 8th at the latest.
    assert announce(date(2018, 7, 7)) == []
    [order] = announce(date(2018, 7, 8))
    assert (order.amount_minor, order.collect_date) == (50_500, date(2018, 7, 10))
    assert send(date(2018, 7, 8)) == []

    close_to(date(2018, 7, 8))
    [file] = send(date(2018, 7, 9))  # a day ahead: what the bank needs
    assert (file.collect_date, file.debits, file.total_minor) == (date(2018, 7, 10), 1, 50_500)
    assert IBANS[0].encode() in bank.handed[file.file_id]

    close_to(date(2018, 7, 9))
    bank.today = date(2018, 7, 10)
    post = take(date(2018, 7, 10))
    assert [found.counts["returned"] for found in post.taken.values()] == [0, 1]
    order.refresh_from_db()
    # No funds: again on pay day, the 25th, told anew three days before.
    assert (order.state, order.collect_date, order.told_at) == ("announced", date(2018, 7, 25), None)
    assert Receipt.objects.count() == 0

    close_to(date(2018, 7, 11))
    loan.refresh_from_db()
    assert loan.past_due_since_date == date(2018, 7, 10)

    close_to(date(2018, 7, 20))
    assert [told.pk for told in announce(date(2018, 7, 21))] == [order.pk]  # the same order, the same amount
    close_to(date(2018, 7, 23))
    [again] = send(date(2018, 7, 24))
    assert (again.collect_date, again.total_minor) == (date(2018, 7, 25), 50_500)

    close_to(date(2018, 7, 24))
    bank.today = date(2018, 7, 25)
    take(date(2018, 7, 25))
    assert all(tie.holds for tie in get_ties())
    order.refresh_from_db()
    assert (order.state, order.tries, order.collected_minor) == ("collected", 2, 50_500)
    receipt = Receipt.objects.get()
    assert (receipt.amount_minor, receipt.allocated_minor, receipt.value_date) == (50_500, 50_500, date(2018, 7, 25))
    assert DebitAttempt.objects.get(receipt=receipt).attempt_no == 2

    close_to(date(2018, 7, 25))
    loan.refresh_from_db()
    assert (loan.past_due_since_date, loan.bucket, loan.principal_outstanding_minor) == (None, 0, 50_500)

    # The next instalment goes its own way.
    close_to(date(2018, 8, 7))
    [following] = announce(date(2018, 8, 8))
    assert (following.instalment_no, following.amount_minor) == (2, 51_005)
    assert DebitOrder.objects.count() == 2
    assert list(find_bank_items()) == []
