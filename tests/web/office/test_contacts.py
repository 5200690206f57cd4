"""The gate in the office: decisions with their reasons, the rules as text, the tester, the evidence."""

import json
from datetime import timedelta

import pytest

from postloan.care.outreach import operations
from postloan.care.outreach.models import ContactDecision
from postloan.ground.access.roles import Role
from tests.factories.gate import NOON, make_decision

NIGHT = NOON + timedelta(hours=12)  # midnight in Shanghai, eleven in the morning in New York
LATE = NOON + timedelta(hours=23)  # ten in the evening in New York


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.COMPLIANCE)


@pytest.fixture
def refused(small_book):
    return make_decision(customer=small_book.late.customer, at=LATE)


def test_the_list_filters_by_answer_and_rule(client, small_book, refused):
    make_decision(customer=small_book.current.customer, at=NIGHT)

    everything = client.get("/office/decisions/").content.decode()
    denied = client.get("/office/decisions/", {"verdict": "deny"}).content.decode()
    by_rule = client.get("/office/decisions/", {"rule": "CN-F1"}).content.decode()

    assert refused.verdict == "deny" and "CN-T1" in refused.rule_ids
    assert "Allowed" in everything and f"decisions/{refused.pk}" in everything
    assert f"decisions/{refused.pk}" in denied
    assert f"decisions/{refused.pk}" not in by_rule


def test_a_decision_says_why_in_words_and_replays_from_its_record(client, refused):
    english = client.get(f"/office/decisions/{refused.pk}").content.decode()
    client.cookies["django_language"] = "zh-hans"
    chinese = client.get(f"/office/decisions/{refused.pk}").content.decode()

    assert "Decided again from its record: the same answer." in english
    assert "CN-T1" in english and "America/New_York" in english
    assert "依记录重新判断：结论一致。" in chinese and "不允许联系" in chinese


def test_decisions_are_handed_out_as_a_file(client, refused):
    answer = client.get("/office/decisions/", {"format": "csv"})

    text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()

    assert str(refused.pk) in text and "CN-T1" in text


def test_the_pack_reads_as_text_in_both_languages(client, db):
    english = client.get("/office/contact-rules/", {"pack": "us-reg-f"}).content.decode()
    client.cookies["django_language"] = "zh-hans"
    chinese = client.get("/office/contact-rules/").content.decode()

    assert "US-F1" in english and "1006.14" in english
    assert "CN-T1" in chinese and "已停用" in chinese
    assert client.get("/office/contact-rules/", {"pack": "../etc"}).status_code == 404


def test_the_tester_answers_names_the_rule_and_records_nothing(client, db):
    case = json.loads(client.get("/office/contact-rules/try").context["case"])
    case["question"]["at"] = "2026-11-20T23:00:00+08:00"

    answer = client.post("/office/contact-rules/try", {"pack": "cn+house", "case": json.dumps(case)})

    assert answer.context["answer"].outcome == "deny"
    assert "CN-T1" in answer.content.decode()
    assert ContactDecision.objects.count() == 0


@pytest.mark.parametrize("case", ["{", "[]", '{"question": {"person": "P", "channel": "smoke"}}'])
def test_the_tester_names_what_it_cannot_read(client, db, case):
    answer = client.post("/office/contact-rules/try", {"pack": "cn", "case": case})

    assert answer.context["error"]


def test_the_evidence_page_shows_the_seals(client, refused):
    seal = operations.seal_evidence(by="night", at=NOON)

    page = client.get("/office/evidence/").content.decode()

    assert bytes(seal.head).hex() in page
