"""
Who writes the messages of a purpose: each purpose has one writer, named by the app that plans such messages.

Outreach knows no reminders and no debits; those apps call `register_writer` when they start. The writer is asked at
the moment a message leaves, and answers with the values of its text, or that it is no longer wanted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from postloan.care.outreach.models import Message
from postloan.kernel.message_texts import Value


@dataclass(frozen=True)
class Drop:
    """The message is no longer wanted, and why."""

    reason: str


Facts = Mapping[str, Value]
# For messages of one purpose, the names of their customers (customer id → name) and the moment: values, or a drop.
Write = Callable[[Sequence[Message], Mapping[int, str], datetime], Mapping[int, Facts | Drop]]

_WRITERS: dict[str, Write] = {}


class WriterMissing(LookupError):
    """No app has said who writes messages of this purpose."""


def register_writer(*, purpose: str, write: Write) -> None:
    """Let `write` be the writer of `purpose`; the last one to register is asked."""
    _WRITERS[purpose] = write


def writer_of(*, purpose: str) -> Write:
    """Return the writer of `purpose`. Raises WriterMissing."""
    try:
        return _WRITERS[purpose]
    except KeyError:
        raise WriterMissing(purpose) from None
