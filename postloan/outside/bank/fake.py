"""A bank in memory, for tests: the simulated bank behind the port, with a calendar that the test turns."""

from dataclasses import dataclass, field
from datetime import date

from postloan.outside.bank.iso20022 import read_report, write_debits
from postloan.outside.bank.port import BankReport, DebitFile, FileNotWaiting, NameTaken
from postloan.outside.bank.simulator.bank import Faults, SimulatedBank


@dataclass(kw_only=True)
class FakeBank:
    """Answers when asked what is waiting, as of `today`."""

    today: date
    faults: Faults = field(default_factory=Faults)
    handed: dict[str, bytes] = field(default_factory=dict)
    settled: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.simulated = SimulatedBank(faults=self.faults)

    def write(self, *, file: DebitFile) -> bytes:
        """See Bank."""
        return write_debits(file=file)

    def read(self, *, content: bytes) -> BankReport:
        """See Bank."""
        return read_report(content=content)

    def hand_over(self, *, file_id: str, content: bytes) -> None:
        """See Bank."""
        if file_id in self.handed:
            if self.handed[file_id] != content:
                raise NameTaken(file_id)
            return
        self.handed[file_id] = content
        self.simulated.take(content=content, day=self.today)

    def waiting(self) -> list[str]:
        """See Bank."""
        return [item.name for item in self.simulated.reports(today=self.today) if item.name not in self.settled]

    def fetch(self, *, name: str) -> bytes:
        """See Bank."""
        for item in self.simulated.reports(today=self.today):
            if item.name == name and name not in self.settled:
                return item.content
        raise FileNotWaiting(name)

    def settle(self, *, name: str, refused: bool = False) -> None:
        """See Bank."""
        self.settled.setdefault(name, refused)

    def ask_again(self, *, file_id: str) -> None:
        """See Bank."""
        self.simulated.ask_again(file_id=file_id)
