"""What happened before: contacts in and out, consents and refusals, and what has been so since."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from postloan.kernel.contactrules._clock import ZoneName
from postloan.kernel.contactrules._words import (
    INBOUND_KINDS,
    AnyActor,
    AnyChannel,
    AnyKind,
    AnyMode,
    AnyPoint,
    AnyPurpose,
    AnyRecipient,
    AnyScope,
    Names,
    Spoken,
    Zones,
    understood,
)

Weekday = Annotated[int, Field(ge=1, le=7)]  # as in ISO 8601: Monday is 1


_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), start=1)}


def _clock(value: Any) -> Any:
    """Read "24:00" as the end of the day."""
    return time.max if value == "24:00" else value


def _weekdays(value: Any) -> Any:
    """Read names of days, in full or by three letters; weekdays and weekends too."""
    if isinstance(value, str):
        value = {"weekdays": (1, 2, 3, 4, 5), "weekends": (6, 7), "weekend": (6, 7)}.get(value.lower(), (value,))
    return tuple(_DAYS.get(day[:3].lower(), day) if isinstance(day, str) else day for day in value)


class Hours(Spoken):
    """Local clock hours, `start` up to `end`; an end at or before the start lies on the next day. Nothing said: all day."""

    start: Annotated[time, BeforeValidator(_clock)] = time(0)
    end: Annotated[time, BeforeValidator(_clock)] = time.max
    days: Annotated[tuple[Weekday, ...], BeforeValidator(_weekdays)] = (1, 2, 3, 4, 5, 6, 7)
    zone: ZoneName | None = None

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {"from": "start", "to": "end", "weekdays": "days", "time_zone": "zone"}


def _many(value: Any) -> Any:
    return (value,) if isinstance(value, (str, Mapping)) else value


class PastEvent(Spoken):
    """
    One thing that happened at `at`.

    `person` is whom it happened with (nothing said: the person of the question); `initiated_by` is `us` or `person`.
    `debts` empty means all debts. Events with one `contact_id` are one contact, judged by its strongest outcome.
    `until` ends a consent, a hold or a promise; `scope` says what a consent allows.
    """

    at: AwareDatetime
    kind: AnyKind
    channel: AnyChannel | None = None
    person: str | None = None
    recipient: AnyRecipient | None = None
    initiated_by: Literal["us", "person"] = "us"
    contact_id: str | None = None
    contact_point: str | None = None
    point_kind: AnyPoint | None = None
    debts: Names = ()
    purpose: AnyPurpose | None = None
    mode: AnyMode | None = None
    by: AnyActor | None = None
    institution: str | None = None
    agency: str | None = None
    scope: Annotated[tuple[AnyScope, ...], BeforeValidator(_many)] = ()
    until: AwareDatetime | None = None
    hours: Annotated[tuple[Hours, ...], BeforeValidator(_many)] = ()
    place: AnyPoint | None = None
    zones: Zones = ()
    written: bool | None = None
    directly: bool = True
    template: str | None = None
    signature: str | None = None
    reason: str | None = None
    amount_minor: Annotated[int, Field(ge=0)] | None = None

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {
            "time": "at", "timestamp": "at", "datetime": "at",
            "when": "at", "happened_at": "at", "event": "kind", "type": "kind", "outcome": "kind", "initiator": "initiated_by", "direction": "initiated_by",
            "point": "contact_point", "number": "contact_point", "address": "contact_point", "account": "contact_point", "debt": "debts", "debt_ids": "debts",
            "loans": "debts", "loan": "debts", "recipient_kind": "recipient", "collector": "agency", "expires_at": "until",
            "expires": "until", "valid_until": "until", "time_zones": "zones", "time_zone": "zones", "timezone": "zones", "call_id": "contact_id", "who": "recipient",
            "voice_kind": "mode", "scopes": "scope", "in_writing": "written", "actor": "by",
        }  # fmt: skip

    @classmethod
    def adapted(cls, read: Mapping[str, Any]) -> Mapping[str, Any]:
        added: dict[str, Any] = {}
        if not _CLOCK.isdisjoint(read):
            added["hours"] = ({name: read[name] for name in _CLOCK if name in read},)
            read = {name: value for name, value in read.items() if name not in _CLOCK}
        kind, who, by = read.get("kind"), read.get("initiated_by"), read.get("by")
        if isinstance(who, str) and who not in {"us", "person"}:
            added["initiated_by"] = _WHO.get(who, who)
        elif who is None and isinstance(kind, str) and kind in INBOUND_KINDS:
            added["initiated_by"] = "person"
        if read.get("channel") is None and isinstance(kind, str):
            added["channel"] = CHANNEL_OF.get(kind) or CHANNEL_OF.get(understood("kind", kind))
        if isinstance(by, Mapping):
            added |= {"by": by.get("kind"), **{name: by[name] for name in ("agency", "institution") if name in by}}
        return {**read, **added} if added else read


_CLOCK = frozenset({"from", "to", "start", "end", "days", "weekdays"})  # hours may also stand in the event itself
# What an event without a channel was: calls are calls.
CHANNEL_OF: dict[Any, str] = {
    "sms_sent": "sms", "text_sent": "sms", "email_sent": "email",
    "attempt": "voice", "busy": "voice", "not_in_service": "voice", "voicemail": "voice", "connected": "voice", "dropped": "voice",
    "conversation": "voice", "letter_sent": "letter", "visited": "visit", "debit_failed": "debit", "debit_succeeded": "debit",
}  # fmt: skip
_WHO = {
    "outbound": "us", "inbound": "person", "out": "us", "in": "person", "lender": "us", "agency": "us", "collector": "us", "creditor": "us", "robot": "us",
    "consumer": "person", "debtor": "person", "customer": "person", "borrower": "person",
}  # fmt: skip
