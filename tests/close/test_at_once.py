"""Things that happen at once: receipts during the close, a worker that dies, two coordinators."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.models import Loan
from postloan.books.payments import operations as payments
from postloan.books.payments.models import Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.executors import Processes, executor_of
from postloan.close.models import ClosePartition, CloseRun
from postloan.close.run import close_day, close_through
from postloan.close.workers import UnknownExecutor
from postloan.lab.drill_book import differences, everything
from tests.close.books import AS_OF, NOW, a_seeded_book

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = AS_OF + timedelta(days=1)
LONGEST_WAIT_SECONDS = 1.0


@pytest.fixture(autouse=True)
def _places(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.CLOSE_LOANS_PER_PARTITION = 10
    yield
    assert all(tie.holds for tie in get_ties())


class Storm(threading.Thread):
    """Posts one receipt after another, on random-looking loans, until told to stop."""

    def __init__(self, number: int, loan_ids: list[int]) -> None:
        super().__init__()
        self.number, self.loan_ids = number, loan_ids
        self.stop = threading.Event()
        self.waits: list[float] = []
        self.posted: list[int] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            place = self.number
            while not self.stop.is_set():
                place += 7
                self.post(place, self.loan_ids[place * 31 % len(self.loan_ids)])
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.error = error
        finally:
            connection.close()

    def post(self, place: int, loan_id: int) -> None:
        item = payments.NewReceipt("storm", f"{self.number}-{place}", loan_id, 12_345, "CNY", FIRST)
        began = time.perf_counter()
        receipt = payments.post_receipt(receipt=item, by="storm", at=NOW)
        self.waits.append(time.perf_counter() - began)
        self.posted.append(receipt.pk)


@pytest.mark.parametrize("executor", ["inline", "processes:2"])
def test_a_storm_of_receipts_is_neither_lost_nor_doubled_nor_kept_waiting(settings, executor):
    settings.CLOSE_EXECUTOR = executor
    a_seeded_book(loans=1_200)
    loan_ids = list(Loan.objects.order_by("pk").values_list("pk", flat=True))
    storms = [Storm(number, loan_ids) for number in range(3)]
    for storm in storms:
        storm.start()

    for place in range(3):
        close_day(business_date=FIRST + timedelta(days=place), by="test", clock=lambda: NOW)
    for storm in storms:
        storm.stop.set()
        storm.join()

    assert [storm.error for storm in storms] == [None] * 3
    posted = [pk for storm in storms for pk in storm.posted]
    stored = Receipt.objects.filter(bank_account="storm")
    assert len(posted) == len(set(posted)) == stored.count() > 30
    assert all(tie.holds for tie in get_ties())
    days = set(stored.values_list("booked_date", flat=True))
    assert days <= {FIRST + timedelta(days=place) for place in range(4)}
    # A receipt waits for its own partition at most, never for the close; and a partition is small (test_plan.py).
    marks = list(ClosePartition.objects.all())
    longest_hold = max(mark.held_ms for mark in marks) / 1000
    assert max(wait for storm in storms for wait in storm.waits) < max(LONGEST_WAIT_SECONDS, 3 * longest_hold)


def test_a_worker_that_dies_is_replaced_and_its_partition_done_once(again, settings):
    settings.CLOSE_EXECUTOR = "inline"
    a_seeded_book(loans=600)
    close_through(through_date=FIRST, by="test", clock=lambda: NOW)
    expected = everything(without=("entries",))

    again()
    settings.CLOSE_EXECUTOR = "processes:3"
    a_seeded_book(loans=600)
    killed: list[int] = []

    def kill_workers(business_date, done, total) -> None:
        for child in multiprocessing.active_children():
            if len(killed) < 3 and child.pid and "Spawn" in type(child).__name__:
                os.kill(child.pid, signal.SIGKILL)
                killed.append(child.pid)

    close_through(through_date=FIRST, by="test", clock=lambda: NOW, progress=kill_workers)

    assert killed
    assert differences(expected, everything(without=("entries",))) == {}


def test_a_coordinator_whose_workers_all_die_does_the_work_alone(monkeypatch, settings):
    monkeypatch.setattr("postloan.close.executors.begin_work", _die)
    settings.CLOSE_EXECUTOR = "processes:3"
    a_seeded_book(loans=300)

    close_through(through_date=FIRST, by="test", clock=lambda: NOW)

    assert CloseRun.objects.get().state == CloseRun.State.FINISHED
    assert get_business_date() == FIRST + timedelta(days=1)


def _die(place) -> None:
    os._exit(3)


def test_of_two_coordinators_one_works_and_the_other_says_so(database_url, tmp_path):
    a_seeded_book(loans=600)
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "POSTLOAN_POSITIONS": str(tmp_path / "positions"),
        "POSTLOAN_CLOSE_LOANS_PER_PARTITION": "10",
        "POSTLOAN_CLOSE_EXECUTOR": "inline",
    }
    command = [sys.executable, "-m", "postloan.config.main", "close-day", "--through", FIRST.isoformat()]

    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in both]

    assert min(process.returncode for process in both) == 0
    for process, (_out, errors) in zip(both, answers, strict=True):
        assert process.returncode == 0 or "another process is closing the books" in errors
    assert CloseRun.objects.get().state == CloseRun.State.FINISHED
    assert get_business_date() == FIRST + timedelta(days=1)


@pytest.mark.parametrize("setting", ["", "threads:2", "processes:0", "processes:many", "processes:"])
def test_an_executor_nobody_knows_is_refused(setting):
    with pytest.raises(UnknownExecutor), executor_of(setting=setting):
        pass


def test_processes_of_one_is_this_process():
    with executor_of(setting="processes:1") as executor:
        assert not isinstance(executor, Processes)


def test_a_close_ends_also_while_its_workers_are_still_starting(settings):
    settings.CLOSE_EXECUTOR = "processes:4"
    a_seeded_book(loans=60)

    close_through(through_date=FIRST, by="test", clock=lambda: NOW)

    assert [child for child in multiprocessing.active_children() if "Spawn" in type(child).__name__] == []
