"""A bank for transfers in memory, for tests and for running without a bank. It is lost when the process ends."""

from dataclasses import dataclass, field, replace
from datetime import date

from postloan.outside.bank.transfers_port import (
    OutgoingTransfer,
    TransferAnswer,
    TransferMalformed,
    TransferState,
)

LONGEST_ID = 35


@dataclass(kw_only=True)
class FakeTransferChannel:
    """
    Settles every transfer at once on the date asked for, each id once.

    `answers` scripts others by the beneficiary's account number: "accept" (settled later by `settle`), an ISO reason
    code to reject with, "lose" (taken and settled, but the answer never arrives) or "drop" (never arrives at the bank,
    once).
    """

    answers: dict[str, str] = field(default_factory=dict)
    taken: dict[str, OutgoingTransfer] = field(default_factory=dict)
    asked_for: dict[str, date] = field(default_factory=dict)
    _said: dict[str, TransferAnswer] = field(default_factory=dict)

    def send(self, *, transfer: OutgoingTransfer, requested_date: date) -> TransferAnswer:
        """Hand a transfer over; see TransferChannel."""
        if not 0 < len(transfer.end_to_end_id) <= LONGEST_ID or transfer.amount_minor <= 0:
            raise TransferMalformed(f"transfer {transfer.end_to_end_id!r} of {transfer.amount_minor}")
        if transfer.end_to_end_id in self.taken:
            return self._repeated(transfer)
        script = self.answers.get(transfer.beneficiary.number, "settle")
        if script == "drop":
            del self.answers[transfer.beneficiary.number]
            return TransferAnswer(state=TransferState.NO_ANSWER)
        self.taken[transfer.end_to_end_id] = transfer
        self.asked_for[transfer.end_to_end_id] = requested_date
        match script:
            case "settle" | "lose":
                self.settle(end_to_end_id=transfer.end_to_end_id, value_date=requested_date)
            case "accept":
                self._said[transfer.end_to_end_id] = TransferAnswer(state=TransferState.ACCEPTED)
            case reason:
                self.reject(end_to_end_id=transfer.end_to_end_id, reason_code=reason)
        if script == "lose":
            return TransferAnswer(state=TransferState.NO_ANSWER)
        return self._said[transfer.end_to_end_id]

    def ask(self, *, end_to_end_id: str) -> TransferAnswer:
        """Say what became of a transfer; see TransferChannel."""
        return self._said.get(end_to_end_id, TransferAnswer(state=TransferState.NOT_KNOWN))

    def settle(self, *, end_to_end_id: str, value_date: date) -> None:
        """Let a transfer that was taken leave on a day."""
        self._said[end_to_end_id] = TransferAnswer(
            state=TransferState.SETTLED, value_date=value_date, bank_reference=f"fake-{end_to_end_id}"
        )

    def reject(self, *, end_to_end_id: str, reason_code: str) -> None:
        """Refuse a transfer that was taken."""
        self._said[end_to_end_id] = TransferAnswer(state=TransferState.REJECTED, reason_code=reason_code)

    def _repeated(self, transfer: OutgoingTransfer) -> TransferAnswer:
        """Answer as before, or reject another transfer under a known id (AM05: duplication)."""
        if replace(transfer, text="") != replace(self.taken[transfer.end_to_end_id], text=""):
            return TransferAnswer(state=TransferState.REJECTED, reason_code="AM05")
        return self._said[transfer.end_to_end_id]
