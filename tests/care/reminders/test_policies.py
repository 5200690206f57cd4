"""How reminders reach people: in which order, at which hour, until when, and after a debit that failed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from postloan.books.payments import operations as payments
from postloan.books.payments.debit_amounts import get_amounts_due, get_open_rows
from postloan.books.payments.models import DebitReturn
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.care.outreach.wordings import occasions
from postloan.care.reminders import operations
from postloan.care.reminders.models import Reminder
from postloan.care.reminders.policies import ReminderPolicy, load_policy
from postloan.outside.bank.simulator import Faults
from postloan.outside.mail.fake import FakeMailChannel
from tests.factories.books import AT, make_books, make_customer, make_loan, make_product
from tests.factories.debits import announce, at, make_mandate, send, take, use_bank

pytestmark = pytest.mark.django_db
DUE = date(2018, 7, 10)
PUSH = '{"endpoint": "https://push.example/1", "keys": {"p256dh": "a", "auth": "b"}}'


def a_loan(customer=None, **terms):
    return make_loan(
        product=make_product(**terms),
        customer=customer,
        due_dates=[DUE, date(2018, 8, 10), date(2018, 9, 10)],
        principal_minor=[49_500, 50_500, 40_000],
        interest_minor=[1_000, 505, 300],
    )


def planned(loan, kind: str, contact_date: date) -> Reminder:
    return Reminder.objects.create(
        loan=loan, customer=loan.customer, instalment_no=1, due_date=DUE, kind=kind, contact_date=contact_date
    )


def queued(loan, kind: str, contact_date: date) -> dict[str, Message]:
    planned(loan, kind, contact_date)
    operations.queue_reminders(contact_date=contact_date, at=datetime.combine(contact_date, AT.time(), tzinfo=UTC))
    return {message.channel: message for message in Message.objects.all()}


def test_on_the_due_day_a_text_follows_a_mail_that_is_not_opened():
    make_books()

    made = queued(a_loan(), "due_today", DUE)

    assert set(made) == {"inbox", "email"}
    assert made["email"].further_steps == [{"channel": "sms", "after_minutes": 120, "unless": "read"}]
    assert made["email"].template == "reminder_due_today"


def test_who_has_the_app_is_notified_there_first_and_nobody_is_sent_what_they_cannot_get():
    make_books()
    customer = make_customer(with_email=False)
    outreach.subscribe(customer_id=customer.pk, channel="push", value=PUSH, at=AT, by="portal")

    made = queued(a_loan(customer), "due_today", DUE)

    assert set(made) == {"inbox", "push"}
    assert [step["channel"] for step in made["push"].further_steps] == ["sms"]


def test_reminders_leave_later_on_days_without_business():
    policy = load_policy(name="house")

    friday, saturday = (policy.leaves_at(contact_date=date(2018, 7, day), time_zone="Asia/Shanghai") for day in (6, 7))

    assert (friday.hour, saturday.hour, str(saturday.tzinfo)) == (9, 10, "Asia/Shanghai")


def test_a_policy_without_a_default_is_refused():
    with pytest.raises(ValueError, match="default"):
        ReminderPolicy.model_validate({"code": "x", "hour": "09:00", "holiday_hour": "10:00", "kinds": {}})


def test_a_product_has_its_own_policy_and_a_person_signs(settings, tmp_path):
    make_books()
    loan = a_loan()
    file = tmp_path / "named.toml"
    file.write_text(
        'code = "named"\nhour = "18:30"\nholiday_hour = "18:30"\nsender = "Li Ming"\n'
        '[kinds.default]\nin_order = [{ channel = "sms" }]\n'
    )
    settings.REMINDER_POLICIES = {"default": "house", loan.product_version.product.code: str(file)}

    made = queued(loan, "days_before_3", DUE - timedelta(days=3))

    assert set(made) == {"sms"}
    assert made["sms"].occasion["sender"] == "Li Ming"
    assert made["sms"].not_before_at == datetime(2018, 7, 7, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(("grace_days", "until"), [(None, "2018-07-13"), (7, "2018-07-17")])
def test_in_grace_the_last_free_day_is_named_by_the_loans_own_grade(grace_days, until):
    make_books()
    late_fee = {"grace_days": 3, "minimum_minor": 1_500, "share_ppm": 50_000}
    loan = a_loan(late_fee=late_fee)
    loan.grace_days = grace_days
    loan.save(update_fields=["grace_days"])

    made = queued(loan, "days_after_1", DUE + timedelta(days=1))

    assert made["email"].template == "reminder_in_grace"
    assert made["email"].occasion["grace_until"] == until


def test_without_grace_nothing_is_said_of_it(monkeypatch):
    fake = FakeMailChannel()
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: fake)
    make_books()
    queued(a_loan(), "days_after_1", DUE + timedelta(days=1))

    operations.deliver_reminders(at=datetime(2018, 7, 11, 16, tzinfo=UTC), by="test")

    assert fake.sent == []
    assert set(Message.objects.values_list("reason", flat=True)) == {"its grace was over"}


def test_a_debit_that_came_back_is_told_once(monkeypatch):
    bank = use_bank(monkeypatch, today=DUE, faults=Faults(no_funds_ppm=1_000_000))
    make_books()
    loan = make_loan(
        product=make_product(currency="EUR"), due_dates=[DUE], principal_minor=[50_500], interest_minor=[0]
    )
    make_mandate(loan)
    announce(DUE - timedelta(days=2))
    send(DUE - timedelta(days=1))
    after = DUE + timedelta(days=1)
    bank.today = after
    take(after)
    assert DebitReturn.objects.count() == 1

    now = at(after, 8)
    plans = [operations.plan_failed_debits(contact_date=after, at=now) for _ in range(2)]
    operations.queue_reminders(contact_date=after, at=now)

    assert plans == [1, 0]
    assert set(Message.objects.values_list("channel", "template")) == {
        ("inbox", "reminder_debit_failed"),
        ("sms", "reminder_debit_failed"),
    }


def test_reminder_and_debit_name_the_same_amount_whatever_is_held():
    make_books()
    loans = [a_loan() for _ in range(4)]
    for loan, amount in zip(loans, (0, 10_000, 60_000, 200_000), strict=True):
        if amount:
            item = payments.NewReceipt("bank", f"R{loan.pk}", loan.pk, amount, "USD", date(2018, 7, 1))
            payments.post_receipt(receipt=item, by="test", at=AT)
            loan.refresh_from_db()
    rows = [(loan.pk, no) for loan in loans for no in (1, 2, 3, 4)]

    by_row = get_amounts_due(rows=rows)

    for_debits = {
        (row.loan_id, row.instalment_no): row.amount_minor for row in get_open_rows(loans=loans, through_date=date.max)
    }
    assert by_row == {row: for_debits.get(row, 0) for row in rows}


def test_every_kind_of_reminder_has_a_text():
    from postloan.care.reminders.operations._queue_reminders import template_of

    kinds = ("days_before_7", "days_before_3", "due_today", "days_after_1", "debit_failed")
    assert {template_of(kind=kind) for kind in kinds} <= set(occasions())
