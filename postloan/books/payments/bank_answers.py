"""
What a report of the bank means for our debits: pure bookkeeping over attempts in memory, written by the operation.

Money is believed only from an entry on our account. An entry told again is nothing new; one that contradicts what we
know is never made to fit: it becomes a bank item for a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from postloan.books.payments.debit_models import BankItem, DebitAttempt, DebitFile
from postloan.books.payments.debit_packs import debit_policy
from postloan.kernel.debit_policy import ReasonClass, class_of
from postloan.outside.bank.port import BankReport, Entry, Side, Status

DUPLICATE = "AM05"
ITEM_OF_CLASS = {ReasonClass.DISPUTED: BankItem.Kind.DISPUTED, ReasonClass.DECEASED: BankItem.Kind.DECEASED}


@dataclass(frozen=True)
class Credit:
    """Money that an attempt brought."""

    attempt: DebitAttempt
    amount_minor: int
    value_date: date
    bank_reference: str


@dataclass(frozen=True)
class Return:
    """An attempt that came back; `is_late` says that its money had been booked."""

    attempt: DebitAttempt
    reason_code: str
    reason_class: ReasonClass
    amount_minor: int
    value_date: date
    bank_reference: str
    is_late: bool
    is_whole_file: bool = False


@dataclass(frozen=True)
class Item:
    """Something for a person."""

    kind: BankItem.Kind
    line: int
    bank_reference: str
    attempt: DebitAttempt | None = None
    is_money_in: bool | None = None
    amount_minor: int | None = None
    currency: str = ""
    value_date: date | None = None


@dataclass
class Meaning:
    """Everything one report means."""

    credits: list[Credit] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    accepted: list[DebitFile] = field(default_factory=list)
    refused: list[DebitFile] = field(default_factory=list)
    told_again: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """What happened, in numbers."""
        return {
            "collected": len(self.credits),
            "returned": len(self.returns),
            "items": len(self.items),
            "told_again": self.told_again,
        }


class Reading:
    """
    One report against the attempts and files it names.

    `attempts` by end-to-end id, `files` by file id; states in memory move along, so
    two entries about one debit in one report are seen one after the other: money in first.
    """

    def __init__(
        self, *, report: BankReport, attempts: Iterable[DebitAttempt], files: Iterable[DebitFile], on_date: date
    ) -> None:
        self.report, self.on_date = report, on_date
        self.attempts = {attempt.end_to_end_id: attempt for attempt in attempts}
        self.files = {file.file_id: file for file in files}
        self.states = {key: str(attempt.state) for key, attempt in self.attempts.items()}
        self.references = {key: attempt.bank_reference for key, attempt in self.attempts.items()}
        self.meaning = Meaning()

    def read(self) -> Meaning:
        """Return what the report means."""
        listed = {status.file_id for status in self.report.statuses if status.end_to_end_id and status.is_refused}
        for status in self.report.statuses:
            if status.end_to_end_id:
                self._take_status(status)
            else:
                self._take_file_status(status, has_list=status.file_id in listed)
        for entry in sorted(self.report.entries, key=lambda item: item.side is Side.OUT):
            if entry.side is Side.IN:
                self._take_credit(entry)
            else:
                self._take_debit(entry)
        return self.meaning

    # --- statuses

    def _take_status(self, status: Status) -> None:
        attempt = self.attempts.get(status.end_to_end_id)
        if not status.is_refused:
            return  # accepted: no more than that
        if attempt is None:
            self._raise_item(Item(BankItem.Kind.UNKNOWN_REFERENCE, status.line, self._message_reference(status)))
            return
        match self.states[status.end_to_end_id]:
            case DebitAttempt.State.SENT:
                self._give_back(attempt, code=status.reason_code, line=status.line)
            case DebitAttempt.State.RETURNED:
                self.meaning.told_again += 1
            case _:
                # Refused, the bank says, but its entry has brought the money.
                reference = self._message_reference(status)
                self._raise_item(Item(BankItem.Kind.CREDIT_AFTER_RETURN, status.line, reference, attempt))

    def _take_file_status(self, status: Status, *, has_list: bool) -> None:
        file = self.files.get(status.file_id)
        if file is None:
            self._raise_item(Item(BankItem.Kind.UNKNOWN_REFERENCE, status.line, self._message_reference(status)))
        elif not status.is_refused or has_list:
            self.meaning.accepted.append(file)
        elif status.reason_code == DUPLICATE:
            self.meaning.told_again += 1  # a second copy was refused; the first is with the bank
        else:
            self.meaning.refused.append(file)
            self._raise_item(Item(BankItem.Kind.FILE_REFUSED, status.line, status.file_id))
            for attempt in [item for item in self.attempts.values() if item.file_id == file.pk]:
                if self.states[attempt.end_to_end_id] == DebitAttempt.State.SENT:
                    self._give_back(attempt, code=status.reason_code, line=status.line, whole_file=True)

    # --- movements

    def _take_credit(self, entry: Entry) -> None:
        attempt = self.attempts.get(entry.end_to_end_id)
        if attempt is None:
            self._raise_item(self._item(BankItem.Kind.UNKNOWN_REFERENCE, entry))
            return
        if self.references[entry.end_to_end_id] == entry.bank_reference:
            self.meaning.told_again += 1
            return
        match self.states[entry.end_to_end_id]:
            case DebitAttempt.State.COLLECTED:
                self._raise_item(self._item(BankItem.Kind.SECOND_CREDIT, entry, attempt))
            case DebitAttempt.State.RETURNED:
                self._raise_item(self._item(BankItem.Kind.CREDIT_AFTER_RETURN, entry, attempt))
            case _ if entry.currency != attempt.order.currency:
                self._raise_item(self._item(BankItem.Kind.CURRENCY_DIFFERS, entry, attempt))
            case _:
                self._bring(attempt, entry)

    def _bring(self, attempt: DebitAttempt, entry: Entry) -> None:
        """Take the money; another amount than was asked for is booked as it came, and told to a person."""
        policy = debit_policy(code=attempt.file.policy)
        is_part = policy.partial_allowed.value and entry.amount_minor < attempt.amount_minor
        if entry.amount_minor == 0:
            self._raise_item(self._item(BankItem.Kind.AMOUNT_DIFFERS, entry, attempt))
            return
        if entry.amount_minor != attempt.amount_minor and not is_part:
            self._raise_item(self._item(BankItem.Kind.AMOUNT_DIFFERS, entry, attempt))
        self.states[entry.end_to_end_id] = DebitAttempt.State.COLLECTED
        self.references[entry.end_to_end_id] = entry.bank_reference
        self.meaning.credits.append(Credit(attempt, entry.amount_minor, entry.value_date, entry.bank_reference))

    def _take_debit(self, entry: Entry) -> None:
        attempt = self.attempts.get(entry.end_to_end_id)
        if attempt is None:
            self._raise_item(self._item(BankItem.Kind.UNKNOWN_REFERENCE, entry))
            return
        state = self.states[entry.end_to_end_id]
        if state == DebitAttempt.State.RETURNED:
            if self._returned_reference(attempt) == entry.bank_reference:
                self.meaning.told_again += 1
            else:
                self._raise_item(self._item(BankItem.Kind.SECOND_RETURN, entry, attempt))
            return
        if entry.amount_minor != attempt.amount_minor:
            self._raise_item(self._item(BankItem.Kind.AMOUNT_DIFFERS, entry, attempt))
        is_late = state == DebitAttempt.State.COLLECTED
        if is_late:
            self._raise_item(self._item(BankItem.Kind.LATE_RETURN, entry, attempt))
        self._give_back(
            attempt,
            code=entry.reason_code,
            line=entry.line,
            amount_minor=entry.amount_minor,
            value_date=entry.value_date,
            bank_reference=entry.bank_reference,
            is_late=is_late,
        )

    def _give_back(
        self,
        attempt: DebitAttempt,
        *,
        code: str,
        line: int,
        amount_minor: int | None = None,
        value_date: date | None = None,
        bank_reference: str = "",
        is_late: bool = False,
        whole_file: bool = False,
    ) -> None:
        policy = debit_policy(code=attempt.file.policy)
        # A file that was refused as a whole says nothing about the account.
        reason = ReasonClass.TECHNICAL if whole_file else class_of(code=code, policy=policy)
        self.states[attempt.end_to_end_id] = DebitAttempt.State.RETURNED
        self.meaning.returns.append(
            Return(
                attempt=attempt,
                reason_code=code,
                reason_class=reason,
                amount_minor=amount_minor or attempt.amount_minor,
                value_date=value_date or self.on_date,
                bank_reference=bank_reference,
                is_late=is_late,
                is_whole_file=whole_file,
            )
        )
        if kind := ITEM_OF_CLASS.get(reason):
            self._raise_item(Item(kind, line, attempt.end_to_end_id, attempt))

    def _returned_reference(self, attempt: DebitAttempt) -> str:
        for item in self.meaning.returns:
            if item.attempt is attempt:
                return item.bank_reference
        return attempt.debit_return.bank_reference

    def _item(self, kind: BankItem.Kind, entry: Entry, attempt: DebitAttempt | None = None) -> Item:
        return Item(
            kind=kind,
            line=entry.line,
            bank_reference=entry.bank_reference[:80],
            attempt=attempt,
            is_money_in=entry.side is Side.IN,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
            value_date=entry.value_date,
        )

    def _message_reference(self, status: Status) -> str:
        return f"{self.report.message_id}:{status.end_to_end_id or status.file_id}"[:80]

    def _raise_item(self, item: Item) -> None:
        self.meaning.items.append(item)
