"""The pages of sending: texts and their approval, ways out, what was not delivered, the demonstration's phones."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from postloan.care.outreach.models import Message, Route, TemplateVersion
from postloan.ground.access.roles import Role
from postloan.outside.sms.demo_centre import ReceivedSms, keep_in
from tests.factories.messages import make_message
from tests.factories.people import make_customer, make_login

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 3, tzinfo=UTC)
WORDS = {"subject": "", "body": "{total} {due} {phone}", "line": "", "carrier_code": "SMS_1"}


def sms_text() -> TemplateVersion:
    return TemplateVersion.objects.get(code="reminder_before", channel="sms", language="en", state="approved")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["texts", "dead_letters", "channels", "reminder_effects", "phones"])
def test_every_page_opens_in_both_languages(login_as, name, language):
    client = login_as(Role.COMPLIANCE)
    client.cookies["django_language"] = language

    page = client.get(reverse(f"office:{name}"))

    assert page.status_code == 200
    assert ("文案" if language == "zh-hans" else "Texts") in page.content.decode()


def test_a_text_is_shown_as_it_reads_with_its_parts(login_as):
    page = login_as(Role.FINANCE).get(reverse("office:text", args=[sms_text().pk])).content.decode()

    assert "CNY 1,234.56 is due on 10 July 2026" in page
    assert "GSM7" in page
    assert "Write a new version" not in page  # finance reads


def test_a_new_version_is_previewed_kept_handed_in_and_approved_by_somebody_else(login_as, client):
    version = sms_text()
    login_as(Role.COMPLIANCE)
    previewed = client.post(reverse("office:draft_text", args=[version.pk]), WORDS | {"preview": "1"})
    assert "CNY 1,234.56 10 July 2026" in previewed.content.decode()
    assert TemplateVersion.objects.filter(state="draft").count() == 0

    client.post(reverse("office:draft_text", args=[version.pk]), WORDS)
    draft = TemplateVersion.objects.get(state="draft")
    client.post(reverse("office:submit_text", args=[draft.pk]))
    own = client.post(reverse("office:approve_text", args=[draft.pk]), follow=True).content.decode()
    assert "ask a second person" in own
    client.force_login(make_login(username="second", roles=[Role.SUPERVISOR]))
    client.post(reverse("office:approve_text", args=[draft.pk]))

    draft.refresh_from_db()
    assert (draft.state, draft.decided_by, draft.carrier_code) == ("approved", "second", "SMS_1")
    shown = client.get(reverse("office:text", args=[draft.pk])).content.decode()
    assert "<del>" in shown and "<ins>" in shown


def test_a_forbidden_word_is_named(login_as, client):
    login_as(Role.COMPLIANCE)
    client.post(reverse("office:draft_text", args=[sms_text().pk]), WORDS | {"body": "{phone} jail"})
    draft = TemplateVersion.objects.get(state="draft")

    page = client.post(reverse("office:submit_text", args=[draft.pk]), follow=True).content.decode()

    assert "This must not be said: jail" in page
    assert TemplateVersion.objects.get(pk=draft.pk).state == "draft"


def test_what_was_not_delivered_is_sent_again_for_a_reason(login_as, client):
    message = make_message(customer=make_customer(), channel="sms", state="failed")
    login_as(Role.SUPERVISOR)
    assert str(message.pk) in client.get(reverse("office:dead_letters")).content.decode()

    without = client.post(reverse("office:redrive"), {"key": [message.pk]}, follow=True).content.decode()
    client.post(reverse("office:redrive"), {"key": [message.pk], "reason": "carrier is back"})

    assert "Please say why" in without
    assert Message.objects.get(pk=message.pk).state == "queued"


def test_a_reader_cannot_send_again(login_as, client):
    message = make_message(customer=make_customer(), channel="sms", state="failed")
    login_as(Role.FINANCE)

    answer = client.post(reverse("office:redrive"), {"key": [message.pk], "reason": "x"})

    assert answer.status_code == 403
    assert Message.objects.get(pk=message.pk).state == "failed"


def test_a_way_out_that_does_not_answer_is_named(login_as):
    Route.objects.create(code="smpp", failures=2, opened_at=AT, closed_until_at=AT, last_reply="0 refused")

    page = login_as(Role.ENGINEER).get(reverse("office:channels")).content.decode()

    assert "Nobody answers" in page and "0 refused" in page


def test_texts_arrive_on_the_phones_of_the_demonstration(login_as, settings, tmp_path):
    settings.PHONES_DIR = tmp_path
    keep_in(directory=tmp_path)(ReceivedSms("1", AT, "10690", "12025550101", "今日应还 <b>", 1))

    page = login_as(Role.SUPERVISOR).get(reverse("office:phones")).content.decode()

    assert "+12025550101" in page and "今日应还 &lt;b&gt;" in page
