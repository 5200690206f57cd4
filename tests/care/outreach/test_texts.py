"""Texts: what may stand in them, how they read, who lets them be sent, and what is sent then."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from postloan.care.outreach import operations, text_queries
from postloan.care.outreach.models import TemplateVersion
from postloan.care.outreach.text_rules import text_problems
from postloan.care.outreach.wordings import OccasionUnknown, occasions, shipped_texts
from postloan.ground.audit.models import AuditRecord
from postloan.kernel.message_texts import LANGUAGES, TextRefused

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 3, tzinfo=UTC)
SMS = {"code": "reminder_before", "channel": "sms", "language": "zh-hans"}
GOOD = "您有 {total} 将于{due}到期，详询 {phone}。"


def drafted(body: str = GOOD, by: str = "anna", **more) -> TemplateVersion:
    words = {"subject": "", "body": body, "line": "", "carrier_code": ""}
    return operations.draft_text(**SMS | words | more, by=by, at=AT)


def test_every_shipped_text_keeps_every_rule_and_there_is_one_for_each_occasion_channel_and_language():
    texts = list(shipped_texts())

    for text in texts:
        assert text_problems(**vars(text)) == (), (text.code, text.channel, text.language)
    keys = {(text.code, text.channel, text.language) for text in texts}
    channels = ("email", "inbox", "sms", "push", "wechat")
    assert keys == {(code, channel, language) for code in occasions() for channel in channels for language in LANGUAGES}
    assert TemplateVersion.objects.filter(state="approved", version_no=1).count() == len(texts)


def test_a_text_is_sent_once_a_second_person_has_approved_it():
    version = drafted()
    operations.submit_text(version_id=version.pk, by="anna", at=AT)

    with pytest.raises(operations.SamePerson):
        operations.approve_text(version_id=version.pk, by="anna", at=AT)
    operations.approve_text(version_id=version.pk, by="cheng", at=AT + timedelta(hours=1))

    states = dict(text_queries.find_texts(**SMS).values_list("version_no", "state"))
    assert states == {1: "retired", 2: "approved"}
    acts = AuditRecord.objects.filter(subject_kind="text").order_by("pk")
    assert list(acts.values_list("action", "by")) == [
        ("draft_text", "anna"),
        ("submit_text", "anna"),
        ("approve_text", "cheng"),
    ]


@pytest.mark.parametrize(
    ("body", "code", "about"),
    [
        ("{total} {due} {phone} 后果自负", "forbidden_word", "后果自负"),
        ("{total} {due}", "disclosure_missing", "{phone}"),
        ("{amount_owed} {phone}", "unknown_place", "amount_owed"),
        ("{phone} {", "stray_brace", ""),
        ("{phone}" + "长" * 200, "too_long", "4"),
        (" ", "empty", ""),
    ],
)
def test_a_text_that_breaks_a_rule_is_not_submitted(body, code, about):
    version = drafted(body)

    with pytest.raises(TextRefused) as refused:
        operations.submit_text(version_id=version.pk, by="anna", at=AT)

    assert (code, about) in {(problem.code, problem.about) for problem in refused.value.problems}


def test_what_was_forbidden_meanwhile_is_not_approved(monkeypatch):
    version = operations.submit_text(version_id=drafted().pk, by="anna", at=AT)
    monkeypatch.setattr("postloan.care.outreach.text_rules.forbidden_words", lambda language: ("到期",))

    with pytest.raises(TextRefused):
        operations.approve_text(version_id=version.pk, by="cheng", at=AT)


def test_a_rejected_text_needs_a_reason_and_is_drafted_anew():
    version = operations.submit_text(version_id=drafted().pk, by="anna", at=AT)

    with pytest.raises(operations.ReasonForText):
        operations.reject_text(version_id=version.pk, reason=" ", by="cheng", at=AT)
    operations.reject_text(version_id=version.pk, reason="too curt", by="cheng", at=AT)

    with pytest.raises(operations.TextNotOpen):
        operations.approve_text(version_id=version.pk, by="cheng", at=AT)
    assert drafted("{phone} 您好").version_no == 3


def test_a_draft_changes_and_a_submitted_text_does_not():
    first, again = drafted(), drafted("{phone} 您好")
    assert (first.pk, again.body) == (again.pk, "{phone} 您好")
    operations.submit_text(version_id=first.pk, by="anna", at=AT)

    assert drafted("{phone} 再见").pk != first.pk


def test_two_texts_are_never_approved_at_once():
    with pytest.raises(IntegrityError), transaction.atomic():
        TemplateVersion.objects.create(
            **SMS, version_no=9, state="approved", body="x", drafted_by="a", drafted_at=AT, decided_by="b"
        )


def test_an_occasion_nobody_knows_is_refused():
    with pytest.raises(OccasionUnknown):
        drafted(code="threat")


def test_a_preview_counts_the_parts_with_the_signature(settings):
    settings.SMS_SIGNATURE = "【示例】"
    words = SMS | {"subject": "", "line": "", "body": "{phone}" + "还" * 51}

    preview = text_queries.preview_text(**words)

    assert (preview.length.units, preview.length.parts) == (4 + 15 + 51, 1)
    assert text_queries.preview_text(**words | {"body": words["body"] + "款"}).length.parts == 2


def test_a_comparison_marks_what_went_and_what_came():
    before = TemplateVersion.objects.get(**SMS, version_no=1)

    lines = text_queries.diff_texts(before=before, after=drafted())

    assert {line.kind for line in lines} >= {"gone", "new"}
    assert [line.text for line in lines if line.kind == "new"] == [GOOD]


def test_dates_are_written_as_people_write_them():
    from postloan.kernel.message_texts import day_text

    assert day_text(day=date(2026, 7, 1), language="zh-hans") == "2026年7月1日"
