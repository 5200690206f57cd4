"""References that are checked in sets hold as foreign keys would: nothing points at what is not there."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from postloan.books.ledger.models import Account, JournalEntry, Posting
from postloan.books.loans.models import Instalment, Loan
from postloan.care.reminders.models import Reminder
from tests.factories.books import AT, make_books, make_customer, make_loan, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    make_books()
    return make_loan(
        product=make_product(), due_dates=[date(2018, 7, 10)], principal_minor=[10_000], interest_minor=[100]
    )


def refused(action) -> bool:
    try:
        with transaction.atomic():
            action()
    except IntegrityError:
        return True
    return False


def an_instalment(loan_id: int) -> Instalment:
    return Instalment(
        loan_id=loan_id,
        instalment_no=1,
        schedule_version_no=1,
        due_date=date(2018, 7, 10),
        principal_due_minor=1,
        interest_due_minor=0,
    )


def a_reminder(loan_id: int, customer_id: int) -> Reminder:
    return Reminder(
        loan_id=loan_id,
        customer_id=customer_id,
        instalment_no=1,
        due_date=date(2018, 7, 10),
        kind="due_today",
        contact_date=date(2018, 7, 10),
    )


def an_entry() -> JournalEntry:
    return JournalEntry.objects.create(
        business_date=date(2018, 7, 1), kind="accrual", source="test", currency="USD", recorded_at=AT
    )


def test_a_posting_needs_its_entry(loan):
    no_entry = 1 + JournalEntry.objects.latest("pk").pk
    posting = Posting(entry_id=no_entry, debit_id=3, credit_id=9, amount_minor=1)

    assert refused(lambda: Posting.objects.bulk_create([posting]))


@pytest.mark.parametrize(("debit", "credit"), [(3, 999), (999, 3)])
def test_a_posting_needs_both_accounts(loan, debit, credit):
    entry = an_entry()

    assert refused(lambda: Posting.objects.create(entry=entry, debit_id=debit, credit_id=credit, amount_minor=1))


def test_an_instalment_needs_its_loan(loan):
    assert refused(lambda: an_instalment(loan.pk + 1).save(force_insert=True))
    assert not refused(lambda: an_instalment(loan.pk).save(force_insert=True))


def test_a_reminder_needs_a_loan_of_its_customer(loan):
    other = make_customer()

    assert refused(lambda: a_reminder(loan.pk + 1, loan.customer_id).save())
    assert refused(lambda: a_reminder(loan.pk, other.pk).save())
    assert not refused(lambda: a_reminder(loan.pk, loan.customer_id).save())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM loans_loan",
        "UPDATE loans_loan SET id = id + 1000",
        "UPDATE loans_loan SET customer_id = customer_id + 1",
        "UPDATE loans_instalment SET loan_id = loan_id + 1",
        "UPDATE reminders_reminder SET customer_id = customer_id + 1",
        "DELETE FROM ledger_account WHERE id = 11",
        "UPDATE ledger_account SET id = 99 WHERE id = 11",
        "DELETE FROM ledger_journalentry",
    ],
)
def test_what_is_pointed_at_cannot_be_lost(loan, statement):
    an_instalment(loan.pk).save(force_insert=True)
    a_reminder(loan.pk, loan.customer_id).save()

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    assert refused(run)


def test_rows_may_be_saved_whole(loan):
    loan.bucket = 1
    loan.save()
    account = Account.objects.get(pk=11)
    account.save()

    assert Loan.objects.get(pk=loan.pk).bucket == 1
