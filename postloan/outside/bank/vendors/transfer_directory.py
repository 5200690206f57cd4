"""
Transfers over the directory that `vendors.directory` shares with a bank: pain.001 out, pain.002 and camt.054 in.

What became of a transfer is read from the reports the bank has left, taken already or not; nothing is moved or marked
here, so the reader of debits loses none of them. Money has left when a movement on our account says so (camt.054).
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from postloan.outside.bank.iso20022 import read_report
from postloan.outside.bank.iso20022._transfers import write_transfer
from postloan.outside.bank.port import BankFileRefused, BankReport, Entry, Side
from postloan.outside.bank.transfers_port import (
    Beneficiary,
    OutgoingTransfer,
    TransferAnswer,
    TransferState,
)

OUT, LEFT_BY_BANK = "to_bank", ("from_bank", "done")
CLOCKS_APART_SECONDS = 3600  # a bank's file may look so much older than the transfer it answers


@dataclass(frozen=True)
class _Sent:
    """What is remembered of a transfer handed over: nothing personal."""

    sha256: str
    amount_minor: int
    currency: str

    @classmethod
    def read(cls, mark: Path) -> "_Sent":
        sha256, amount, currency = mark.read_text(encoding="ascii").split()
        return cls(sha256, int(amount), currency)

    def text(self) -> str:
        return f"{self.sha256} {self.amount_minor} {self.currency}\n"

    def has_left_by(self, entry: Entry) -> bool:
        """Whether a movement is this transfer leaving. Another amount is for a person, not an answer."""
        is_out = entry.side is Side.OUT and not entry.is_return
        return is_out and (entry.amount_minor, entry.currency) == (self.amount_minor, self.currency)


@dataclass(frozen=True, kw_only=True)
class DirectoryTransferChannel:
    """Hands transfers over as files; `account` is the lender's own, that is debited."""

    directory: Path
    account_name: str = field(repr=False)
    account_number: str = field(repr=False)
    bank_code: str

    def send(self, *, transfer: OutgoingTransfer, requested_date: date) -> TransferAnswer:
        """Write the file, once; see TransferChannel."""
        mark = self._mark(transfer.end_to_end_id)
        content = write_transfer(
            transfer=transfer,
            debtor=Beneficiary(name=self.account_name, number=self.account_number, bank_code=self.bank_code),
            requested_date=requested_date,
        )
        sent = _Sent(hashlib.sha256(content).hexdigest(), transfer.amount_minor, transfer.currency)
        if mark.exists():
            if _Sent.read(mark) != sent:
                return TransferAnswer(state=TransferState.REJECTED, reason_code="AM05")  # ISO 20022: duplication
            return self.ask(end_to_end_id=transfer.end_to_end_id)
        folder = Path(self.directory) / OUT
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path=folder / f"{transfer.end_to_end_id}.xml", content=content)
        # Who dies before the mark hands the same bytes over twice; the bank knows them by their message id.
        _write(path=mark, content=sent.text().encode("ascii"))
        return TransferAnswer(state=TransferState.ACCEPTED)

    def ask(self, *, end_to_end_id: str) -> TransferAnswer:
        """Look through what the bank has left since; see TransferChannel."""
        mark = self._mark(end_to_end_id)
        if not mark.exists():
            return TransferAnswer(state=TransferState.NOT_KNOWN)
        sent = _Sent.read(mark)
        refused: TransferAnswer | None = None
        for report in self._reports(since=mark.stat().st_mtime - CLOCKS_APART_SECONDS):
            for entry in report.entries:
                if entry.end_to_end_id == end_to_end_id and sent.has_left_by(entry):
                    return TransferAnswer(
                        state=TransferState.SETTLED, value_date=entry.value_date, bank_reference=entry.bank_reference
                    )
            for status in report.statuses:
                is_ours = end_to_end_id in {status.end_to_end_id, status.file_id}
                if is_ours and status.is_refused:
                    refused = TransferAnswer(state=TransferState.REJECTED, reason_code=status.reason_code)
        return refused or TransferAnswer(state=TransferState.ACCEPTED)

    def _mark(self, end_to_end_id: str) -> Path:
        folder = Path(self.directory) / "transfers"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / end_to_end_id

    def _reports(self, *, since: float) -> Iterator[BankReport]:
        for name in LEFT_BY_BANK:
            folder = Path(self.directory) / name
            for file in sorted(folder.glob("*")) if folder.is_dir() else []:
                try:
                    if file.stat().st_mtime >= since and file.suffix != ".part":
                        yield read_report(content=file.read_bytes())
                except (FileNotFoundError, BankFileRefused):
                    continue  # moved on meanwhile, or for the reader of bank files to refuse by name


def _write(*, path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.part")
    draft.write_bytes(content)
    os.replace(draft, path)  # noqa: PTH105 - replaces what is there, atomically
