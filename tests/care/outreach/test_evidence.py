"""The evidence finds every change, removal and insertion, also by who may do anything in the database."""

from datetime import timedelta

import pytest
from django.db import connection

from postloan.care.outreach import operations
from postloan.care.outreach.models import EvidenceEntry
from postloan.care.outreach.operations import Outcome
from postloan.care.outreach.verifying import verify_evidence
from tests.factories.gate import NOON, call, calls_a_day, make_pack
from tests.factories.messages import make_message
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db
TABLES = (
    "outreach_evidenceentry",
    "outreach_contactdecision",
    "outreach_contact",
    "outreach_consent",
    "outreach_evidenceseal",
)


@pytest.fixture
def lived(use_pack):
    """Two people with contacts, a statement, a hold, a flag and a message sent, sealed once in between."""
    use_pack(make_pack(calls_a_day(3)))
    people = [make_customer(), make_customer()]
    for person in people:
        [answer] = operations.reserve_contacts(asks=[call(person)], at=NOON, by="dialler")
        operations.settle_contacts(outcomes=[Outcome(answer.contact_id, "conversation")], at=NOON, by="dialler")
    seal = operations.seal_evidence(by="night", at=NOON)
    one = people[0]
    said = {"customer_id": one.pk, "by": "anna", "at": NOON}
    operations.record_consent(**said, act="opt_out", channel="sms", via="agent")
    operations.set_hold(**said, kind="disputed", loan_id=5, reason="says it is paid")
    operations.set_person_flag(**said, kind="vulnerable", reason="told us")
    message = make_message(customer=one)
    [answer] = operations.reserve_contacts(
        asks=[call(one, channel="email", contact_point_id=None)], at=NOON, by="outbox"
    )
    operations.settle_contacts(
        outcomes=[Outcome(answer.contact_id, "message_sent", message_id=message.pk)], at=NOON, by="outbox"
    )
    return seal


def as_superuser(*statements: str) -> None:
    """Do what no rule of the database stops: triggers are off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def found() -> set[str]:
    return {finding.what for finding in verify_evidence().findings}


def test_what_nobody_touched_holds(lived):
    operations.seal_evidence(by="night", at=NOON + timedelta(days=1))

    verdict = verify_evidence(head=bytes(lived.head))

    assert verdict.holds, verdict.findings
    assert (verdict.persons, verdict.seals, verdict.sealed_entries) == (2, 2, verdict.entries)


SLIP_IN = (
    "INSERT INTO outreach_contactdecision SELECT (jsonb_populate_record(d, '{\"id\": 999999}')).* "
    "FROM outreach_contactdecision d ORDER BY id LIMIT 1"
)
LAST_ENTRY = "(SELECT max(id) FROM outreach_evidenceentry)"
FIRST_DECISION = "(SELECT min(id) FROM outreach_contactdecision)"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (f"UPDATE outreach_contactdecision SET verdict = 'allow', rule_ids = '{{X}}' WHERE id = {FIRST_DECISION}",
         "a decision was changed"),
        ("UPDATE outreach_contact SET outcome = 'busy' WHERE outcome = 'conversation'", "a contact was changed"),
        ("UPDATE outreach_contact SET at = at + interval '1 hour'", "a contact was changed"),
        ("UPDATE outreach_consent SET channel = 'email'", "a consent was changed"),
        ("UPDATE outreach_contacthold SET reason = 'nothing'", "a hold was changed"),
        ("UPDATE customers_customerflag SET since_at = since_at - interval '1 day'", "a flag was changed"),
        ("UPDATE outreach_message SET body_encrypted = 'x'", "the text of a message was changed"),
        ("DELETE FROM outreach_consent", "a consent was removed"),
        ("DELETE FROM outreach_contact WHERE channel = 'email'", "a contact was removed"),
        (SLIP_IN, "a decision was slipped in"),
        ("UPDATE outreach_evidenceentry SET facts = '{}' WHERE kind = 'decision'", "an entry was changed"),
        ("DELETE FROM outreach_evidenceentry WHERE place = 2", "an entry is missing"),
        (f"DELETE FROM outreach_evidenceentry WHERE id = {LAST_ENTRY}", "entries are missing at the end"),
        ("UPDATE outreach_evidenceseal SET entries = entries - 1", "a seal is broken"),
        ("UPDATE outreach_evidenceseal SET head = sha256('x')", "a seal is broken"),
    ],
)  # fmt: skip
def test_every_change_is_found(lived, statement, what):
    as_superuser(statement)

    assert what in found()


def test_a_person_removed_with_all_their_entries_is_missed_by_the_seal(lived):
    person = EvidenceEntry.objects.order_by("-customer_id").values_list("customer_id", flat=True)[0]

    as_superuser(
        f"DELETE FROM outreach_evidenceentry WHERE customer_id = {person}",
        f"DELETE FROM outreach_contact WHERE customer_id = {person}",
        f"DELETE FROM outreach_contactdecision WHERE customer_id = {person}",
        f"DELETE FROM outreach_contactsubject WHERE key = 'person:{person}'",
    )

    assert found() == {"a seal is broken"}


def test_a_seal_made_anew_by_who_has_no_key_is_known_as_forged(lived):
    as_superuser(
        "DELETE FROM outreach_evidenceseal",
        "INSERT INTO outreach_evidenceseal (through_entry_id, entries, head, mac, sealed_at, by) "
        "SELECT max(id), count(*), sha256(string_agg(hash, '' ORDER BY id)), sha256('guess'), now(), 'x' "
        "FROM outreach_evidenceentry",
    )

    assert found() == {"a seal was forged"}


def test_a_head_kept_elsewhere_finds_even_a_history_written_anew_with_the_key(lived):
    as_superuser("DELETE FROM outreach_evidenceseal")
    operations.seal_evidence(by="night", at=NOON)

    assert verify_evidence().holds
    assert [finding.what for finding in verify_evidence(head=bytes(lived.head)).findings] == [
        "the head kept elsewhere is on no seal"
    ]


def test_sealing_with_nothing_new_is_refused(lived):
    operations.seal_evidence(by="night", at=NOON)

    with pytest.raises(operations.NothingToSeal):
        operations.seal_evidence(by="night", at=NOON)
