"""
Bounces: what mail servers write back about a message of ours (delivery status notifications, RFC 3464).

They come to a mailbox (a Maildir, filled by any mail server or by `serve_mail` of ours). A bounce is read for the
Message-ID it returns and the status of the recipient; whatever else is in the mailbox is left to people.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from pathlib import Path

from postloan.outside.results import ReceiptReport, ReceiptState

ACTIONS = {
    "failed": ReceiptState.UNDELIVERABLE,
    "delayed": ReceiptState.ACCEPTED,
    "relayed": ReceiptState.ACCEPTED,
    "expanded": ReceiptState.ACCEPTED,
    "delivered": ReceiptState.DELIVERED,
}
GONE = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")  # RFC 3463: no such mailbox, host or address; disabled


def read_bounce(*, content: bytes) -> list[ReceiptReport]:
    """Return a report for each recipient that a notification speaks of; none where it is no notification."""
    mail = message_from_bytes(content, policy=compat32)
    status, returned = None, ""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            status = part
        elif kind in {"message/rfc822", "text/rfc822-headers"}:
            returned = returned or _message_id(part)
    if status is None or not returned:
        return []
    blocks = status.get_payload()
    if not isinstance(blocks, list):
        return []
    return [
        report
        for block in blocks
        if isinstance(block, Message) and (report := _report(block, returned, content)) is not None
    ]


def take_bounces(*, directory: Path, keep: Callable[[Sequence[ReceiptReport]], None], at_once: int = 200) -> int:
    """
    Hand the bounces of a Maildir to `keep` and move them from `new` to `cur` only after; returns how many mails it was.

    A mail that is no bounce is moved as well, for people to read there.
    """
    taken = 0
    for files in _batches(directory / "new", at_once):
        reports = [report for file in files for report in read_bounce(content=file.read_bytes())]
        if reports:
            keep(reports)
        (directory / "cur").mkdir(exist_ok=True)
        for file in files:
            file.replace(directory / "cur" / f"{file.name}:2,")
        taken += len(files)
    return taken


def _batches(folder: Path, at_once: int) -> Iterator[list[Path]]:
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    for start in range(0, len(files), at_once):
        yield files[start : start + at_once]


def _message_id(part: Message) -> str:
    payload = part.get_payload()
    head = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(head, Message):
        head = message_from_bytes(str(payload).encode("utf-8", "replace"), policy=compat32)
    return str(head.get("Message-ID", "")).strip("<> \r\n\t")


def _report(block: Message, message_id: str, raw: bytes) -> ReceiptReport | None:
    action = str(block.get("Action", "")).split("(")[0].strip().lower()
    if action not in ACTIONS:
        return None
    status = str(block.get("Status", "")).split()[0] if block.get("Status") else ""
    return ReceiptReport(
        carrier_id=message_id,
        state=ACTIONS[action],
        occurred_at=_instant(str(block.get("Last-Attempt-Date", ""))),
        code=status[:40],
        raw=raw,
        is_gone=action == "failed" and status in GONE,
    )


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
