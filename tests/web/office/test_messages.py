"""Messages in the office: listed without text, read for a purpose and on record; and the mailbox."""

from email.message import EmailMessage

import pytest

from postloan.ground.access.roles import Role
from postloan.ground.audit.models import AuditRecord
from postloan.outside.mail import demo_mailbox
from tests.factories.messages import make_message


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.COMPLIANCE)


def test_the_list_filters_by_day_channel_and_state_and_shows_no_text(client, small_book):
    customer = small_book.late.customer
    sent = make_message(customer=customer, channel="email")
    make_message(customer=customer, channel="inbox", state="dropped")

    some = client.get("/office/messages/", {"channel": "email", "state": "sent", "on": "2018-07-02"})
    other_day = client.get("/office/messages/", {"on": "2018-07-09"})

    assert [row.pk for row in some.context["listing"].rows] == [sent.pk]
    assert "Ada Sample" not in some.content.decode()
    assert other_day.context["listing"].rows == ()


def test_a_message_shows_its_text_only_for_a_purpose_and_the_reading_is_on_record(client, small_book):
    message = make_message(customer=small_book.late.customer, channel="email")
    url = f"/office/messages/{message.pk}"

    masked = client.get(url).content.decode()
    refused = client.post(f"{url}/text", {"purpose": "  "}).content.decode()
    read_before = AuditRecord.objects.filter(action="reveal_message").count()
    shown = client.post(f"{url}/text", {"purpose": "Checking a complaint"})

    assert "please pay" not in masked
    assert "@example.org" in masked
    assert "please pay" not in refused
    assert "Please say what the data is needed for" in refused
    assert read_before == 0
    assert "please pay $352.27" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    record = AuditRecord.objects.get(action="reveal_message")
    assert (record.by, record.purpose, record.subject_id) == (
        "test-compliance",
        "Checking a complaint",
        str(message.pk),
    )


def test_the_mailbox_lists_the_latest_mail_and_opens_one(client, settings, db):
    for number in range(55):
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["Message-ID"] = f"Mail {number}", "lender@example.org", f"<{number}@x>"
        mail.set_content(f"Text <b>{number}</b>")
        demo_mailbox.deliver(
            directory=settings.MAILBOX_DIR,
            sender="lender@example.org",
            recipients=["ada@example.org"],
            content=mail.as_bytes(),
        )

    first = client.get("/office/mailbox/")
    second = client.get("/office/mailbox/" + first.context["listing"].next_url)
    one = client.get(f"/office/mailbox/{first.context['listing'].rows[0].key}").content.decode()

    assert len(first.context["listing"].rows) == 50
    assert len(second.context["listing"].rows) == 5
    assert "Text &lt;b&gt;" in one


@pytest.mark.parametrize("key", ["0" * 40, "notakey"])
def test_mail_that_is_not_there_has_no_page(client, db, key):
    assert client.get(f"/office/mailbox/{key}").status_code == 404


def test_an_empty_mailbox_says_what_will_come(client, db):
    assert "The mailbox is empty" in client.get("/office/mailbox/").content.decode()
