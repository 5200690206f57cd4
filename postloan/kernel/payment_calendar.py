"""
Due dates as a calendar file that phones and mail programs read (RFC 5545, `.ics`).

Each payment is one event of a whole day with an alarm some days before. The words come from the caller,
in the reader's language; this module knows the format alone: lines end in CRLF and are folded at 75
octets without tearing a character, and text is escaped. The same payment keeps its `uid`, so a newer
file replaces the older one in the reader's calendar; a higher `revision` says which is newer.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PRODUCT_ID = "-//Postloan//Payment calendar//EN"

_LONGEST_LINE = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class CalendarNotPossible(ValueError):
    """A payment has no uid, the same as another, or a number of days that is negative; `uid` says which."""

    def __init__(self, uid: str, message: str) -> None:
        super().__init__(f"{uid!r}: {message}")
        self.uid = uid


@dataclass(frozen=True, slots=True)
class CalendarPayment:
    """
    One payment to put into a calendar.

    `uid` is the same for the same payment for ever and for no other in the world, such as
    `loan-7-instalment-3@lender.example`; it must not identify a person. `remind_days_before` may be empty.
    """

    uid: str
    due_date: date
    summary: str
    description: str = ""
    remind_days_before: tuple[int, ...] = (3,)
    is_cancelled: bool = False


def payment_calendar(
    *, payments: Iterable[CalendarPayment], name: str, at: datetime, language: str = "en", revision: int = 0
) -> str:
    """
    Return the text of a calendar file with one event for each payment, in the order given.

    `at` is when the file is made. Payments that are cancelled (paid already, or re-dated away) take
    themselves out of a calendar that has them.

    Raises:
        CalendarNotPossible: naming the payment.
    """
    assert at.tzinfo is not None, "an instant has a time zone"
    entries = list(payments)
    _check(entries)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT_ID}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME;LANGUAGE={language}:{_escaped(name)}",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for payment in entries:
        lines += _event(payment, at=at, language=language, revision=revision)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _check(payments: Sequence[CalendarPayment]) -> None:
    seen: set[str] = set()
    for payment in payments:
        if not payment.uid.strip() or payment.uid in seen:
            raise CalendarNotPossible(payment.uid, "a payment needs a uid of its own")
        if any(days < 0 for days in payment.remind_days_before):
            raise CalendarNotPossible(payment.uid, "a reminder lies before the due date or on it")
        seen.add(payment.uid)


def _event(payment: CalendarPayment, *, at: datetime, language: str, revision: int) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(payment.uid)}"
    yield f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"SEQUENCE:{revision}"
    yield f"DTSTART;VALUE=DATE:{_day(payment.due_date)}"
    yield f"DTEND;VALUE=DATE:{_day(payment.due_date + timedelta(days=1))}"
    yield f"SUMMARY;LANGUAGE={language}:{_escaped(payment.summary)}"
    if payment.description:
        yield f"DESCRIPTION;LANGUAGE={language}:{_escaped(payment.description)}"
    yield f"STATUS:{'CANCELLED' if payment.is_cancelled else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield "CLASS:PRIVATE"
    if not payment.is_cancelled:
        for days in sorted(set(payment.remind_days_before), reverse=True):
            yield from _alarm(payment, days=days)
    yield "END:VEVENT"


def _alarm(payment: CalendarPayment, *, days: int) -> Iterator[str]:
    """An event of a whole day begins at midnight: the alarm rings at nine in the morning of its own day."""
    trigger = "PT9H" if days == 0 else f"-P{days - 1}DT15H"
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"TRIGGER:{trigger}"
    yield f"DESCRIPTION:{_escaped(payment.summary)}"
    yield "END:VALARM"


def _day(day: date) -> str:
    # strftime leaves out leading zeros of early years on some systems
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _escaped(text: str) -> str:
    """Return text as a value: backslash, semicolon, comma and line break escaped, control characters left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    plain = _CONTROL.sub("", plain)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _fold(line: str) -> Iterator[str]:
    """Cut a line so that no piece has more than 75 octets; what follows the first begins with a space."""
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    yield piece
