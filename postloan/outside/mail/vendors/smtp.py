"""
Mail over SMTP, many messages through each connection and several connections side by side.

A connection that breaks after the text was begun leaves that one message in doubt: the server may have it.
"""

import smtplib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from postloan.outside.mail.port import Failure, OutgoingMail, SendResult, as_mime, parse_address

# After so many connections in a row that broke or did not come about, the rest is left for later untried: a server
# that is away must not cost a timeout for each of ten thousand messages.
BROKEN_CONNECTIONS_MAX = 3
SHARED_FROM = 20  # messages; fewer go through one connection
GONE_STATUS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


@dataclass(kw_only=True)
class SmtpChannel:
    """An SMTP server. Connections are opened for each `send` and reused for all of its messages."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    timeout_seconds: float = 20.0
    connections: int = 4

    def send(self, *, messages: Sequence[OutgoingMail]) -> list[SendResult]:
        """Hand `messages` over; see MailChannel."""
        contents = [as_mime(message=message) for message in messages]
        shares = min(self.connections, max(len(messages) // SHARED_FROM, 1))
        if shares == 1:
            return self._converse(messages, contents)
        size = -(-len(messages) // shares)
        starts = range(0, len(messages), size)
        with ThreadPoolExecutor(max_workers=shares) as pool:
            done = pool.map(
                lambda start: self._converse(messages[start : start + size], contents[start : start + size]), starts
            )
            return [result for share in done for result in share]

    def _converse(self, messages: Sequence[OutgoingMail], contents: Sequence[bytes]) -> list[SendResult]:
        conversation = _Conversation(channel=self)
        try:
            return [conversation.send(message, content) for message, content in zip(messages, contents, strict=True)]
        finally:
            conversation.close()


@dataclass
class _Conversation:
    """Some messages of one `send`: a connection that is made again when it breaks, but not for ever."""

    channel: SmtpChannel
    connection: smtplib.SMTP | None = None
    broken: int = 0
    last_error: str = ""
    is_handing: bool = False  # the text of a message has been begun

    def send(self, message: OutgoingMail, content: bytes) -> SendResult:
        (_, sender), (_, recipient) = parse_address(text=message.sender), parse_address(text=message.recipient)
        if self.broken >= BROKEN_CONNECTIONS_MAX:
            return _soft(message, reply=f"not tried: {self.last_error}", is_reached=False)
        self.is_handing, was_connected = False, self.connection is not None
        try:
            connection = self.connected()
            was_connected = True
            self._hand_over(connection, sender, recipient, content)
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
            in_doubt = self.is_handing
            self._break(error)
            return _soft(message, reply=self.last_error, is_reached=was_connected, in_doubt=in_doubt)
        self.broken = 0
        return SendResult(message_id=message.message_id, code=250)

    def _hand_over(self, connection: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
        """Send one message; as `sendmail` does, but knowing how far it is."""
        connection.ehlo_or_helo_if_needed()
        code, reply = connection.mail(sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, reply, sender)
        code, reply = connection.rcpt(recipient)
        if code not in {250, 251}:
            raise smtplib.SMTPRecipientsRefused({recipient: (code, reply)})
        self.is_handing = True
        code, reply = connection.data(content)
        if code != 250:
            raise smtplib.SMTPDataError(code, reply)

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
        elif self.connection is not None:
            try:
                self.connection.rset()
            except (smtplib.SMTPException, OSError) as error:
                self._break(error)
        failure = Failure.HARD if 500 <= code < 600 else Failure.SOFT
        said = _text(reply)
        return SendResult(
            message_id=message.message_id,
            failure=failure,
            code=code,
            reply=said,
            is_gone=failure == Failure.HARD and said.startswith(GONE_STATUS),
        )


def _soft(
    message: OutgoingMail, *, code: int = 0, reply: str, is_reached: bool = True, in_doubt: bool = False
) -> SendResult:
    return SendResult(
        message_id=message.message_id,
        failure=Failure.SOFT,
        code=code,
        reply=reply,
        is_reached=is_reached,
        in_doubt=in_doubt,
    )


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
