"""
What a bank does for us: take files of debits, and leave files that say what became of them.

Handing over is at least once: a file keeps its id, and handing the same file
over again is harmless. What the bank leaves waits until it is settled, so a
reader that dies reads it again. The bank may answer late, twice or never; the
port can ask it to answer again. Money is only ever believed from an *entry* on
our account (camt.054); a *status* (pain.002) says no more than that the bank
took or refused an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class FileMalformed(ValueError):
    """A file of debits cannot be written: the message names the debit and what is wrong with it."""


class BankFileRefused(ValueError):
    """A file of the bank's is not whole or not what it claims to be; `line` is where (0: the file as such)."""

    def __init__(self, *, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason, self.line = reason, line


class NameTaken(ValueError):
    """Another file was handed over under this name before."""


class FileNotWaiting(LookupError):
    """The bank has left no file of this name."""


@dataclass(frozen=True, kw_only=True)
class BankAccount:
    """An account: an IBAN, or a number with the code of its bank. Personal data: never log it."""

    number: str = field(repr=False)
    bank_code: str = ""  # BIC, or the member id of the clearing system
    is_iban: bool = True


@dataclass(frozen=True, kw_only=True)
class Creditor:
    """Who collects: the lender as the bank knows it."""

    name: str
    scheme_id: str
    account: BankAccount


@dataclass(frozen=True, kw_only=True)
class Debit:
    """One debit. Whose it is told by `end_to_end_id`, unique for ever and at most 35 characters."""

    end_to_end_id: str
    amount_minor: int
    mandate_reference: str
    mandate_signed_date: date
    debtor_name: str = field(repr=False)
    debtor_account: BankAccount = field(repr=False)
    text: str


@dataclass(frozen=True, kw_only=True)
class DebitFile:
    """Debits of one currency to be collected on one day. `file_id`: at most 35 characters, unique for ever."""

    file_id: str
    made_at: datetime
    collect_date: date
    currency: str
    scheme: str
    creditor: Creditor
    debits: Sequence[Debit]


class Side(StrEnum):
    """Which way the money went, seen from our account."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the bank says of one debit, or of a whole file (`end_to_end_id` empty)."""

    file_id: str
    end_to_end_id: str
    is_refused: bool
    reason_code: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One booked movement on our account. `bank_reference` is the bank's own and stays when it is told again."""

    side: Side
    end_to_end_id: str
    amount_minor: int
    currency: str
    value_date: date
    bank_reference: str
    is_return: bool
    reason_code: str
    line: int


@dataclass(frozen=True, kw_only=True)
class BankReport:
    """One file of the bank's, read whole. `message_id` is the bank's and unique for its `kind`."""

    kind: str  # "pain.002" or "camt.054"
    message_id: str
    statuses: tuple[Status, ...] = ()
    entries: tuple[Entry, ...] = ()


class Bank(Protocol):
    """A bank, or a way to one."""

    def write(self, *, file: DebitFile) -> bytes:
        """Return the file as the bank takes it, the same for the same `file`. Raises FileMalformed."""
        ...

    def read(self, *, content: bytes) -> BankReport:
        """Return what one of the bank's files says. Raises BankFileRefused, naming the line."""
        ...

    def hand_over(self, *, file_id: str, content: bytes) -> None:
        """Give a file to the bank; the same again is harmless. Raises NameTaken."""
        ...

    def waiting(self) -> list[str]:
        """Return the names of the files the bank has left and nobody has settled, oldest first."""
        ...

    def fetch(self, *, name: str) -> bytes:
        """Return a waiting file. Raises FileNotWaiting."""
        ...

    def settle(self, *, name: str, refused: bool = False) -> None:
        """Say that a waiting file was taken, or refused; it waits no longer. Harmless twice."""
        ...

    def ask_again(self, *, file_id: str) -> None:
        """Ask the bank to tell again what became of a file."""
        ...
