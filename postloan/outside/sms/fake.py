"""An SMS channel in memory, for tests and for running without a carrier."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from postloan.kernel.message_texts import sms_parts
from postloan.outside.results import Failure, ReceiptReport, ReceiptState, SendResult
from postloan.outside.sms.port import Incoming, Keep, OutgoingSms, check_text

HARD_CODES = frozenset({0x0B})
THROTTLED = 0x58


@dataclass(kw_only=True)
class FakeSmsChannel:
    """
    Keeps accepted texts in `sent` and reports each part delivered.

    `answers` scripts failures by recipient: an SMPP status, or -1 for nobody there. `lost` are numbers whose receipt
    says undeliverable.
    """

    answers: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    sent: list[OutgoingSms] = field(default_factory=list)
    incoming: list[Incoming] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def send(self, *, messages: Sequence[OutgoingSms]) -> list[SendResult]:
        """Hand `messages` over; see SmsChannel."""
        return [self._send(message) for message in messages]

    def take_incoming(self, *, keep: Keep) -> int:
        """Hand on what came in; see SmsChannel."""
        found, self.incoming = self.incoming, []
        if found:
            keep(found)
        return len(found)

    def _send(self, message: OutgoingSms) -> SendResult:
        check_text(message=message)
        status = self.answers.get(message.recipient, 0)
        if status:
            return SendResult(
                message_id=message.message_id,
                failure=Failure.HARD if status in HARD_CODES else Failure.SOFT,
                code=max(status, 0),
                reply="scripted",
                is_reached=status > 0,
                is_throttled=status == THROTTLED,
                is_gone=status in HARD_CODES,
            )
        self.sent.append(message)
        ids = tuple(f"fake-{next(self.numbers)}" for _ in sms_parts(text=message.text))
        state = ReceiptState.UNDELIVERABLE if message.recipient in self.lost else ReceiptState.DELIVERED
        self.incoming += [ReceiptReport(carrier_id=number, state=state, raw=number.encode()) for number in ids]
        return SendResult(message_id=message.message_id, code=250, carrier_ids=ids)
