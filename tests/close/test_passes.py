"""Closing many days in one pass, and in any number of partitions and processes, gives the books of closing each night."""

from datetime import date, timedelta

import pytest

from postloan.books.payments.ties import get_ties
from postloan.care.reminders.models import Reminder
from postloan.close.models import ClosePartition, CloseRun
from postloan.close.run import close_day, close_through
from postloan.lab.drill_book import differences, everything
from tests.close.books import AS_OF, NOW, a_seeded_book

pytestmark = pytest.mark.django_db(transaction=True)

THROUGH = date(2026, 10, 3)  # a month end and the due days of a whole month
CONTACTS = ("reminders",)


@pytest.fixture(autouse=True)
def _lake(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.CLOSE_EXECUTOR = "inline"
    settings.CLOSE_LOANS_PER_PARTITION = 1_000_000
    yield
    assert all(tie.holds for tie in get_ties())


def close_each_day(through: date = THROUGH) -> None:
    for place in range((through - AS_OF).days):
        close_day(business_date=AS_OF + timedelta(days=place + 1), by="test", clock=lambda: NOW)


def catch_up(through: date = THROUGH) -> list[CloseRun]:
    return close_through(through_date=through, by="test", clock=lambda: NOW)


def test_a_catch_up_gives_the_books_of_closing_every_day(again):
    a_seeded_book()
    close_each_day()
    day_by_day = everything(without=CONTACTS)

    again()
    a_seeded_book()
    runs = catch_up()

    assert len(runs) == (THROUGH - AS_OF).days
    assert differences(day_by_day, everything(without=CONTACTS)) == {}


def test_a_catch_up_plans_only_the_contacts_that_are_still_of_use():
    a_seeded_book()

    catch_up(AS_OF + timedelta(days=30))

    assert set(Reminder.objects.values_list("contact_date", flat=True)) == {AS_OF + timedelta(days=31)}


def test_a_catch_up_reads_and_writes_each_loan_once():
    a_seeded_book()

    runs = catch_up(AS_OF + timedelta(days=20))

    counts = [mark.counts for run in runs for mark in ClosePartition.objects.filter(run=run)]
    assert sum("loans_changed" in each for each in counts) == 1
    assert counts[-1]["loans_changed"] <= 400
    assert sum(each["loans"] for each in counts) > 400


@pytest.mark.parametrize(("executor", "loans_per_partition"), [("inline", 40), ("processes:3", 40)])
def test_partitions_and_processes_make_no_difference(again, settings, executor, loans_per_partition):
    a_seeded_book()
    close_each_day(AS_OF + timedelta(days=3))
    whole = everything(without=("entries",))

    again()
    settings.CLOSE_EXECUTOR, settings.CLOSE_LOANS_PER_PARTITION = executor, loans_per_partition
    a_seeded_book()
    close_each_day(AS_OF + timedelta(days=3))

    assert ClosePartition.objects.filter(run__business_date=AS_OF + timedelta(days=2)).count() > 1
    assert differences(whole, everything(without=("entries",))) == {}


def test_the_same_seed_gives_the_same_book(again):
    a_seeded_book(loans=100)
    first = everything()

    again()
    a_seeded_book(loans=100)

    assert differences(first, everything()) == {}
