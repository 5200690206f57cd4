"""
A bank over a directory that both sides see: an SFTP mount, or the simulated bank.

    to_bank/    what we hand over, written beside and renamed, so that no half file is ever taken
    from_bank/  what the bank leaves
    done/       what we have taken of it, refused/ what we could not read
    asked/      requests to tell again, empty files named by the file id
    handed/     the SHA-256 of each file handed over, by its id
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from postloan.outside.bank.iso20022 import VERSIONS, read_report, write_debits
from postloan.outside.bank.port import BankReport, DebitFile, FileNotWaiting, NameTaken

PART = ".part"


@dataclass(frozen=True, kw_only=True)
class DirectoryBank:
    """ISO 20022 over a directory; `version` is what the bank takes of pain.008."""

    directory: Path
    version: str = VERSIONS[0]

    def write(self, *, file: DebitFile) -> bytes:
        """See Bank."""
        return write_debits(file=file, version=self.version)

    def read(self, *, content: bytes) -> BankReport:
        """See Bank."""
        return read_report(content=content)

    def hand_over(self, *, file_id: str, content: bytes) -> None:
        """
        See Bank.

        Who dies between the file and its mark hands it over twice; the bank knows it by its message id.
        """
        mark = self._folder("handed") / file_id
        digest = hashlib.sha256(content).hexdigest()
        if mark.exists():
            if mark.read_text(encoding="ascii") != digest:
                raise NameTaken(file_id)
            return
        self._write(path=self._folder("to_bank") / f"{file_id}.xml", content=content)
        self._write(path=mark, content=digest.encode("ascii"))

    def waiting(self) -> list[str]:
        """See Bank."""
        folder = self._folder("from_bank")
        return sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix != PART)

    def fetch(self, *, name: str) -> bytes:
        """See Bank."""
        try:
            return (self._folder("from_bank") / Path(name).name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise FileNotWaiting(name) from None

    def settle(self, *, name: str, refused: bool = False) -> None:
        """See Bank."""
        try:
            os.replace(  # noqa: PTH105 - replaces what is there, atomically
                self._folder("from_bank") / Path(name).name,
                self._folder("refused" if refused else "done") / Path(name).name,
            )
        except FileNotFoundError:
            return  # settled before

    def ask_again(self, *, file_id: str) -> None:
        """See Bank."""
        self._write(path=self._folder("asked") / file_id, content=b"")

    def _folder(self, name: str) -> Path:
        folder = Path(self.directory) / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _write(self, *, path: Path, content: bytes) -> None:
        draft = path.with_name(f"{path.name}{PART}")
        draft.write_bytes(content)
        os.replace(draft, path)  # noqa: PTH105 - replaces what is there, atomically
