"""Daily sums and the entries that are in none yet make the trial balance, whatever has been summed when."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from postloan.books.accounting.operations import sum_postings
from postloan.books.accounting.queries import find_unequal_sums, get_day_sums, get_period_balances
from postloan.books.ledger import operations as ledger
from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import DailySum, JournalEntry, Posting, UnsummedEntry
from postloan.books.ledger.queries import get_trial_balance
from tests.books.accounting.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def trial_balance_of_every_posting(through_date=None):
    found = {}
    for posting in Posting.objects.select_related("entry"):
        if through_date is None or posting.entry.business_date <= through_date:
            found.setdefault(posting.debit_id, [0, 0])[0] += posting.amount_minor
            found.setdefault(posting.credit_id, [0, 0])[1] += posting.amount_minor
    return found


def trial_balance(through_date=None):
    rows = get_trial_balance(through_date=through_date)
    return {row.account_id: [row.debit_minor, row.credit_minor] for row in rows if row.debit_minor or row.credit_minor}


@transaction.atomic
def write(source, business_date, amount_minor=500):
    loan = Posting.objects.exclude(loan_id=None).values_list("loan_id", flat=True)[0]
    legs = [
        ledger.Leg(AccountNo.BANK, AccountNo.UNAPPLIED_RECEIPTS, amount_minor),
        ledger.Leg(AccountNo.FEE_RECEIVABLE, AccountNo.FEE_INCOME, 70, loan_id=loan),
        ledger.Leg(AccountNo.FEE_INCOME, AccountNo.FEE_RECEIVABLE, 70, loan_id=loan),
        ledger.Leg(AccountNo.UNAPPLIED_RECEIPTS, AccountNo.BANK, amount_minor),
    ]
    return ledger.write_entry(
        business_date=business_date, kind="correction", source=source, currency="CNY", legs=legs, at=NOW
    )


def test_a_close_leaves_no_entry_unsummed_and_the_trial_balance_of_each_day_is_that_of_the_postings(closed_days):
    first, last = closed_days

    assert not UnsummedEntry.objects.exists()
    assert JournalEntry.objects.filter(business_date__range=closed_days).exists()
    for day in (None, first - timedelta(days=1), first, last):
        assert trial_balance(day) == trial_balance_of_every_posting(day)


def test_postings_written_later_on_a_day_that_has_sums_count_at_once_and_once(closed_days):
    _, last = closed_days
    before = trial_balance(last)

    write("late", last)
    unsummed = trial_balance(last)
    counts = [sum_postings(), sum_postings()]

    assert unsummed == trial_balance(last) == trial_balance_of_every_posting(last) != before
    assert counts == [1, 0]


def test_a_posting_of_a_past_day_reaches_the_sums_of_that_day(closed_days):
    first, last = closed_days
    write("backdated", first, amount_minor=900)
    sum_postings()

    of_bank = {
        row.business_date: row.debit_minor
        for row in get_day_sums(from_date=first, through_date=last, account_id=AccountNo.BANK)
        if row.product_id is None
    }

    assert of_bank == {first: 900}


def test_an_entry_still_open_in_another_transaction_stays_for_the_next_time(closed_days):
    _, last = closed_days
    written, summed = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            write("slow", last)
            written.set()
            summed.wait(10)
        connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    written.wait(10)
    meanwhile = sum_postings()
    summed.set()
    thread.join()

    assert meanwhile == 0
    assert trial_balance() == trial_balance_of_every_posting()
    assert sum_postings() == 1


def test_many_summing_at_once_count_each_entry_once(closed_days):
    _, last = closed_days
    for no in range(20):
        write(f"one of many {no}", last)
    counts = []

    def summer():
        counts.append(sum_postings())
        connection.close()

    threads = [threading.Thread(target=summer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 20
    assert trial_balance() == trial_balance_of_every_posting()


def test_a_period_begins_with_the_balances_before_it_and_products_add_up_to_the_whole(closed_days):
    first, last = closed_days
    whole = {row.account_id: row.balance_minor for row in get_trial_balance(through_date=last)}

    rows = get_period_balances(from_date=first, through_date=last)

    closing, opening = {}, {}
    for row in rows:
        closing[row.account_id] = closing.get(row.account_id, 0) + row.closing_minor
        opening[row.account_id] = opening.get(row.account_id, 0) + row.opening_minor
    before = {row.account_id: row.balance_minor for row in get_trial_balance(through_date=first - timedelta(days=1))}
    assert {key: value for key, value in whole.items() if value} == {
        key: value for key, value in closing.items() if value
    }
    assert {key: value for key, value in before.items() if value} == {
        key: value for key, value in opening.items() if value
    }
    assert len({row.product_id for row in rows}) > 1


def test_a_sum_that_somebody_bent_is_found(closed_days):
    bent = DailySum.objects.filter(debit_minor__gt=0)[0]
    DailySum.objects.filter(pk=bent.pk).update(debit_minor=bent.debit_minor + 1)

    [found] = find_unequal_sums()

    assert found == (bent.business_date, bent.currency, bent.product_id, bent.account_id, 1, 0)
    DailySum.objects.filter(pk=bent.pk).update(debit_minor=bent.debit_minor)
