"""A debit is told before it is made: once a try, in the customer's language, and not if it is off."""

from datetime import date, timedelta

import pytest

from postloan.books.payments import operations as payments
from postloan.books.payments.models import DebitOrder
from postloan.care.debits.operations import tell_debits
from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import get_text
from postloan.outside.mail.fake import FakeMailChannel
from tests.factories.books import make_books, make_customer, make_loan, make_product
from tests.factories.debits import IBANS, at, make_mandate, send, use_bank

pytestmark = pytest.mark.django_db
DUE = date(2018, 7, 10)
TOLD_AT = at(DUE - timedelta(days=2), 14)  # ten in the morning in New York


@pytest.fixture
def mailbox(monkeypatch):
    found = FakeMailChannel()
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: found)
    return found


@pytest.fixture
def order(monkeypatch):
    use_bank(monkeypatch, today=DUE)
    make_books()
    loan = make_loan(
        product=make_product(currency="EUR"),
        customer=make_customer(language="en"),
        due_dates=[DUE],
        principal_minor=[50_500],
        interest_minor=[0],
    )
    make_mandate(loan)
    payments.announce_debits(on_date=DUE - timedelta(days=2), by="test", at=TOLD_AT)
    return DebitOrder.objects.get()


def test_amount_date_and_masked_account_are_told_on_both_channels(order, mailbox):
    told = tell_debits(at=TOLD_AT, by="test")

    assert (told.told, told.waiting) == (1, 0)
    order.refresh_from_db()
    assert order.told_at == TOLD_AT
    [mail] = mailbox.sent
    assert mail.subject == "We will collect EUR 505.00 on 10 July 2018"
    assert "•••• 3000" in mail.text and IBANS[0] not in mail.text
    inbox = Message.objects.get(channel="inbox")
    assert get_text(message=inbox).body == mail.text
    assert "first try did not succeed" not in mail.text


def test_telling_again_sends_nothing_more(order, mailbox):
    tell_debits(at=TOLD_AT, by="test")

    assert tell_debits(at=TOLD_AT, by="test").told == 0
    assert (len(mailbox.sent), Message.objects.count()) == (1, 2)


def test_the_portal_is_told_at_once_and_the_mail_waits_for_the_morning(order, mailbox):
    night = at(DUE - timedelta(days=2), 4)  # midnight in New York

    assert tell_debits(at=night, by="test").told == 1
    assert mailbox.sent == []
    tell_debits(at=TOLD_AT, by="test")

    assert len(mailbox.sent) == 1
    order.refresh_from_db()
    assert order.told_at == night


def test_a_debit_that_is_off_is_not_told(order, mailbox):
    mandate_id = order.mandate_id
    tell_debits(at=at(DUE - timedelta(days=2), 4), by="test")
    payments.revoke_mandate(mandate_id=mandate_id, reason="customer", channel="portal", by="test", at=TOLD_AT)

    tell_debits(at=TOLD_AT, by="test")

    assert mailbox.sent == []
    assert Message.objects.get(channel="email").reason == "the debit is off or has left"


def test_what_was_told_in_time_may_leave(order, mailbox):
    tell_debits(at=TOLD_AT, by="test")

    [file] = send(DUE - timedelta(days=1))

    assert file.debits == 1


def test_a_second_try_is_announced_as_one(order, mailbox):
    order.tries = 1
    order.mandate.customer.language = "zh-hans"
    order.mandate.customer.save()
    order.save()

    tell_debits(at=TOLD_AT, by="test")

    [mail] = mailbox.sent
    assert mail.subject == "我们将于2018年7月10日代扣 EUR 505.00"
    assert "再次尝试" in mail.text
