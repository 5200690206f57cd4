"""What is kept no longer goes, and the evidence still holds: it proves what was there, and why it went."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from postloan.care.outreach import operations
from postloan.care.outreach.models import Contact, ContactDecision, EvidenceEntry, Message
from postloan.care.outreach.operations import Outcome
from postloan.care.outreach.verifying import verify_evidence
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.gate import NOON, call, calls_a_day, make_pack
from tests.factories.messages import make_message
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db
LONG_AFTER = NOON + timedelta(days=61 * 31)


@pytest.fixture(autouse=True)
def _pack(use_pack):
    use_pack(make_pack(calls_a_day(3)))


def lived(customer):
    [answer] = operations.reserve_contacts(asks=[call(customer)], at=NOON, by="dialler")
    operations.settle_contacts(outcomes=[Outcome(answer.contact_id, "conversation")], at=NOON, by="dialler")
    return answer


def erase(at=LONG_AFTER):
    return operations.erase_expired(at=at, by="night")


def test_records_go_after_their_time_and_leave_proof():
    lived(make_customer())

    early, gone, again = erase(NOON + timedelta(days=59 * 30)), erase(), erase()

    assert (early.contacts, gone.contacts, gone.decisions, again.contacts) == (0, 1, 1, 0)
    assert (Contact.objects.count(), ContactDecision.objects.count()) == (0, 0)
    proof = EvidenceEntry.objects.filter(kind="erased").order_by("place")
    assert [entry.facts["kind"] for entry in proof] == ["contact", "decision"]
    assert all("60 months" in entry.facts["why"] for entry in proof)
    assert verify_evidence().holds


def test_a_legal_hold_keeps_everything_until_it_is_released():
    customer = make_customer()
    lived(customer)
    hold = {"customer_id": customer.pk, "kind": "legal", "by": "counsel", "at": NOON}
    operations.set_hold(**hold, reason="case 12 of 2026")

    held = erase()
    operations.release_hold(**hold, reason="judgement is final")

    assert (held.contacts, erase().contacts) == (0, 1)


def test_what_is_still_owed_keeps_its_records():
    make_books()
    loan = make_loan(product=make_product(), due_dates=[NOON.date()], principal_minor=[50_000], interest_minor=[0])
    lived(loan.customer)

    assert erase().contacts == 0


def test_a_rule_of_the_pack_keeps_longer_than_the_lender_wants(settings):
    settings.RETENTION_MONTHS = {"contact_record": 6, "message_text": 6}

    assert operations.months_kept(record_class="contact_record", jurisdiction="us") == 36
    assert operations.months_kept(record_class="contact_record", jurisdiction="") == 24


def test_the_text_of_a_message_goes_and_its_digest_stays():
    customer = make_customer()
    message = make_message(customer=customer)
    [answer] = operations.reserve_contacts(
        asks=[call(customer, channel="email", contact_point_id=None)], at=NOON, by="outbox"
    )
    operations.settle_contacts(
        outcomes=[Outcome(answer.contact_id, "message_sent", message_id=message.pk)], at=NOON, by="outbox"
    )

    gone = operations.erase_expired(at=NOON, by="night")  # the factory's message is of 2018

    assert gone.texts == 1
    assert bytes(Message.objects.get().body_encrypted) == b""
    assert verify_evidence().holds


def test_a_row_tampered_with_is_not_buried():
    lived(make_customer())
    Contact.objects.update(outcome="connected")

    with pytest.raises(operations.EvidenceBroken):
        erase()

    assert Contact.objects.count() == 1


def test_nothing_goes_without_proof_even_by_hand():
    lived(make_customer())

    for rows in (Contact.objects.all(), ContactDecision.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()
