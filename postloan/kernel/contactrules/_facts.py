"""
What a history says about one question: contacts, consents and standing facts, worked out once per question.

Events after the instant of the question have not happened yet. Events of another debtor are not looked at. Events
with one `contact_id` are one contact, and its strongest outcome counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from postloan.kernel.contactrules._clock import DAY, closed_until, local_date, midnight, next_edge, zone
from postloan.kernel.contactrules._history import Hours, PastEvent
from postloan.kernel.contactrules._pack import PolicyPack
from postloan.kernel.contactrules._question import Question
from postloan.kernel.contactrules._rules import CounterRule, RuleBase, Zones

CONSUMERS = frozenset(
    {"debtor", "co_debtor", "spouse", "parent_of_minor", "guardian", "personal_representative", "successor"}
)
_STRENGTH = ("conversation", "dropped", "connected", "voicemail", "not_in_service", "busy", "attempt",
             "message_delivered", "message_sent", "message_failed", "letter_sent", "visited", "inbound")  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_STRENGTH)}
CONTACTS = frozenset(_STRENGTH)
REPLIES = frozenset({"reply", "opt_out_confirmation", "service"})
_INSTANT = timedelta(microseconds=1)  # a consent given in a talk does not excuse that talk
_UNNAMED_SCOPES = frozenset({"hours", "frequency", "place", "channel"})  # what a consent without a scope allows


class Contact(NamedTuple):
    """One contact with its strongest outcome, dated by its first event."""

    event: PastEvent
    outcome: str


class Facts:
    """A question with its history, sorted by time."""

    def __init__(self, *, pack: PolicyPack, question: Question, history: Sequence[PastEvent]) -> None:
        self.pack = pack
        self.question = question
        asked = question.at
        events = [event for event in history if event.at <= asked]
        events.sort(key=_at)
        self.events = events
        self.kinds = {event.kind for event in events}
        self._about = question.debtor or (question.person if question.recipient == "debtor" else None)
        self._zones: tuple[str, ...] | None = None
        self._consents: list[PastEvent] | None = None
        self._mine: list[Contact] | None = None

    # who an event is about

    def _who(self, event: PastEvent) -> str:
        if event.recipient is not None:
            return event.recipient
        if event.person is None or event.person == self._about:
            return "debtor"
        if event.person == self.question.person:
            return self.question.recipient
        return "debtor" if self._about is None else "other"

    def is_mine(self, event: PastEvent) -> bool:
        """Tell whether an event was with the very person the question would reach."""
        return event.person in (None, self.question.person) and self._who(event) == self.question.recipient

    def is_the_debtors(self, event: PastEvent) -> bool:
        """Tell whether an event was with the debtor; where the question names none, whoever is not somebody else."""
        if self._about is None:
            return event.recipient in (None, "debtor")
        return event.person in (None, self._about) and self._who(event) == "debtor"

    def concerns(self, event: PastEvent) -> bool:
        """Tell whether a standing fact is one of the debtor's or of the person asked about."""
        if self._about is None:
            return True
        return event.person in (None, self._about, self.question.person)

    def same_debts(self, event: PastEvent) -> bool:
        """Tell whether an event touches one of the question's debts; where either names none, it does."""
        return not event.debts or not self.question.debts or not set(event.debts).isdisjoint(self.question.debts)

    def contacts(self) -> list[Contact]:
        """Return all contacts, in order of time, events of one contact as one."""
        if self._mine is None:
            self._mine = list(_merged(event for event in self.events if event.kind in CONTACTS))
        return self._mine

    def same_actor(self, event: PastEvent, across: str) -> bool:
        """Tell whether an event counts with the one asked about: of the same institution, or the same collector."""
        by = self.question.by
        if across == "everybody":
            return True
        if event.institution and by.institution and event.institution != by.institution:
            return False
        if across == "institution":
            return True
        if event.agency and by.agency:
            return event.agency == by.agency
        if event.by == "lender" and not event.agency:
            return by.acts_as in {None, "creditor"}
        return True

    # time zones

    def person_zones(self) -> tuple[str, ...]:
        """Return every zone the person may be in; the pack's list where none is known."""
        if self._zones is None:
            known = dict.fromkeys(self.question.time_zones)
            for event in self.events:
                if event.zones and self.is_mine(event):
                    known.update(dict.fromkeys(event.zones))
            self._zones = tuple(known) or self.pack.time_zones.unknown
        return self._zones

    def zones(self, policy: Zones) -> tuple[str, ...]:
        """Return the zones a rule looks at."""
        if policy == "pack":
            return (self.pack.time_zones.home,)
        if policy == "person":
            return self.person_zones()
        return tuple(dict.fromkeys((self.pack.time_zones.home, *self.person_zones())))

    # standing facts

    def last(self, kinds: Iterable[str], *, before: datetime | None = None) -> PastEvent | None:
        """Return the last event of these kinds that concerns debtor or person and these debts."""
        wanted = frozenset(kinds)
        if wanted.isdisjoint(self.kinds):
            return None
        for event in reversed(self.events):
            if (
                event.kind in wanted
                and self.concerns(event)
                and self.same_debts(event)
                and (before is None or event.at < before)
            ):
                return event
        return None

    def holds(self, kinds: Iterable[str]) -> bool:
        """Tell whether one of these happened, or is flagged to hold."""
        wanted = frozenset(kinds)
        return any(flag in wanted for flag in self.question.flags) or self.last(wanted) is not None

    # consents

    def consents(self) -> list[PastEvent]:
        """Return what was consented to by the person and fits channel, contact point, debts and collector."""
        if self._consents is None:
            given = "consent_given" in self.kinds
            self._consents = (
                [event for event in self.events if event.kind == "consent_given" and self._fits(event)] if given else []
            )
        return self._consents

    def _fits(self, consent: PastEvent) -> bool:
        asked = self.question
        return (
            self.concerns(consent)
            and consent.channel in (None, asked.channel)
            and (consent.purpose is None or consent.purpose == asked.purpose)
            and (consent.contact_point is None or consent.contact_point == asked.contact_point)
            and (not consent.debts or not asked.debts or set(asked.debts) <= set(consent.debts))
            and (consent.agency is None or asked.by.agency is None or consent.agency == asked.by.agency)
        )

    def consented(self, *, rule: RuleBase, scope: str, at: datetime, asked_in: tuple[str, ...] | None = None) -> bool:
        """Tell whether a consent of this scope is in force at an instant, by the terms of the rule."""
        consents = self.consents()
        return bool(consents) and any(
            scope in scopes_of(consent) or "any" in consent.scope
            for consent in consents
            if self._in_force(consent, rule=rule, at=at, zones=asked_in or self.person_zones())
        )

    def _in_force(self, consent: PastEvent, *, rule: RuleBase, at: datetime, zones: tuple[str, ...]) -> bool:
        if not (consent.at <= at and (consent.until is None or at < consent.until)) or self._withdrawn(consent, at):
            return False
        if rule.consent_days is not None:
            if not consent.directly:
                return False
            ends = min(
                midnight(on=local_date(at=consent.at, name=name) + DAY * rule.consent_days, name=name) for name in zones
            )
            if at >= ends:
                return False
        if rule.consent_ends_with_conversation and self._talked(consent, at):
            return False
        return not consent.hours or all(
            any(within(hours, at=at, name=hours.zone or name) for hours in consent.hours) for name in zones
        )

    def _withdrawn(self, consent: PastEvent, at: datetime) -> bool:
        return any(
            event.kind == "consent_withdrawn"
            and consent.at <= event.at <= at
            and self.concerns(event)
            and self._means(event, consent)
            for event in self.events
        )

    def _means(self, withdrawal: PastEvent, consent: PastEvent) -> bool:
        scopes = set(withdrawal.scope)
        if scopes and "any" not in scopes and scopes.isdisjoint(scopes_of(consent)):
            return False
        if None not in (withdrawal.channel, consent.channel) and withdrawal.channel != consent.channel:
            return False
        return withdrawal.contact_point in (None, consent.contact_point, self.question.contact_point)

    def _talked(self, consent: PastEvent, at: datetime) -> bool:
        return any(
            contact.outcome == "conversation"
            and contact.event.channel == "voice"
            and consent.at < contact.event.at < at
            and not (consent.contact_id and consent.contact_id == contact.event.contact_id)
            and self.is_mine(contact.event)
            and self.same_debts(contact.event)
            for contact in self.contacts()
        )

    def next_change(self, at: datetime) -> datetime | None:
        """Return the next instant at which a consent with hours of its own may open or close."""
        if not self.consents():
            return None
        edges = [
            next_edge(at=at, name=hours.zone or name, edges=[hours.start, hours.end])
            for consent in self.consents()
            if consent.hours and (consent.until is None or consent.until > at)
            for hours in consent.hours
            for name in self.person_zones()
        ]
        return min(edges) if edges else None

    def may_reply_once(self) -> bool:
        """Tell whether the person's last word on this very channel has had no answer yet."""
        for contact in reversed(self.contacts()):
            event = contact.event
            if event.channel == self.question.channel and self.is_mine(event):
                return event.initiated_by == "person" and local_date(at=event.at, name=self.person_zones()[0]) >= (
                    local_date(at=self.question.at, name=self.person_zones()[0]) - DAY
                )
        return False

    def exempt(self, *, rule: RuleBase, at: datetime) -> bool:
        """Tell whether one of the rule's exemptions holds at an instant."""
        for exemption in rule.unless:
            if exemption == "reply":
                if self.question.purpose in REPLIES and self.may_reply_once():
                    return True
            elif exemption == "court_permission":
                if self.holds(("court_permission",)):
                    return True
            elif self.consented(rule=rule, scope=exemption.removeprefix("consent:"), at=at):
                return True
        return False

    def counts(self, contact: Contact, rule: CounterRule) -> bool:
        """Tell whether a contact counts for a rule, its subject aside."""
        event = contact.event
        return (
            contact.outcome in rule.counts
            and event.initiated_by == "us"
            and event.channel in rule.event_channels
            and (rule.event_modes is None or event.mode is None or event.mode in rule.event_modes)
            and (rule.event_purposes is None or event.purpose is None or event.purpose in rule.event_purposes)
            and (rule.event_points is None or event.point_kind in rule.event_points)
            and not (event.point_kind is not None and event.point_kind in rule.not_event_points)
            and self.same_actor(event, rule.across)
            and not (
                rule.consented_do_not_count and self.consented(rule=rule, scope="frequency", at=event.at - _INSTANT)
            )
        )


def scopes_of(consent: PastEvent) -> frozenset[str]:
    """
    Return what a consent allows.

    One without a scope allows more calls, other hours, the place and the channel; but one that was given for a purpose
    (reminders by text) allows that purpose on its channel and nothing else.
    """
    if consent.scope:
        return frozenset(consent.scope)
    if consent.purpose is None:
        return _UNNAMED_SCOPES
    return frozenset({"channel", "marketing"} if consent.purpose == "marketing" else {"channel"})


def within(hours: Hours, *, at: datetime, name: str) -> bool:
    """Tell whether an instant lies within hours of a local clock, from `start` up to `end`."""
    return (
        closed_until(
            at=at, name=name, start=hours.start, end=hours.end, days=hours.days, start_closed=True, end_closed=False
        )
        is not None
    )


def _merged(events: Iterable[PastEvent]) -> Iterator[Contact]:
    open_at: dict[str, int] = {}
    found: list[Contact] = []
    for event in events:
        key = event.contact_id
        if key is not None and key in open_at:
            earlier = found[open_at[key]]
            if _RANK[event.kind] < _RANK[earlier.outcome]:
                found[open_at[key]] = Contact(_joined(earlier.event, event), event.kind)
            continue
        if key is not None:
            open_at[key] = len(found)
        found.append(Contact(event, event.kind))
    return iter(found)


def _joined(first: PastEvent, stronger: PastEvent) -> PastEvent:
    said = {name: value for name, value in first.__dict__.items() if value not in (None, (), "us")}
    return stronger.model_copy(update={**said, "kind": stronger.kind, "debts": stronger.debts or first.debts})


def _at(event: PastEvent) -> datetime:
    return event.at


def hours_ago(*, at: datetime, hours: int = 0, minutes: int = 0) -> datetime:
    """Return the instant so many hours and minutes before."""
    return at - timedelta(hours=hours, minutes=minutes)


__all__ = ["CONSUMERS", "CONTACTS", "Contact", "Facts", "hours_ago", "within", "zone"]
