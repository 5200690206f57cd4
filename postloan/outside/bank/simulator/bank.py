"""
What the simulated bank decides. Pure: no clock, no files, no chance but the seed.

The bank answers each file at once (accepted, or what it refuses), and on the collect date says who paid. Which debit
fails is scripted by account, or drawn from the seed and the debit's id, so the same files give the same answers
whatever the order or the number of restarts. Everything it ever says is derived again from the files it took;
`reports` is a function of those and the day.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from lxml import etree

from postloan.outside.bank.iso20022 import VERSIONS, schema_errors
from postloan.outside.bank.iso20022._tree import amount_of, date_at, every, parsed, required, required_text, text_of
from postloan.outside.bank.port import BankFileRefused
from postloan.outside.bank.simulator.reports import Movement, Refusal, notification, status_report

MILLION = 1_000_000
ACCEPTED, PARTLY, REFUSED = "ACCP", "PART", "RJCT"


class Outcome(StrEnum):
    """What becomes of a debit."""

    PAID = "paid"
    PART = "part"  # half of it is paid
    NO_FUNDS = "no_funds"  # refused on the collect date
    CLOSED_ACCOUNT = "closed_account"  # refused when the file comes in
    MANDATE_UNKNOWN = "mandate_unknown"  # refused when the file comes in
    LATE_RETURN = "late_return"  # paid, and taken back days later
    PAID_TWICE = "paid_twice"  # booked twice, with two references: the bank's own mistake


class FileOutcome(StrEnum):
    """What becomes of the answers to a file."""

    ANSWERED = "answered"
    LOST_ANSWER = "lost_answer"  # not a word until asked
    ANSWERED_TWICE = "answered_twice"  # every report comes a second time


REASON_CODES = {
    Outcome.NO_FUNDS: "AM04",
    Outcome.CLOSED_ACCOUNT: "AC04",
    Outcome.MANDATE_UNKNOWN: "MD01",
    Outcome.LATE_RETURN: "AM04",
}


@dataclass(frozen=True, kw_only=True)
class Faults:
    """
    How the bank errs. `…_ppm` are millionths of all debits (or files); scripts come first.

    `accounts` has the outcomes of the debits on an account, one after another; `files` those of the
    files in the order they came. After its end a script says nothing.
    """

    seed: int = 1
    no_funds_ppm: int = 0
    closed_account_ppm: int = 0
    late_return_ppm: int = 0
    lost_answer_ppm: int = 0
    answered_twice_ppm: int = 0
    late_return_days: int = 5
    accounts: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    files: tuple[FileOutcome, ...] = ()


@dataclass(frozen=True)
class Report:
    """A file for the customer of the bank: from which day it is ready, under which name."""

    day: date
    name: str
    content: bytes


@dataclass(frozen=True)
class _Debit:
    end_to_end_id: str
    amount_minor: int
    outcome: Outcome


@dataclass
class _File:
    file_id: str
    account: str
    is_iban: bool
    currency: str
    collect_date: date
    taken_on: date
    debits: list[_Debit]
    outcome: FileOutcome
    said: list[Report] = field(default_factory=list)  # written once, when first needed


@dataclass
class SimulatedBank:
    """A bank with one kind of customer. `take` files in the order they come; ask for `reports` of any day."""

    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._counts: dict[str, int] = {}  # debits seen on each account
        self._extra: list[Report] = []  # refusals of whole files
        self._asked: dict[str, int] = {}

    def take(self, *, content: bytes, day: date) -> None:
        """Take a file that came in on `day`. A file id a second time, or a file that is not valid, is refused as a whole."""
        try:
            version, root = parsed(content=content)
            if version not in VERSIONS:
                raise BankFileRefused(reason=f"{version} is not taken")
            file_id = required_text(root, "CstmrDrctDbtInitn/GrpHdr/MsgId")
        except BankFileRefused:
            self._refuse(file_id="NOTPROVIDED", reason="FF01", day=day)
            return
        if file_id in self._files:
            self._refuse(file_id=file_id, reason="AM05", day=day)
        elif _errors(content, version):
            self._refuse(file_id=file_id, reason="FF01", day=day)
        else:
            self._files[file_id] = self._read(root, file_id=file_id, day=day)

    def ask_again(self, *, file_id: str) -> None:
        """Tell everything about a file once more. A file the bank never got is answered as unknown: not at all."""
        if file_id in self._files:
            self._asked[file_id] = self._asked.get(file_id, 0) + 1

    def reports(self, *, today: date) -> list[Report]:
        """Return everything said up to `today`, oldest first."""
        told = [report for file in self._files.values() for report in self._told(file)]
        return sorted((item for item in [*self._extra, *told] if item.day <= today), key=lambda item: item.name)

    def _told(self, file: _File) -> Iterator[Report]:
        """Yield a file's reports under every name they come by."""
        times = {FileOutcome.ANSWERED: 1, FileOutcome.LOST_ANSWER: 0, FileOutcome.ANSWERED_TWICE: 2}[file.outcome]
        if not file.said:
            file.said = list(_reports_of(file, self.faults.late_return_days))
        for report in file.said:
            for time in range(times):
                yield Report(report.day, f"{report.name}{'-copy' * time}.xml", report.content)
            for again in range(self._asked.get(file.file_id, 0)):
                yield Report(report.day, f"{report.name}-again{again + 1}.xml", report.content)

    def _refuse(self, *, file_id: str, reason: str, day: date) -> None:
        message_id = f"SIM-X{len(self._extra) + 1}-{file_id}"[:35]
        content = status_report(
            message_id=message_id, day=day, file_id=file_id, group_status=REFUSED, group_reason=reason, refusals=()
        )
        self._extra.append(Report(day, f"{day}-{message_id}.xml", content))

    def _read(self, root: Any, *, file_id: str, day: date) -> _File:
        batch = required(root, "CstmrDrctDbtInitn/PmtInf")
        account, is_iban = _account_of(required(batch, "CdtrAcct"))
        debits, currency = [], ""
        for item in every(batch, "DrctDbtTxInf"):
            amount_minor, currency = amount_of(required(item, "InstdAmt"))
            end_to_end_id = required_text(item, "PmtId/EndToEndId")
            debtor, _ = _account_of(required(item, "DbtrAcct"))
            debits.append(_Debit(end_to_end_id, amount_minor, self._outcome(debtor, end_to_end_id)))
        return _File(
            file_id=file_id,
            account=account,
            is_iban=is_iban,
            currency=currency,
            collect_date=date_at(batch, "ReqdColltnDt"),
            taken_on=day,
            debits=debits,
            outcome=self._file_outcome(file_id),
        )

    def _outcome(self, debtor: str, end_to_end_id: str) -> Outcome:
        count = self._counts.get(debtor, 0)
        self._counts[debtor] = count + 1
        script = self.faults.accounts.get(debtor, ())
        if count < len(script):
            return script[count]
        chances = (
            (Outcome.NO_FUNDS, self.faults.no_funds_ppm),
            (Outcome.CLOSED_ACCOUNT, self.faults.closed_account_ppm),
            (Outcome.LATE_RETURN, self.faults.late_return_ppm),
        )
        drawn = self._draw(end_to_end_id)
        for outcome, ppm in chances:
            if drawn < ppm:
                return outcome
            drawn -= ppm
        return Outcome.PAID

    def _file_outcome(self, file_id: str) -> FileOutcome:
        if len(self._files) < len(self.faults.files):
            return self.faults.files[len(self._files)]
        drawn = self._draw(file_id)
        if drawn < self.faults.lost_answer_ppm:
            return FileOutcome.LOST_ANSWER
        is_twice = drawn < self.faults.lost_answer_ppm + self.faults.answered_twice_ppm
        return FileOutcome.ANSWERED_TWICE if is_twice else FileOutcome.ANSWERED

    def _draw(self, key: str) -> int:
        digest = hashlib.sha256(f"{self.faults.seed}:{key}".encode()).digest()
        return int.from_bytes(digest[:8]) % MILLION


def _reports_of(file: _File, late_return_days: int) -> Iterator[Report]:
    """Yield what the bank says of a file, without the faults of the way: names end without `.xml`."""
    at_once = [item for item in file.debits if item.outcome in {Outcome.CLOSED_ACCOUNT, Outcome.MANDATE_UNKNOWN}]
    yield _status(file, "A", file.taken_on, at_once)
    collect_date = max(file.collect_date, file.taken_on)
    if unpaid := [item for item in file.debits if item.outcome is Outcome.NO_FUNDS]:
        yield _status(file, "S", collect_date, unpaid)
    if paid := list(_credits(file)):
        yield _movements(file, "C", collect_date, paid)
    returns = [
        Movement(item.end_to_end_id, item.amount_minor, False, f"{file.file_id}/R{number}", REASON_CODES[item.outcome])
        for number, item in enumerate(file.debits)
        if item.outcome is Outcome.LATE_RETURN
    ]
    if returns:
        yield _movements(file, "R", collect_date + timedelta(days=late_return_days), returns)


def _credits(file: _File) -> Iterator[Movement]:
    for number, item in enumerate(file.debits):
        if item.outcome not in {Outcome.PAID, Outcome.PART, Outcome.LATE_RETURN, Outcome.PAID_TWICE}:
            continue
        amount_minor = -(-item.amount_minor // 2) if item.outcome is Outcome.PART else item.amount_minor
        for time in range(2 if item.outcome is Outcome.PAID_TWICE else 1):
            yield Movement(item.end_to_end_id, amount_minor, True, f"{file.file_id}/{number}{'b' * time}")


def _status(file: _File, mark: str, day: date, refused: list[_Debit]) -> Report:
    message_id = f"SIM-{mark}-{file.file_id}"[:35]
    content = status_report(
        message_id=message_id,
        day=day,
        file_id=file.file_id,
        group_status=PARTLY if refused else ACCEPTED,
        refusals=[Refusal(item.end_to_end_id, REASON_CODES[item.outcome]) for item in refused],
    )
    return Report(day, f"{day}-{message_id}", content)


def _movements(file: _File, mark: str, day: date, movements: list[Movement]) -> Report:
    message_id = f"SIM-{mark}-{file.file_id}"[:35]
    content = notification(
        message_id=message_id,
        day=day,
        account=file.account,
        is_iban=file.is_iban,
        currency=file.currency,
        movements=movements,
    )
    return Report(day, f"{day}-{message_id}", content)


def _account_of(element: Any) -> tuple[str, bool]:
    if iban := text_of(element.find("Id/IBAN")):
        return iban, True
    return required_text(element, "Id/Othr/Id"), False


def _errors(content: bytes, version: str) -> list[tuple[int, str]]:
    """Check with names as they came: `parsed` has taken the namespace off."""
    return schema_errors(document=etree.fromstring(content), version=version)
