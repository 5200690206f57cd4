"""Who a customer is lies encrypted, is found by a keyed hash, and is read only for a purpose, on record."""

import json
import stat

import pytest
from django.db import IntegrityError, transaction

from postloan.ground.audit.models import AuditRecord
from postloan.ground.customers import operations
from postloan.ground.customers.cipher import FieldCipher, FieldUnreadable, KeysetDamaged, field_cipher
from postloan.ground.customers.models import ContactPoint
from postloan.ground.customers.queries import find_customer_ids, get_masked_customer
from postloan.kernel.contact_points import NotAContactPoint
from tests.factories.books import AT


@pytest.fixture
def ann(db):
    return operations.add_customer(
        source="test",
        external_id="C-77",
        name="Ann Lee",
        email="Ann.Lee@Example.org",
        phone="138 0013 8000",
        time_zone="Asia/Shanghai",
        at=AT,
        by="test",
    )


def test_nothing_of_a_customer_lies_in_the_clear(ann):
    stored = [bytes(ann.name_encrypted)]
    stored += [bytes(point.value_encrypted) + bytes(point.value_hash) for point in ann.contact_points.all()]

    for row in stored:
        for word in (b"Ann", b"Lee", b"example", b"13800138000"):
            assert word not in row


@pytest.mark.parametrize("text", ["+86 138-0013-8000", "13800138000", "Ann.Lee@EXAMPLE.org", "C-77"])
def test_a_customer_is_found_by_any_spelling(ann, text):
    assert find_customer_ids(text=text) == [ann.pk]


def test_a_stale_number_finds_nobody(ann):
    ContactPoint.objects.filter(kind="phone").update(state="stale")

    assert find_customer_ids(text="13800138000") == []


def test_pages_see_a_mask(ann):
    masked = get_masked_customer(customer=ann)

    assert (masked.name, masked.emails, masked.phones) == ("A** L**", ("A***@example.org",), ("+86***8000",))


def test_reading_in_the_clear_needs_a_purpose_and_is_on_record(ann):
    with pytest.raises(operations.PurposeMissing):
        operations.reveal_customer(customer_id=ann.pk, purpose="  ", by="agent", at=AT)

    seen = operations.reveal_customer(customer_id=ann.pk, purpose="callback asked for", by="agent", at=AT)

    assert (seen.name, seen.phones) == ("Ann Lee", ("+8613800138000",))
    record = AuditRecord.objects.get(action="reveal_customer")
    assert (record.by, record.purpose, record.subject_id) == ("agent", "callback asked for", str(ann.pk))
    assert "Ann" not in json.dumps(record.details)


def test_a_value_moved_to_another_row_does_not_decrypt(ann):
    cipher = field_cipher()

    with pytest.raises(FieldUnreadable):
        cipher.decrypt(ciphertext=ann.name_encrypted, field="customer.name", row_id=ann.pk + 1)


def test_a_customer_is_known_once_per_source(ann):
    with pytest.raises(IntegrityError, match="customer_is_known_once_per_source"), transaction.atomic():
        operations.add_customer(
            source="test", external_id="C-77", name="X", time_zone="Asia/Shanghai", at=AT, by="test"
        )


@pytest.mark.parametrize("wrong", [{"email": "nobody"}, {"phone": "call me"}])
def test_what_is_no_contact_point_is_refused(db, wrong):
    with pytest.raises(NotAContactPoint):
        operations.add_customer(
            source="test", external_id="C-1", name="X", time_zone="Asia/Shanghai", at=AT, by="test", **wrong
        )


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path):
    file = tmp_path / "keys" / "personal.json"

    first = FieldCipher(keyset_file=file).encrypt(value="Ann", field="f", row_id=1)
    again = FieldCipher(keyset_file=file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.decrypt(ciphertext=first, field="f", row_id=1) == "Ann"


def test_a_key_file_that_is_none_is_said_so(tmp_path):
    file = tmp_path / "personal.json"
    file.write_text('{"values": {}}')

    with pytest.raises(KeysetDamaged):
        FieldCipher(keyset_file=file)
