"""
The simulated bank as a process over a directory.

    to_bank/    files for the bank, written beside and renamed
    asked/      empty files named by a file id: tell me again
    from_bank/  what the bank says
    bank/       the bank's own: every file it took, in order, and what it has told

It holds nothing in memory that the directory does not have: killed at any moment and started again it goes on, and at
worst tells something twice.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from postloan.outside.bank.simulator.bank import Faults, FileOutcome, Outcome, SimulatedBank

TICK_SECONDS = 0.2
PART = ".part"


class FaultsRefused(ValueError):
    """The file of faults is not what it should be."""


def load_faults(*, file: Path) -> Faults:
    """Return the faults written in a JSON file: the fields of `Faults` by name. Raises FaultsRefused."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        accounts = {
            number: tuple(Outcome(item) for item in script) for number, script in held.pop("accounts", {}).items()
        }
        files = tuple(FileOutcome(item) for item in held.pop("files", ()))
        return Faults(accounts=accounts, files=files, **held)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise FaultsRefused(f"{file}: {error}") from None


class BankDirectory:
    """One bank over one directory."""

    def __init__(self, *, directory: Path, faults: Faults) -> None:
        self.directory = directory
        for name in ("to_bank", "from_bank", "asked", "bank/taken", "bank/told", "bank/asked"):
            (directory / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.bank = SimulatedBank(faults=faults)
        self._taken = 0
        self._said_of: date | None = None  # the day of which everything is said
        for path in sorted((directory / "bank" / "taken").iterdir()):
            self._take(path)
        for path in sorted((directory / "bank" / "asked").iterdir()):
            self.bank.ask_again(file_id=path.name.partition("~")[0])

    def tick(self, *, today: date) -> int:
        """Take what came in, say what is to be said by `today`, and return how many files were moved."""
        moved = 0
        for path in _arrived(self.directory / "to_bank"):
            kept = self.directory / "bank" / "taken" / f"{self._taken + 1:08}~{today}~{path.name}"
            path.rename(kept)
            self._take(kept)
            moved += 1
        for path in _arrived(self.directory / "asked"):
            number = len(list((self.directory / "bank" / "asked").glob(f"{path.name}~*")))
            path.rename(self.directory / "bank" / "asked" / f"{path.name}~{number:04}")
            self.bank.ask_again(file_id=path.name)
            moved += 1
        if not moved and today == self._said_of:
            return 0
        for report in self.bank.reports(today=today):
            mark = self.directory / "bank" / "told" / report.name
            if not mark.exists():
                write_whole(path=self.directory / "from_bank" / report.name, content=report.content)
                mark.touch()
                moved += 1
        self._said_of = today
        return moved

    def _take(self, path: Path) -> None:
        number, day, _ = path.name.split("~", 2)
        self._taken = int(number)
        self.bank.take(content=path.read_bytes(), day=date.fromisoformat(day))


def serve(*, directory: Path, faults: Faults, today: Callable[[], date], once: bool = False) -> None:
    """Do the bank's work until ended, or once."""
    bank = BankDirectory(directory=directory, faults=faults)
    while True:
        moved = bank.tick(today=today())
        if once and not moved:
            return
        if not moved:
            time.sleep(TICK_SECONDS)


def day_in(*, file: Path) -> date:
    """Return the date written in a file; the calendar's where there is none."""
    try:
        return date.fromisoformat(file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return datetime.now(tz=UTC).date()


def write_whole(*, path: Path, content: bytes) -> None:
    """Write a file so that nobody sees it unfinished."""
    draft = path.with_name(f"{path.name}{PART}")
    draft.write_bytes(content)
    os.replace(draft, path)  # noqa: PTH105 - replaces what is there, atomically


def _arrived(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != PART)
