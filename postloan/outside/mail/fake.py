"""A mail channel in memory, for tests and for running without a mail server."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from postloan.outside.mail.port import Failure, OutgoingMail, SendResult, as_mime, parse_address


@dataclass(kw_only=True)
class FakeMailChannel:
    """
    Keeps accepted messages in `sent`, each Message-ID once.

    `answers` scripts failures by the recipient's address: an SMTP code, or 0
    for a connection that breaks.
    """

    answers: dict[str, int] = field(default_factory=dict)
    sent: list[OutgoingMail] = field(default_factory=list)

    def send(self, *, messages: Sequence[OutgoingMail]) -> list[SendResult]:
        """Hand `messages` over; see MailChannel."""
        return [self._send(message) for message in messages]

    def _send(self, message: OutgoingMail) -> SendResult:
        as_mime(message=message)
        code = self.answers.get(parse_address(text=message.recipient)[1], 250)
        if code == 250:
            if message.message_id not in {earlier.message_id for earlier in self.sent[-1000:]}:
                self.sent.append(message)
            return SendResult(message_id=message.message_id, code=250)
        failure = Failure.HARD if 500 <= code < 600 else Failure.SOFT
        return SendResult(
            message_id=message.message_id,
            failure=failure,
            code=code,
            reply="scripted",
            is_reached=code != 0,
            is_gone=code == 550,
        )
