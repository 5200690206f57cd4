"""What a person wants and what closes a debt: recorded once, kept for ever, on the chain of evidence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from postloan.care.outreach import operations
from postloan.care.outreach.models import Consent, ContactHold, ContactSubject, EvidenceEntry
from postloan.ground.audit.models import AuditRecord
from postloan.ground.customers import operations as customers
from postloan.ground.customers.models import ContactPoint, CustomerFlag
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 3, tzinfo=UTC)


def opt_out(customer, **more):
    said = {"act": "opt_out", "channel": "sms", "via": "keyword", "at": AT, "by": "inbound"}
    return operations.record_consent(customer_id=customer.pk, **said | more)


def test_a_consent_without_its_text_and_proof_is_refused():
    with pytest.raises(operations.EvidenceMissing):
        opt_out(make_customer(), act="consent_given")


def test_the_same_opt_out_arriving_twice_is_one():
    customer = make_customer()

    first, second = opt_out(customer, key="sms:77"), opt_out(customer, key="sms:77")

    assert first.pk == second.pk
    assert EvidenceEntry.objects.filter(kind="consent").count() == 1
    assert AuditRecord.objects.filter(action="record_consent").count() == 1


def test_what_a_person_said_is_neither_changed_nor_removed():
    said = opt_out(make_customer())

    for change in (lambda: Consent.objects.filter(pk=said.pk).update(channel="email"), said.delete):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()


def test_statements_stand_on_the_persons_chain_one_after_the_other():
    customer = make_customer()

    opt_out(customer), opt_out(customer, channel="email")

    entries = list(EvidenceEntry.objects.order_by("place"))
    head = ContactSubject.objects.get(key=f"person:{customer.pk}")
    assert [entry.place for entry in entries] == [1, 2]
    assert (head.entries, bytes(head.head)) == (2, bytes(entries[-1].hash))


def test_a_hold_needs_a_reason_and_a_dispute_names_its_debt():
    customer = make_customer()

    with pytest.raises(operations.ReasonMissing):
        operations.set_hold(customer_id=customer.pk, kind="debt_advice", reason=" ", by="anna", at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        operations.set_hold(customer_id=customer.pk, kind="disputed", reason="says it is paid", by="anna", at=AT)


def test_a_hold_is_open_once_and_released_with_a_reason():
    customer = make_customer()
    about = {"customer_id": customer.pk, "kind": "disputed", "loan_id": 7, "by": "anna"}

    first = operations.set_hold(**about, reason="says it is paid", at=AT)
    again = operations.set_hold(**about, reason="said it again", at=AT)
    operations.release_hold(**about, reason="the receipt was shown", at=AT + timedelta(days=2))

    assert first.pk == again.pk
    hold = ContactHold.objects.get()
    assert (hold.release_reason, hold.released_by) == ("the receipt was shown", "anna")
    with pytest.raises(operations.HoldNotSet):
        operations.release_hold(**about, reason="once more", at=AT)


def test_a_flag_on_a_person_is_set_once_and_released():
    customer = make_customer()
    about = {"customer_id": customer.pk, "kind": "vulnerable", "by": "anna"}

    for _ in range(2):
        operations.set_person_flag(**about, reason="told us of an illness", at=AT)
    operations.release_person_flag(**about, reason="asked us to", at=AT + timedelta(days=30))

    assert CustomerFlag.objects.get().release_reason == "asked us to"
    assert list(EvidenceEntry.objects.order_by("place").values_list("kind", flat=True)) == [
        "flag.set",
        "flag.released",
    ]
    with pytest.raises(customers.FlagNotSet):
        customers.release_flag(**about, reason="again", at=AT)


def test_a_stale_number_is_used_no_more_and_its_owner_is_asked_once():
    customer = make_customer()
    point = customer.contact_points.get(kind="phone")

    customers.mark_contact_point(contact_point_id=point.pk, state="stale", reason="not in service", by="dialler", at=AT)
    for _ in range(2):
        customers.note_renewal_asked(contact_point_id=point.pk, by="portal", at=AT)

    assert customers.reveal_customer(customer_id=customer.pk, purpose="test", by="anna", at=AT).phones == ()
    assert ContactPoint.objects.get(pk=point.pk).renewal_asked_at == AT
    assert AuditRecord.objects.filter(action="ask_renewal").count() == 1


def test_a_second_zone_is_held_once_and_must_exist():
    customer = make_customer()
    about = {"customer_id": customer.pk, "by": "anna", "at": AT}

    for _ in range(2):
        customers.add_time_zone(**about, zone="America/Los_Angeles", source="phone")

    assert customer.time_zones.count() == 1
    with pytest.raises(customers.NotATimeZone):
        customers.add_time_zone(**about, zone="Mars/Olympus", source="told")
    customers.end_time_zone(**about, zone="America/Los_Angeles")
    assert customer.time_zones.filter(until_at__isnull=True).count() == 0


def test_no_entry_of_the_evidence_is_changed_by_anybody_with_ordinary_rights():
    opt_out(make_customer())

    for statement in (
        "UPDATE outreach_evidenceentry SET facts = '{}'",
        "DELETE FROM outreach_evidenceentry",
        "TRUNCATE outreach_evidenceentry",
        "TRUNCATE outreach_contactdecision, outreach_contact",
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
