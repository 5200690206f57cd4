"""
The morning's commands are killed again and again, bank included, and every debit is made and booked once.

The moments are seeded, as fractions of the time an undisturbed command takes.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from postloan.books.payments import operations
from postloan.books.payments.debit_queries import find_bank_items, get_orders_to_tell
from postloan.books.payments.models import BankFile, DebitAttempt, DebitFile, DebitOrder, Receipt
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.port import Side
from postloan.outside.bank.vendors.directory import DirectoryBank
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.debits import IBANS, at, make_mandate

DUE = date(2018, 7, 10)
LOANS = 24
KILLS = 3


class Morning:
    """The commands of a morning, each a process of its own."""

    def __init__(self, *, database_url: str, folder: Path) -> None:
        self.bank_dir, self.date_file = folder / "bank", folder / "date"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "POSTLOAN_BANK": str(self.bank_dir),
            "POSTLOAN_KEYSET": str(django_settings.KEYSET_FILE),
        }

    def start(self, *words: str) -> "subprocess.Popen[str]":
        module = [sys.executable, "-m", *words]
        return subprocess.Popen(
            module, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, *words: str) -> float:
        """Run undisturbed and return the seconds it took."""
        began = time.monotonic()
        process = self.start(*words)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return time.monotonic() - began

    def kill(self, *words: str, after_seconds: float) -> None:
        process = self.start(*words)
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def bank(self) -> tuple[str, ...]:
        options = ("--dir", str(self.bank_dir), "--date-file", str(self.date_file), "--once")
        return ("postloan.outside.bank.simulator", *options)


@pytest.mark.django_db(transaction=True)
def test_killed_anywhere_every_debit_is_made_and_booked_once(tmp_path, settings, database_url):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    product = make_product(currency="EUR")
    for number in range(LOANS):
        loan = make_loan(
            product=product, due_dates=[DUE], principal_minor=[1_000 + number], interest_minor=[7], row_from_date=DUE
        )
        make_mandate(loan, account=IBANS[number % len(IBANS)])
    operations.announce_debits(on_date=DUE - timedelta(days=2), by="test", at=at(DUE - timedelta(days=2)))
    told = [item.order.pk for item in get_orders_to_tell()]
    told_at = at(DUE - timedelta(days=2))
    operations.record_told(order_ids=told, told_at=told_at, by="test", at=told_at)
    close_through(through_date=DUE - timedelta(days=1), by="test", clock=lambda: at(DUE))
    morning = Morning(database_url=database_url, folder=tmp_path)
    morning.date_file.write_text(DUE.isoformat())
    chance = random.Random(20180710)
    debit = ("postloan.config.main", "debit-file", "--date", str(DUE - timedelta(days=1)))
    take = ("postloan.config.main", "bank-file", "--date", str(DUE))
    usual = morning.run("postloan.config.main", "bank-file", "--date", str(DUE))  # nothing waits yet

    for command in (debit, morning.bank(), take):
        length = usual if command[0] == "postloan.config.main" else 0.5
        for _ in range(KILLS):
            morning.kill(*command, after_seconds=length * chance.uniform(0.5, 1.3))
        morning.run(*command)

    assert DebitOrder.objects.filter(state="collected", tries=1).count() == LOANS
    assert DebitAttempt.objects.filter(state="collected").count() == LOANS == DebitAttempt.objects.count()
    assert Receipt.objects.count() == LOANS
    assert sum(Receipt.objects.values_list("amount_minor", flat=True)) == sum(1_007 + no for no in range(LOANS))
    assert list(find_bank_items()) == []
    assert all(tie.holds for tie in get_ties())
    # The bank collected each debit once, whatever it was handed.
    bank = DirectoryBank(directory=morning.bank_dir)
    entries = {
        (entry.end_to_end_id, entry.bank_reference)
        for path in (morning.bank_dir / "done").iterdir()
        for entry in bank.read(content=path.read_bytes()).entries
        if entry.side is Side.IN
    }
    assert len(entries) == LOANS
    assert DebitFile.objects.count() == 1
    assert BankFile.objects.filter(kind="camt.054").count() == 1
