"""What the database itself refuses, whoever asks."""

from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from postloan.books.ledger import operations
from postloan.books.ledger.chart import ACCOUNT_KINDS, AccountNo
from postloan.books.ledger.models import Account, JournalEntry, Posting
from postloan.books.ledger.queries import BooksNotOpen, get_business_date, get_trial_balance
from tests.factories.books import AT, make_books

pytestmark = pytest.mark.django_db


def an_entry(source: str = "event:1", amount_minor: int = 10_000) -> JournalEntry:
    return operations.write_entry(
        business_date=date(2018, 7, 1),
        kind="receipt",
        source=source,
        currency="USD",
        legs=[
            operations.Leg(AccountNo.BANK, AccountNo.LOAN_PRINCIPAL, amount_minor),
            operations.Leg(AccountNo.BANK, AccountNo.INTEREST_RECEIVABLE, 500),
        ],
        at=AT,
    )


def run_sql(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_posting SET amount_minor = 1",
        "DELETE FROM ledger_posting",
        "UPDATE ledger_journalentry SET business_date = '2018-01-01'",
        "DELETE FROM ledger_journalentry",
        "UPDATE audit_auditrecord SET by = 'nobody'",
        "DELETE FROM audit_auditrecord",
    ],
)
def test_what_is_written_cannot_be_altered(sql):
    an_entry()

    with pytest.raises(IntegrityError, match="append-only"):
        run_sql(sql)


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_journalentry", "audit_auditrecord", "payments_allocation"])
def test_a_table_of_evidence_cannot_be_emptied(table):
    with pytest.raises(IntegrityError, match="append-only"):
        run_sql(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_moves_a_positive_amount(amount):
    with pytest.raises(IntegrityError, match="posting_amount_is_positive"), transaction.atomic():
        an_entry(amount_minor=amount)


def test_a_posting_cannot_debit_and_credit_one_account():
    entry = an_entry()

    with pytest.raises(IntegrityError, match="posting_moves_between_two_accounts"), transaction.atomic():
        Posting.objects.create(entry=entry, debit_id=AccountNo.BANK, credit_id=AccountNo.BANK, amount_minor=1)


def test_one_event_is_one_entry():
    an_entry("event:1")

    with pytest.raises(IntegrityError), transaction.atomic():
        an_entry("event:1")


def test_an_entry_without_legs_is_refused():
    with pytest.raises(operations.NothingToPost):
        operations.write_entry(
            business_date=date(2018, 7, 1), kind="receipt", source="empty", currency="USD", legs=[], at=AT
        )


@pytest.mark.django_db(transaction=True)
def test_a_finished_entry_takes_no_further_posting(database_url):
    with transaction.atomic():
        entry = an_entry()

    with psycopg.connect(database_url) as other, pytest.raises(psycopg.Error, match="only in the transaction"):
        other.execute(
            "INSERT INTO ledger_posting (entry_id, debit_id, credit_id, amount_minor) VALUES (%s, 1, 2, 5)", [entry.pk]
        )


def test_the_trial_balance_agrees_and_counts_to_the_day_asked_for():
    an_entry()

    balances = {row.code: row.balance_minor for row in get_trial_balance()}
    before = get_trial_balance(through_date=date(2018, 6, 30))

    assert (balances["bank"], balances["loan_principal"]) == (10_500, -10_000)
    assert sum(balances.values()) == 0
    assert all(row.debit_minor == row.credit_minor == 0 for row in before)


def test_the_chart_in_the_database_is_the_chart_in_the_code():
    rows = {row.pk: (row.code, row.kind) for row in Account.objects.all()}

    assert rows == {number.value: (number.name.lower(), kind) for number, kind in ACCOUNT_KINDS.items()}


def test_books_open_once():
    with pytest.raises(BooksNotOpen):
        get_business_date()

    make_books()
    make_books()

    assert get_business_date() == date(2018, 7, 1)
    with pytest.raises(operations.BooksAlreadyOpen):
        make_books(closed_through_date=date(2018, 7, 31))
