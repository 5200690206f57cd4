"""From the plan of the close to the message that leaves: who is told, what, once, and not after the money is in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from postloan.books.ledger.queries import get_business_date
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.care.outreach import channels
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.care.outreach.texts import get_text
from postloan.care.reminders import operations, tasks
from postloan.care.reminders.models import Reminder
from postloan.close.run import close_through
from postloan.ground.audit.models import AuditRecord
from postloan.outside.mail.fake import FakeMailChannel
from tests.factories.books import AT, make_books, make_customer, make_loan, make_product

pytestmark = pytest.mark.django_db(transaction=True)

DUE = date(2018, 7, 10)
MORNING = datetime(2018, 7, 3, 20, tzinfo=UTC)  # seven days before, in the afternoon of New York


@pytest.fixture
def channel(monkeypatch) -> FakeMailChannel:
    fake = FakeMailChannel()
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def _books(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    yield
    assert all(tie.holds for tie in get_ties())


def a_loan(customer=None):
    return make_loan(
        product=make_product(),
        customer=customer,
        due_dates=[DUE, date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )


def plan_through(day: date) -> None:
    while (open_date := get_business_date()) <= day:  # night by night: a catch-up plans no reminders of days gone by
        close_through(through_date=open_date, by="test", clock=lambda: AT)


def queue(day: date = date(2018, 7, 3), at: datetime = MORNING) -> int:
    return operations.queue_reminders(contact_date=day, at=at)


def deliver(at: datetime = MORNING) -> outreach.Delivery:
    return operations.deliver_reminders(at=at, by="test")


def pay(loan, amount_minor: int, value_date: date) -> None:
    item = payments.NewReceipt("bank", f"R{loan.pk}-{value_date}", loan.pk, amount_minor, "USD", value_date)
    payments.post_receipt(receipt=item, by="test", at=AT)


def test_a_reminder_says_how_much_until_when_how_to_pay_and_who_asks(channel):
    loan = a_loan()
    plan_through(date(2018, 7, 2))

    queue()
    delivery = deliver()

    assert (delivery.sent, delivery.dropped) == (2, 0)
    mail = channel.sent[0]
    assert mail.subject == "USD 505.00 is due on 10 July 2018"
    for words in (loan.external_id, "instalment 1 of 2", "USD 505.00", "/portal/", "Postloan Demo Lender", "Testa"):
        assert words in mail.text


def test_a_reminder_speaks_the_language_of_the_customer(channel):
    a_loan(make_customer(language="zh-hans"))
    plan_through(date(2018, 7, 2))

    queue()
    deliver()

    assert channel.sent[0].subject == "2018年7月10日 应还 USD 505.00"
    assert "第 1 期" in channel.sent[0].text


def test_the_notice_in_the_portal_says_the_same_and_lies_encrypted(channel):
    a_loan()
    plan_through(date(2018, 7, 2))

    queue()
    deliver()

    notice = Message.objects.get(channel=Message.Channel.INBOX)
    assert get_text(message=notice).body == channel.sent[0].text
    assert b"Testa" not in bytes(notice.body_encrypted)


def test_several_loans_due_on_one_day_make_one_message(channel):
    customer = make_customer()
    loans = [a_loan(customer), a_loan(customer)]
    plan_through(date(2018, 7, 2))

    queue()
    deliver()

    assert len(channel.sent) == 1
    assert channel.sent[0].subject.startswith("USD 1,010.00")
    assert all(loan.external_id in channel.sent[0].text for loan in loans)


def test_who_has_paid_before_the_message_is_made_is_not_reminded(channel):
    loan = a_loan()
    plan_through(date(2018, 7, 2))
    pay(loan, 50_500, date(2018, 7, 3))

    queue()
    deliver()

    assert channel.sent == []
    assert Reminder.objects.get().reason == "nothing to pay"


def test_who_pays_while_the_message_waits_is_not_reminded(channel):
    loan = a_loan()
    plan_through(date(2018, 7, 2))
    queue()

    pay(loan, 50_500, date(2018, 7, 3))
    delivery = deliver()

    assert (delivery.sent, delivery.dropped) == (0, 2)
    assert channel.sent == []
    assert set(Message.objects.values_list("reason", flat=True)) == {"paid before it left"}


def test_who_pays_a_part_is_reminded_of_the_rest(channel):
    loan = a_loan()
    plan_through(date(2018, 7, 2))
    queue()

    pay(loan, 20_000, date(2018, 7, 3))
    deliver()

    assert channel.sent[0].subject.startswith("USD 305.00")


def test_the_same_morning_twice_sends_nothing_twice(channel):
    a_loan()
    plan_through(date(2018, 7, 2))

    for _ in range(2):
        tasks.send_reminders(contact_date="2018-07-03", rehearsal_at=MORNING.isoformat())

    assert len(channel.sent) == 1
    assert Message.objects.filter(state=Message.State.SENT).count() == 2


def test_a_message_left_behind_by_a_killed_sender_leaves_under_the_same_id(channel, monkeypatch):
    a_loan()
    plan_through(date(2018, 7, 2))
    queue()
    killed = "postloan.care.outreach.operations._deliver_messages._record"
    with monkeypatch.context() as patch:
        patch.setattr(killed, lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver()
    first = channel.sent[0].message_id

    too_early = deliver(at=MORNING + timedelta(minutes=5))
    later = deliver(at=MORNING + timedelta(minutes=11))

    assert (too_early.total, later.sent) == (0, 2)
    assert Message.objects.get(channel=Message.Channel.EMAIL).doubts == 1
    assert [mail.message_id for mail in channel.sent] == [first]  # the fake drops a second copy, as a mailbox does


def test_a_message_does_not_leave_before_nine_in_the_morning_of_its_reader(channel):
    a_loan()
    plan_through(date(2018, 7, 2))
    queue(at=datetime(2018, 7, 3, 1, tzinfo=UTC))

    at_night = deliver(at=datetime(2018, 7, 3, 12, 59, tzinfo=UTC))  # 8:59 in New York
    at_nine = deliver(at=datetime(2018, 7, 3, 13, 0, tzinfo=UTC))

    assert (at_night.total, at_nine.sent) == (0, 2)


def test_a_reminder_whose_day_is_over_does_not_leave(channel):
    a_loan()
    plan_through(date(2018, 7, 2))
    queue()

    delivery = deliver(at=MORNING + timedelta(days=1))

    assert (delivery.sent, delivery.dropped) == (0, 2)


def test_a_server_that_is_busy_is_tried_again_and_one_that_refuses_is_not(channel):
    busy, refused = make_customer(), make_customer()
    a_loan(busy), a_loan(refused)
    plan_through(date(2018, 7, 2))
    queue()
    addresses = [f"person{customer.external_id[1:]}@example.org" for customer in (busy, refused)]
    channel.answers = dict(zip(addresses, (452, 550), strict=True))

    deliver()

    mails = Message.objects.filter(channel=Message.Channel.EMAIL)
    assert mails.get(customer=busy).state == Message.State.QUEUED
    assert mails.get(customer=busy).not_before_at > MORNING
    assert mails.get(customer=refused).state == Message.State.FAILED
    assert "550" in mails.get(customer=refused).reason


def test_a_customer_without_an_address_is_told_in_the_portal_only(channel):
    a_loan(make_customer(with_email=False))
    plan_through(date(2018, 7, 2))

    queue()
    delivery = deliver()

    assert (delivery.sent, delivery.failed) == (1, 1)


def test_reading_addresses_for_sending_is_on_record(channel):
    a_loan()
    plan_through(date(2018, 7, 2))
    queue()

    deliver()

    assert (
        AuditRecord.objects.filter(action="read_contact_points", purpose="deliver reminder").count() == 2
    )  # one a channel


def test_the_close_puts_the_reminders_of_the_next_morning_into_the_queue(channel):
    from procrastinate.contrib.django.models import ProcrastinateJob

    a_loan()

    plan_through(date(2018, 7, 2))

    jobs = ProcrastinateJob.objects.filter(task_name__endswith="send_reminders").order_by("pk")
    assert [job.args["contact_date"] for job in jobs] == ["2018-07-02", "2018-07-03"]


def test_the_channel_of_the_settings_is_the_one_used(settings):
    settings.MAIL_CHANNEL = {"class": "postloan.outside.mail.fake.FakeMailChannel", "options": {}}
    channels.mail_channel.cache_clear()
    try:
        assert isinstance(channels.mail_channel(), FakeMailChannel)
    finally:
        channels.mail_channel.cache_clear()
