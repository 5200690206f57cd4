"""Mandates: evidence kept, accounts unreadable without the key, one at a time, and their end ends what was announced."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from postloan.books.payments import operations
from postloan.books.payments.debit_accounts import account_of, holder_of
from postloan.books.payments.debit_packs import UnknownDebitPolicy
from postloan.books.payments.debit_queries import get_mandate_of_loan, get_mandates
from postloan.books.payments.models import DebitOrder, Mandate, MandateEvent
from postloan.ground.audit.models import AuditRecord
from postloan.kernel.bank_accounts import NotAnAccount
from postloan.kernel.debit_policy import AnnouncementTooShort
from tests.factories.books import make_books, make_customer, make_loan, make_product
from tests.factories.debits import IBANS, announce, at, make_mandate, new_mandate, send, use_bank

pytestmark = pytest.mark.django_db
TODAY = date(2018, 7, 8)


@pytest.fixture
def loan():
    make_books()
    return make_loan(
        product=make_product(currency="EUR"),
        due_dates=[date(2018, 7, 10), date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )


def sign(loan, **facts) -> Mandate:
    return operations.sign_mandate(new=new_mandate(loan, **facts), by="test", at=at(TODAY))


def test_the_evidence_of_a_signature_is_kept_and_cannot_be_changed(loan):
    mandate = sign(loan)

    event = MandateEvent.objects.get(mandate=mandate)
    assert (event.kind, event.text_version, event.channel) == ("signed", "sepa-core-en-3", "portal")
    assert event.happened_at == at(date(2018, 6, 20))
    assert event.evidence == {"ip_hash": "ab12", "code_sent": True}
    with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
        MandateEvent.objects.update(text_version="other")


def test_account_and_holder_lie_encrypted_and_are_shown_masked(loan):
    mandate = sign(loan, account="de89 3704 0044 0532 0130 00", holder="Ada Sample")

    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_mandate::text, encode(account_encrypted, 'escape') FROM payments_mandate")
        stored = "".join(map(str, cursor.fetchone()))
    assert IBANS[0] not in stored and "Sample" not in stored
    assert not any(IBANS[0] in str(record.details) for record in AuditRecord.objects.all())
    assert account_of(mandate=mandate).number == IBANS[0]
    assert holder_of(mandate=mandate) == "Ada Sample"
    [view] = get_mandates(customer_id=loan.customer_id)
    assert view.account == "•••• 3000"


def test_without_another_holder_it_is_the_customer(loan):
    assert holder_of(mandate=sign(loan)).startswith("Testa Person")


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"account": "DE89370400440532013001"}, NotAnAccount),  # a digit changed
        ({"account": "12 34", "bank_code": ""}, NotAnAccount),
        ({"account": "123456789", "bank_code": ""}, NotAnAccount),  # no IBAN: which bank?
        ({"policy": "mars"}, UnknownDebitPolicy),
        ({"policy": "us", "announce_days": 9}, AnnouncementTooShort),
        ({"text_version": ""}, operations.EvidenceMissing),
        ({"channel": ""}, operations.EvidenceMissing),
        ({"loan_id": 999_999_999}, operations.NotTheirLoan),
        ({"currency": "USD"}, operations.NotTheirLoan),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_changes_nothing(loan, facts, refusal):
    with pytest.raises(refusal):
        sign(loan, **facts)

    assert Mandate.objects.count() == 0


def test_another_customers_loan_is_refused(loan):
    with pytest.raises(operations.NotTheirLoan):
        sign(loan, customer_id=make_customer().pk)


def test_the_same_reference_twice_is_one_mandate(loan):
    first = sign(loan, reference="M-1")

    assert sign(loan, reference="M-1").pk == first.pk
    with pytest.raises(operations.MandateExists):
        sign(loan, reference="M-1", account=IBANS[1])


def test_a_loan_has_one_mandate_and_a_general_one_steps_back_behind_it(loan):
    general = sign(loan, loan_id=None)
    assert get_mandate_of_loan(loan=loan) == general
    own = sign(loan, account=IBANS[1])

    assert get_mandate_of_loan(loan=loan) == own
    with pytest.raises(operations.MandateExists):
        sign(loan, account=IBANS[2])
    with pytest.raises(operations.MandateExists):
        sign(loan, loan_id=None, account=IBANS[2])
    operations.suspend_mandate(mandate_id=own.pk, reason="customer", channel="portal", by="test", at=at(TODAY))
    assert announce(TODAY) == []  # not debited through the general one behind the customer's back


def test_a_general_mandate_covers_every_loan_in_its_currency(loan):
    other = make_loan(
        product=make_product(currency="EUR"),
        customer=loan.customer,
        due_dates=[date(2018, 7, 9)],
        principal_minor=[700],
        interest_minor=[0],
    )
    make_loan(
        product=make_product(currency="USD"),
        customer=loan.customer,
        due_dates=[date(2018, 7, 9)],
        principal_minor=[900],
        interest_minor=[0],
    )
    sign(loan, loan_id=None)

    assert {(order.loan_id, order.amount_minor) for order in announce(TODAY)} == {(loan.pk, 50_500), (other.pk, 700)}


@pytest.mark.parametrize("end", [operations.suspend_mandate, operations.revoke_mandate])
def test_the_end_of_a_mandate_ends_what_was_announced_but_not_what_the_bank_has(loan, end, monkeypatch):
    use_bank(monkeypatch, today=TODAY)
    mandate = make_mandate(loan)
    other = make_mandate(
        make_loan(
            product=make_product(currency="EUR"),
            due_dates=[date(2018, 7, 10)],
            principal_minor=[700],
            interest_minor=[0],
        )
    )
    announce(TODAY)

    first = end(mandate_id=mandate.pk, reason="customer", channel="phone", by="test", at=at(TODAY))
    send(TODAY + timedelta(days=1))
    second = end(mandate_id=other.pk, reason="customer", channel="phone", by="test", at=at(TODAY))

    assert (first.dropped, first.with_bank) == (1, 0)
    assert (second.dropped, second.with_bank) == (0, 1)
    states = dict(DebitOrder.objects.values_list("mandate_id", "state"))
    assert states == {mandate.pk: "dropped", other.pk: "sent"}


def test_suspending_and_revoking_twice_is_harmless_and_revoked_is_for_good(loan):
    mandate = sign(loan)
    facts = {"mandate_id": mandate.pk, "channel": "portal", "by": "test", "at": at(TODAY)}

    operations.suspend_mandate(reason="customer", **facts)
    operations.suspend_mandate(reason="customer", **facts)
    operations.resume_mandate(**facts)
    assert [order.loan_id for order in announce(TODAY)] == [loan.pk]
    operations.revoke_mandate(reason="customer", **facts)
    operations.revoke_mandate(reason="customer", **facts)

    kinds = MandateEvent.objects.filter(mandate=mandate).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["signed", "suspended", "resumed", "revoked"]
    for change in (lambda: operations.suspend_mandate(reason="x", **facts), lambda: operations.resume_mandate(**facts)):
        with pytest.raises(operations.MandateRevoked):
            change()
    with pytest.raises(operations.MandateUnknown):
        operations.revoke_mandate(**(facts | {"mandate_id": 999, "reason": "x"}))
    assert sign(loan).state == "active"  # and a new one may be signed
