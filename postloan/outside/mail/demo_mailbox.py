"""
A mailbox of our own: a real SMTP server that keeps everything it is sent.

It is the other end of the demonstration: reminders leave Postloan through an
SMTP conversation like any other, and arrive here instead of at people. Mail is
kept as a Maildir, one file per message, so any mail reader opens it. The name
of a file is the hash of Message-ID and recipients, hence a message that is sent
twice is kept once. Files are not forced to disk: a kill of the process loses
nothing, and a demonstration need not outlive a power cut.

The queries read the directory directly and need neither the server nor Django.
"""

import asyncio
import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default as policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

KEY = re.compile(r"[0-9a-f]{40}")
MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
MESSAGE_BYTES_MAX = 10_000_000


class MailNotFound(LookupError):
    """The mailbox holds no message under this key."""


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """One message in the mailbox, without its text."""

    key: str
    received_at: datetime
    message_id: str
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class ReceivedText:
    """One message in the mailbox with its text and all of its headers."""

    mail: ReceivedMail
    text: str
    html: str | None
    headers: tuple[tuple[str, str], ...]


def deliver(*, directory: Path, sender: str, recipients: Sequence[str], content: bytes) -> str:
    """Keep one message and return its key. The same Message-ID for the same recipients is kept once."""
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    found = MESSAGE_ID.search(head)
    identity = found[1].decode("utf-8", "replace") if found else secrets.token_hex(16)
    key = hashlib.sha256("\n".join([identity, *sorted(recipients)]).encode()).hexdigest()[:40]
    if not (directory / "tmp").is_dir():
        for folder in ("cur", "new", "tmp"):
            (directory / folder).mkdir(parents=True, exist_ok=True)
    draft = directory / "tmp" / f"{key}.{secrets.token_hex(4)}"
    envelope = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
    draft.write_bytes("\r\n".join(envelope).encode("utf-8", "replace") + b"\r\n" + content)
    try:
        os.link(draft, directory / "new" / key)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return key


def count(*, directory: Path) -> int:
    """Return how many messages the mailbox holds."""
    return len(_files(directory=directory))


def newest(*, directory: Path, limit: int = 50, offset: int = 0, recipient: str = "") -> list[ReceivedMail]:
    """
    Return messages, the latest first; `recipient` keeps those delivered to that very address.

    Only the files that are returned are opened, unless `recipient` is given.
    """
    files = _files(directory=directory)
    if not recipient:
        return [_summary(path=path, arrived=arrived) for arrived, path in files[offset : offset + limit]]
    wanted = recipient.casefold()
    found: list[ReceivedMail] = []
    for arrived, path in files:
        summary = _summary(path=path, arrived=arrived)
        if wanted in {address.strip().casefold() for address in summary.recipient.split(",")}:
            found.append(summary)
        if len(found) == offset + limit:
            break
    return found[offset:]


def read(*, directory: Path, key: str) -> ReceivedText:
    """Return one message with its text. Raises MailNotFound, also for what is no key at all."""
    if not KEY.fullmatch(key):
        raise MailNotFound(key)
    path = directory / "new" / key
    try:
        content = path.read_bytes()
        arrived = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise MailNotFound(key) from None
    message = message_from_bytes(content, policy=policy)
    assert isinstance(message, EmailMessage)
    return ReceivedText(
        mail=_summary(path=path, arrived=arrived),
        text=_body(message, "plain") or "",
        html=_body(message, "html"),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content())


_LISTINGS: dict[Path, tuple[int, list[tuple[int, Path]]]] = {}
_SETTLED_NS = 2_000_000_000  # a folder untouched for so long cannot change again within the same tick of its clock


def _files(*, directory: Path) -> list[tuple[int, Path]]:
    """
    Return each message's file with the nanosecond of its arrival, the latest first.

    Mail is only ever added, and each arrival touches the folder: a listing made after the folder had come to rest
    holds until it is touched again.
    """
    folder = directory / "new"
    try:
        touched = folder.stat().st_mtime_ns
        known = _LISTINGS.get(folder)
        if known is not None and known[0] == touched:
            return known[1]
        with os.scandir(folder) as entries:
            files = [(entry.stat().st_mtime_ns, Path(entry.path)) for entry in entries if KEY.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    files.sort(key=lambda pair: (-pair[0], pair[1].name))
    if time.time_ns() - touched > _SETTLED_NS:
        _LISTINGS[folder] = (touched, files)
    return files


def _summary(*, path: Path, arrived: int) -> ReceivedMail:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=policy).parse(file)
    return ReceivedMail(
        key=path.name,
        received_at=datetime.fromtimestamp(arrived / 1e9, tz=UTC),
        message_id=str(headers.get("Message-ID", "")),
        sender=str(headers.get("From", "")),
        recipient=", ".join(str(value) for value in headers.get_all("Delivered-To", [])),
        subject=str(headers.get("Subject", "")),
    )


class MailboxHandler:
    """What aiosmtpd calls for each message."""

    def __init__(self, *, directory: Path) -> None:
        self.directory = directory

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        content = envelope.content
        assert isinstance(content, bytes), "aiosmtpd hands over bytes unless told to decode"
        try:
            deliver(
                directory=self.directory,
                sender=envelope.mail_from or "",
                recipients=envelope.rcpt_tos,
                content=content,
            )
        except OSError as error:
            return f"452 the mailbox cannot be written: {error.strerror}"
        return "250 kept"


async def serve_mail(*, handler: object, listening: socket.socket) -> None:
    """Hold SMTP conversations on the `listening` socket until cancelled; `handler` is aiosmtpd's."""

    def conversation() -> SMTP:
        return SMTP(handler, hostname="mailbox.postloan.example", data_size_limit=MESSAGE_BYTES_MAX)

    server = await asyncio.get_running_loop().create_server(conversation, sock=listening)
    async with server:
        await server.serve_forever()
