"""
The kinds of rule a policy pack is made of, each as data.

Every rule has a filter (which questions it speaks about), exemptions (`unless`) and what its kind needs. A rule can
only close, never open, so rules are independent and adding one can only make a pack stricter.
"""

from datetime import date, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from postloan.kernel.contactrules._words import (
    ActorKind,
    Capacity,
    Channel,
    Claim,
    ContentClass,
    EventKind,
    Mode,
    PointKind,
    Purpose,
    RecipientKind,
)

Confidence = Literal["Q", "P", "P-weak", "R", "H"]  # H: the lender's own choice, no law behind it
CONFIDENCE_ORDER: tuple[Confidence, ...] = ("Q", "P", "P-weak", "R", "H")
Zones = Literal["person", "pack", "both"]
Exemption = Literal[
    "consent:hours", "consent:frequency", "consent:place", "consent:channel", "consent:third_party", "consent:direct",
    "consent:marketing", "consent:entry", "consent:private_account", "reply", "court_permission",
]  # fmt: skip


class Part(BaseModel):
    """Frozen, and a misspelt field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """One sentence in both languages of the house."""

    en: str
    zh: str


class RuleBase(Part):
    """
    What every rule says: where it stands, when it is in force, which questions it speaks about.

    A filter that is None speaks about all. What a question does not say (capacity, product, mode, point kind) is
    taken to be within the filter: unknown is strict. `obliges` names what an allowed contact must bring along.
    `part` lets one rule of the text be several entries: it is named once.
    `choice` names the policy choice that this rule hangs on and `options` what each answer changes in it.
    """

    id: str
    part: str = ""  # tells apart the entries of one rule that needs several
    title: Words
    text: Words
    source: str
    article: str = ""
    confidence: Confidence
    effective_from: date | None = None
    effective_to: date | None = None
    enabled: bool = True
    channels: tuple[Channel, ...] | None = None
    purposes: tuple[Purpose, ...] | None = None
    contents: tuple[ContentClass, ...] | None = None
    recipients: tuple[RecipientKind, ...] | None = None
    capacities: tuple[Capacity, ...] | None = None
    actors: tuple[ActorKind, ...] | None = None
    modes: tuple[Mode, ...] | None = None
    products: tuple[str, ...] | None = None
    point_kinds: tuple[PointKind, ...] | None = None
    not_point_kinds: tuple[PointKind, ...] = ()
    known_point_only: bool = False  # an unknown kind of contact point is not within `point_kinds`
    excused_by: str = ""  # the rule of the text that states the exemptions, named when one was used
    unless: tuple[Exemption, ...] = ()
    consent_days: Annotated[int, Field(ge=1)] | None = (
        None  # a consent lasts at most so many days, its own day the first
    )
    consent_ends_with_conversation: bool = False
    obliges: tuple[str, ...] = ()
    choice: str | None = None
    options: dict[str, dict[str, Any]] = {}


class WindowRule(RuleBase):
    """Hours of the local clock in which contact is closed; `closed_ends` says which ends belong to the closed time."""

    kind: Literal["window"]
    start: time
    end: time
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    closed_ends: Literal["both", "start", "end", "neither"] = "both"
    zones: Zones = "person"


class PreferenceRule(RuleBase):
    """Hours and places the person named themselves: `inconvenient_time`, `preferred_hours`, `inconvenient_place`."""

    kind: Literal["preference"]
    zones: Zones = "person"


class Window(Part):
    """
    A counter's window.

    `calendar_day`: the local day. `consecutive_days`: `length` local days, today the last. `rolling`: the last
    `length` hours or minutes, to the instant. `clock`: the fixed minute or hour of the clock. `ever`: all of it.
    """

    kind: Literal[
        "calendar_day", "consecutive_days", "rolling_hours", "rolling_minutes", "clock_hour", "clock_minute", "ever"
    ]
    length: Annotated[int, Field(ge=1)] = 1


class CounterRule(RuleBase):
    """At most `limit` contacts with these outcomes for one subject in one window; the one asked about comes on top."""

    kind: Literal["counter"]
    subject: Literal["person", "contact_point", "debt", "template_and_point"]
    counts: tuple[EventKind, ...]
    event_channels: tuple[Channel, ...]
    event_modes: tuple[Mode, ...] | None = None
    event_purposes: tuple[Purpose, ...] | None = None
    event_points: tuple[PointKind, ...] | None = None  # counts only where the kind of contact point is known
    not_event_points: tuple[PointKind, ...] = ()
    across: Literal["institution", "collector", "everybody"] = "institution"
    window: Window
    limit: Annotated[int, Field(ge=1)]
    zones: Zones = "person"
    consented_do_not_count: bool = False


class CoolingRule(RuleBase):
    """
    Something that happened closes contact: for `days` days, until the event's own `until`, or until released.

    `day_one` counts the day of the event as the first day. Without `days` and without an `until` it stays closed.
    `subject` says how the event must match: the person, the debt, the contact point, the medium or the debtor.
    """

    kind: Literal["cooling"]
    after: tuple[EventKind, ...]
    subject: Literal["person", "debt", "contact_point", "medium", "debtor"] = "person"
    event_channels: tuple[Channel, ...] | None = None
    event_initiated_by: Literal["us", "person"] | None = None
    event_written: bool | None = None  # True: only what was written (or not said to be spoken); False: only spoken
    days: Annotated[int, Field(ge=1)] | None = None
    day_one: bool = False
    honours_until: bool = True
    within_days_of: tuple[EventKind, ...] = ()  # the event counts only within `within_days` of one of these
    within_days: Annotated[int, Field(ge=1)] | None = None
    within_after_business_days: Annotated[int, Field(ge=0)] = 0
    release: tuple[EventKind, ...] = ()
    across: Literal["institution", "collector", "everybody"] = "everybody"
    zones: Zones = "person"


class RecipientRule(RuleBase):
    """
    Whether somebody other than the debtor may be reached.

    `evidence`: one of these must have happened, or `failures` tries in a row at the debtor have failed.
    `contents_allowed`: what may be said. `times`: how often in all, unless one of `again_after` happened since.
    `refusal_closes`: who refused is left alone for good. `never`: not at all.
    """

    kind: Literal["recipient"]
    never: bool = False
    not_liable_only: bool = False  # speaks only where the recipient does not owe the debt too
    evidence: tuple[EventKind, ...] = ()
    failures: Annotated[int, Field(ge=1)] | None = None
    failed: tuple[EventKind, ...] = ("attempt", "busy", "not_in_service", "voicemail")
    invalid_number_is_evidence: bool = False
    contents_allowed: tuple[ContentClass, ...] | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    again_after: tuple[EventKind, ...] = ()
    refusal_closes: bool = False


class ContentRule(RuleBase):
    """What has to be in a text, what must not be, whether its template is approved, and how long it may be."""

    kind: Literal["content"]
    requires: tuple[str, ...] = ()
    requires_first: tuple[str, ...] = ()
    requires_later: tuple[str, ...] = ()
    forbids: tuple[Claim, ...] = ()
    forbids_when: tuple[EventKind, ...] = ()  # the claims are forbidden only after one of these
    approved_template: bool = False
    characters_at_most: int | None = None
    needs_identity: bool = False
    no_private_account: bool = False


class VisitRule(RuleBase):
    """How a visit is made."""

    kind: Literal["visit"]
    headcount_at_least: int | None = None
    needs: tuple[Literal["identification", "authority_letter", "purpose_explained", "recording"], ...] = ()
    notice_hours_at_least: float | None = None
    entry_needs_consent: bool = False
    leaves_when_asked: bool = False
    not_places: tuple[str, ...] = ()
    not_after: tuple[EventKind, ...] = ()
    not_after_release: tuple[EventKind, ...] = ()
    no_posting: bool = False


class DebitRule(RuleBase):
    """
    When an account may be debited again after failures.

    `consecutive`: no further debit after so many failures in a row on one account, over all debts and channels.
    `total`: no further debit after so many failures for one debt in all. Only failures for these `reasons` count.
    """

    kind: Literal["debit"]
    consecutive: Annotated[int, Field(ge=1)] | None = None
    total: Annotated[int, Field(ge=1)] | None = None
    reasons: tuple[str, ...] = ()
    release: tuple[EventKind, ...] = ()
    release_needs: tuple[EventKind, ...] = ()
    same_terms: bool = False  # the new authorisation's amount, where it names one, is the debit's amount
    no_part_payment: bool = False
    request_exempts: bool = False


class PatternRule(RuleBase):
    """Calls within the limits whose pattern may still harass: too soon after the last, too many in a day."""

    kind: Literal["pattern"]
    minutes: Annotated[int, Field(ge=1)]
    in_a_day: Annotated[int, Field(ge=1)]
    zones: Zones = "person"


class ScopeRule(RuleBase):
    """Whom other rules reach: rules with `capacities` do not bind anybody else; this says so in the answer."""

    kind: Literal["scope"]
    reaches: tuple[Capacity, ...]


class DutyRule(RuleBase):
    """Something owed that no single contact breaks: shown, and handed on as an obligation."""

    kind: Literal["duty"]


class EvidenceRule(RuleBase):
    """Something that must have happened before this purpose is allowed."""

    kind: Literal["evidence"]
    needs: tuple[EventKind, ...]


class RetentionRule(RuleBase):
    """How long records of a class are kept: at least, at most; counted from an event."""

    kind: Literal["retention"]
    record_class: str
    at_least_months: int | None = None
    at_most_months: int | None = None
    counted_from: str


class DeadlineRule(RuleBase):
    """By when something is answered: stages in days, calendar or working."""

    kind: Literal["deadline"]
    subject: str
    days: Annotated[int, Field(ge=0)]
    extended_days: tuple[int, ...] = ()
    working_days: bool = False
    counted_from: str


Rule: TypeAlias = Annotated[
    WindowRule
    | PreferenceRule
    | CounterRule
    | CoolingRule
    | RecipientRule
    | ContentRule
    | VisitRule
    | DebitRule
    | PatternRule
    | ScopeRule
    | DutyRule
    | EvidenceRule
    | RetentionRule
    | DeadlineRule,
    Field(discriminator="kind"),
]
