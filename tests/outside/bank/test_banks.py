"""The fake and the simulated bank in its own process keep the same contract, in fair weather and foul."""

import json
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from postloan.outside.bank.fake import FakeBank
from postloan.outside.bank.port import BankReport, FileNotWaiting, NameTaken, Side
from postloan.outside.bank.simulator import Faults, Outcome
from postloan.outside.bank.simulator.bank import FileOutcome
from postloan.outside.bank.simulator.serving import BankDirectory, FaultsRefused, load_faults
from postloan.outside.bank.vendors.directory import DirectoryBank
from tests.outside.bank.samples import COLLECT_DATE, IBANS, debit, debit_file

BEFORE = COLLECT_DATE - timedelta(days=1)


class InMemory:
    """The fake, with a calendar."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self.bank = FakeBank(today=BEFORE, faults=faults)

    def turn_to(self, day: date) -> None:
        self.bank.today = day

    def rest(self) -> None:
        pass

    def end(self) -> None:
        pass


class InItsOwnProcess:
    """The simulated bank over a directory; `rest` waits until it has done what it was given."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self.folder, self.date_file = folder / "bank", folder / "date"
        self.date_file.write_text(BEFORE.isoformat())
        self.faults_file = folder / "faults.json"
        accounts = {number: list(script) for number, script in faults.accounts.items()}
        self.faults_file.write_text(json.dumps({"accounts": accounts, "files": list(faults.files)}))
        self.bank = DirectoryBank(directory=self.folder)
        self.start()

    def start(self) -> None:
        module = [sys.executable, "-m", "postloan.outside.bank.simulator"]
        options = ["--dir", str(self.folder), "--faults", str(self.faults_file), "--date-file", str(self.date_file)]
        self.process = subprocess.Popen([*module, *options])

    def turn_to(self, day: date) -> None:
        self.date_file.write_text(day.isoformat())

    def rest(self) -> None:
        """Ask the program for a round of its own: it ends when there is nothing left to do."""
        self.end()
        module = [sys.executable, "-m", "postloan.outside.bank.simulator", "--once"]
        options = ["--dir", str(self.folder), "--faults", str(self.faults_file), "--date-file", str(self.date_file)]
        subprocess.run([*module, *options], check=True, timeout=60)
        self.start()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(params=[InMemory, InItsOwnProcess])
def open_bank(request, tmp_path):
    opened = []

    def opening(faults: Faults = Faults()):  # noqa: B008 - frozen
        opened.append(request.param(tmp_path, faults))
        return opened[-1]

    yield opening
    for counter in opened:
        counter.end()


def said(counter) -> list[BankReport]:
    """Everything waiting, read; nothing is settled."""
    counter.rest()
    return [counter.bank.read(content=counter.bank.fetch(name=name)) for name in counter.bank.waiting()]


def told_of(reports: list[BankReport]) -> list[tuple[str, str, str]]:
    """What the reports say of each debit: (id, paid/back/refused, reason)."""
    statuses = [
        (item.end_to_end_id, "refused", item.reason_code)
        for report in reports
        for item in report.statuses
        if item.is_refused
    ]
    entries = [
        (item.end_to_end_id, "paid" if item.side is Side.IN else "back", item.reason_code)
        for report in reports
        for item in report.entries
    ]
    return sorted(statuses + entries)


def hand_over(counter, file=None) -> bytes:
    content = counter.bank.write(file=file or debit_file())
    counter.bank.hand_over(file_id=(file or debit_file()).file_id, content=content)
    return content


def test_a_debit_is_accepted_at_once_and_paid_on_its_day(open_bank):
    counter = open_bank()
    hand_over(counter)

    [accepted] = said(counter)
    assert [(item.file_id, item.is_refused) for item in accepted.statuses] == [("PLF1", False)]
    counter.turn_to(COLLECT_DATE)
    [_, paid] = said(counter)

    [entry] = paid.entries
    assert (entry.end_to_end_id, entry.amount_minor, entry.currency) == ("PL1-1", 50_501, "EUR")
    assert (entry.side, entry.value_date) == (Side.IN, COLLECT_DATE)


def test_what_was_settled_waits_no_longer_and_settling_twice_is_harmless(open_bank):
    counter = open_bank()
    hand_over(counter)
    counter.rest()
    [name] = counter.bank.waiting()

    counter.bank.settle(name=name)
    counter.bank.settle(name=name)
    counter.rest()

    assert counter.bank.waiting() == []
    with pytest.raises(FileNotWaiting):
        counter.bank.fetch(name=name)


def test_the_same_file_handed_over_again_is_taken_once(open_bank):
    counter = open_bank()
    content = hand_over(counter)
    counter.rest()

    counter.bank.hand_over(file_id="PLF1", content=content)
    counter.turn_to(COLLECT_DATE)

    assert told_of(said(counter)) == [("PL1-1", "paid", "")]
    with pytest.raises(NameTaken):
        counter.bank.hand_over(file_id="PLF1", content=content + b" ")


@pytest.mark.parametrize(
    ("outcome", "at_once", "on_the_day", "a_week_on"),
    [
        (Outcome.NO_FUNDS, [], [("PL1-1", "refused", "AM04")], [("PL1-1", "refused", "AM04")]),
        (Outcome.CLOSED_ACCOUNT, [("PL1-1", "refused", "AC04")], [("PL1-1", "refused", "AC04")], None),
        (Outcome.MANDATE_UNKNOWN, [("PL1-1", "refused", "MD01")], [("PL1-1", "refused", "MD01")], None),
        (Outcome.LATE_RETURN, [], [("PL1-1", "paid", "")], [("PL1-1", "back", "AM04"), ("PL1-1", "paid", "")]),
        (Outcome.PAID_TWICE, [], [("PL1-1", "paid", "")] * 2, [("PL1-1", "paid", "")] * 2),
    ],
)
def test_a_fault_is_told_when_a_bank_would_tell_it(open_bank, outcome, at_once, on_the_day, a_week_on):
    counter = open_bank(Faults(accounts={IBANS[0]: (outcome,)}))
    hand_over(counter, debit_file(debit(1), debit(2)))

    others = [("PL2-1", "paid", "")]
    assert told_of(said(counter)) == at_once
    counter.turn_to(COLLECT_DATE)
    assert told_of(said(counter)) == sorted(on_the_day + others)
    counter.turn_to(COLLECT_DATE + timedelta(days=7))
    assert told_of(said(counter)) == sorted((a_week_on or on_the_day) + others)


def test_a_script_gives_each_debit_on_an_account_its_own_outcome(open_bank):
    counter = open_bank(Faults(accounts={IBANS[0]: (Outcome.NO_FUNDS, Outcome.PAID)}))
    hand_over(counter)
    counter.rest()
    hand_over(counter, debit_file(debit(1, end_to_end_id="PL1-2"), file_id="PLF2"))
    counter.turn_to(COLLECT_DATE)

    assert told_of(said(counter)) == [("PL1-1", "refused", "AM04"), ("PL1-2", "paid", "")]


def test_a_lost_answer_comes_when_it_is_asked_for(open_bank):
    counter = open_bank(Faults(files=(FileOutcome.LOST_ANSWER,)))
    hand_over(counter)
    counter.turn_to(COLLECT_DATE)
    assert said(counter) == []

    counter.bank.ask_again(file_id="PLF1")

    assert told_of(said(counter)) == [("PL1-1", "paid", "")]


def test_an_answer_that_comes_twice_has_the_same_id_and_the_same_content(open_bank):
    counter = open_bank(Faults(files=(FileOutcome.ANSWERED_TWICE,)))
    hand_over(counter)
    counter.turn_to(COLLECT_DATE)

    reports = [item for item in said(counter) if item.kind == "camt.054"]

    assert len(reports) == 2
    assert reports[0] == reports[1]


def test_a_copy_of_a_file_under_another_name_is_refused_as_a_duplicate(tmp_path):
    bank = DirectoryBank(directory=tmp_path)
    content = bank.write(file=debit_file())
    bank.hand_over(file_id="PLF1", content=content)
    (tmp_path / "to_bank" / "PLF1-copy.xml").write_bytes(content)

    BankDirectory(directory=tmp_path, faults=Faults()).tick(today=COLLECT_DATE)

    reports = [bank.read(content=bank.fetch(name=name)) for name in bank.waiting()]
    refused = [item for report in reports for item in report.statuses if item.is_refused]
    assert [(item.file_id, item.end_to_end_id, item.reason_code) for item in refused] == [("PLF1", "", "AM05")]
    assert told_of(reports).count(("PL1-1", "paid", "")) == 1


def test_what_is_no_file_of_debits_is_refused_not_dropped(tmp_path):
    bank = DirectoryBank(directory=tmp_path)
    (tmp_path / "to_bank").mkdir()
    (tmp_path / "to_bank" / "rubbish.xml").write_bytes(b"<rubbish")

    BankDirectory(directory=tmp_path, faults=Faults()).tick(today=COLLECT_DATE)

    [report] = [bank.read(content=bank.fetch(name=name)) for name in bank.waiting()]
    assert [(item.is_refused, item.reason_code) for item in report.statuses] == [(True, "FF01")]


def test_the_simulated_bank_killed_again_and_again_says_what_it_would_have_said(tmp_path):
    faults = Faults(accounts={IBANS[0]: (Outcome.LATE_RETURN,), IBANS[1]: (Outcome.NO_FUNDS,)})
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    content = [
        DirectoryBank(directory=undisturbed).write(file=debit_file(debit(no), file_id=f"PLF{no}")) for no in range(1, 7)
    ]
    for folder in (undisturbed, killed):
        bank = DirectoryBank(directory=folder)
        for no, item in enumerate(content, start=1):
            bank.hand_over(file_id=f"PLF{no}", content=item)
    BankDirectory(directory=undisturbed, faults=faults).tick(today=date(2018, 8, 1))

    (tmp_path / "date").write_text("2018-08-01")
    (tmp_path / "faults.json").write_text(json.dumps({"accounts": {k: list(v) for k, v in faults.accounts.items()}}))
    module = [sys.executable, "-m", "postloan.outside.bank.simulator", "--dir", str(killed)]
    options = ["--faults", str(tmp_path / "faults.json"), "--date-file", str(tmp_path / "date"), "--once"]
    for pause in (0.30, 0.34, 0.38, 0.42):
        process = subprocess.Popen([*module, *options])
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run([*module, *options], check=True, timeout=60)

    def told(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (folder / "from_bank").iterdir()}

    assert told(killed) == told(undisturbed)


def test_chance_comes_from_the_seed_alone():
    def outcome_of(seed: int) -> list[tuple[str, str, str]]:
        bank = FakeBank(today=COLLECT_DATE, faults=Faults(seed=seed, no_funds_ppm=300_000, closed_account_ppm=100_000))
        bank.hand_over(file_id="PLF1", content=bank.write(file=debit_file(*(debit(no) for no in range(1, 201)))))
        return told_of([bank.read(content=bank.fetch(name=name)) for name in bank.waiting()])

    assert outcome_of(1) == outcome_of(1) != outcome_of(2)
    refused = [reason for _, kind, reason in outcome_of(1) if kind == "refused"]
    assert 40 <= refused.count("AM04") <= 80
    assert 8 <= refused.count("AC04") <= 36


@pytest.mark.parametrize("text", ["", "[]", '{"seeds": 1}', '{"accounts": {"DE1": ["unheard_of"]}}'])
def test_a_wrong_file_of_faults_is_refused(tmp_path, text):
    (tmp_path / "faults.json").write_text(text)

    with pytest.raises(FaultsRefused):
        load_faults(file=tmp_path / "faults.json")
