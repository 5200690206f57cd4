"""Mail over SMTP, many messages through one connection."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from postloan.outside.mail.port import Failure, OutgoingMail, SendResult, as_mime, parse_address

# After so many connections in a row that broke or did not come about, the rest is left for later untried: a server
# that is away must not cost a timeout for each of ten thousand messages.
BROKEN_CONNECTIONS_MAX = 3


@dataclass(kw_only=True)
class SmtpChannel:
    """An SMTP server. The connection is opened for each `send` and reused for all of its messages."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    timeout_seconds: float = 20.0

    def send(self, *, messages: Sequence[OutgoingMail]) -> list[SendResult]:
        """Hand `messages` over; see MailChannel."""
        conversation = _Conversation(channel=self)
        try:
            return [conversation.send(message) for message in messages]
        finally:
            conversation.close()


@dataclass
class _Conversation:
    """One `send`: a connection that is made again when it breaks, but not for ever."""

    channel: SmtpChannel
    connection: smtplib.SMTP | None = None
    broken: int = 0
    last_error: str = ""

    def send(self, message: OutgoingMail) -> SendResult:
        content = as_mime(message=message)
        (_, sender), (_, recipient) = parse_address(text=message.sender), parse_address(text=message.recipient)
        if self.broken >= BROKEN_CONNECTIONS_MAX:
            return _soft(message, reply=f"not tried: {self.last_error}")
        try:
            connection = self.connected()
            connection.sendmail(sender, [recipient], content)
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            return self._refused(message, code, reply)
        except smtplib.SMTPAuthenticationError as error:
            # Not this message's fault: someone mends the password, and it goes out then.
            self._break(error)
            return _soft(message, code=error.smtp_code, reply=_text(error.smtp_error))
        except smtplib.SMTPResponseException as error:
            return self._refused(message, error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            self._break(error)
            return _soft(message, reply=self.last_error)
        self.broken = 0
        return SendResult(message_id=message.message_id, code=250)

    def connected(self) -> smtplib.SMTP:
        if self.connection is None:
            channel = self.channel
            self.connection = smtplib.SMTP(channel.host, channel.port, timeout=channel.timeout_seconds)
            if channel.starttls:
                self.connection.starttls(context=ssl.create_default_context())
            if channel.user:
                self.connection.login(channel.user, channel.password)
        return self.connection

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()

    def _break(self, error: Exception) -> None:
        self.broken += 1
        self.last_error = f"{type(error).__name__}: {error}"
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def _refused(self, message: OutgoingMail, code: int, reply: bytes | str) -> SendResult:
        """Return the failure for an answer of the server; 421 also ends the connection (RFC 5321, 3.8)."""
        if code == 421:
            self._break(smtplib.SMTPServerDisconnected(_text(reply)))
        failure = Failure.HARD if 500 <= code < 600 else Failure.SOFT
        return SendResult(message_id=message.message_id, failure=failure, code=code, reply=_text(reply))


def _soft(message: OutgoingMail, *, code: int = 0, reply: str) -> SendResult:
    return SendResult(message_id=message.message_id, failure=Failure.SOFT, code=code, reply=reply)


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
