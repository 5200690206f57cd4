"""A question to the gate: may this be said to this person, in this way, at this instant?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AwareDatetime, BeforeValidator, Field

from postloan.kernel.contactrules._words import (
    AnyActor,
    AnyCapacity,
    AnyChannel,
    AnyClaim,
    AnyContent,
    AnyKind,
    AnyMode,
    AnyPoint,
    AnyPurpose,
    AnyRecipient,
    Names,
    Spoken,
    Zones,
)


class Actor(Spoken):
    """
    Who would act: the lender, an agency or a robot, and in which capacity.

    Without a capacity an agency collects for another, and a lender or an institution's robot for itself; where that
    is not said, rules that bind some capacity bind (strict). `institution` is whose debt it is, `agency` who was engaged.
    """

    kind: AnyActor | None = None
    capacity: AnyCapacity | None = None
    institution: str | None = None
    agency: str | None = None

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {
            "actor": "kind",
            "type": "kind",
            "lender": "institution",
            "creditor": "institution",
            "collector": "agency",
        }

    @property
    def acts_as(self) -> str | None:
        """Return the capacity, derived from the kind where it is not said."""
        if self.capacity is not None:
            return self.capacity
        if self.kind == "agency" or self.agency:
            return "third_party_collector"
        if self.kind == "lender" or (self.kind == "robot" and self.institution):
            return "creditor"
        return None


class Content(Spoken):
    """What the text says, as far as it is known: only what is given is judged; the rest becomes an obligation."""

    disclosures: Names | None = None  # what it states: identity, opt_out, collecting_a_debt, …
    claims: tuple[AnyClaim, ...] = ()  # what it asserts that a rule may forbid: threat, false_legal_effect, …
    template_state: Literal["draft", "submitted", "approved", "rejected", "retired"] | None = None
    template: str | None = None
    signature: str | None = None
    language: str | None = None
    characters: Annotated[int, Field(ge=0)] | None = None


class VisitPlan(Spoken):
    """How a visit would be made; `None` is unknown and becomes an obligation."""

    headcount: Annotated[int, Field(ge=0)] | None = None
    identification: bool | None = None
    authority_letter: bool | None = None
    notice_hours: Annotated[float, Field(ge=0)] | None = None
    purpose_explained: bool | None = None
    recording: bool | None = None
    place: Literal["home", "workplace", "public", "hospital", "other"] | None = None
    enters: bool | None = None
    consent_to_enter: bool | None = None
    asked_to_leave: bool = False
    posts_notice: bool = False

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {"visitors": "headcount", "recorded": "recording", "consent": "consent_to_enter", "entry": "enters"}


class DebitPlan(Spoken):
    """A debit that would be started: money in minor units; the account is the question's contact point."""

    amount_minor: Annotated[int, Field(ge=0)] | None = None
    due_minor: Annotated[int, Field(ge=0)] | None = None
    at_customers_request: bool = False  # one immediate transfer, asked for on this or the previous working day

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {"amount": "amount_minor", "due": "due_minor", "immediate_at_request": "at_customers_request"}


_ACTORS = ("capacity", "institution", "agency")  # understood beside `by` as well as in it


class _Default(NamedTuple):
    actor: Actor = Actor()


class Question(Spoken):
    """
    May `person` be contacted like this at `at`?

    `recipient` is who would be reached; `person` is the id of that recipient, and `debtor` the id of the debtor where
    it is somebody else. `debts` are all debts it would be about. `time_zones` are all zones the person may be in:
    each has to be open. `flags` are kinds of event that hold since before the history begins ("represented", "death").
    `liable` says whether a guarantor or spouse owes this debt. A one-off use of a channel the person just used
    themselves is found in the history, not asserted here.
    """

    person: str
    at: AwareDatetime
    channel: AnyChannel
    purpose: AnyPurpose = "collection"
    content_class: AnyContent | None = None
    mode: AnyMode | None = None
    automated: bool = False
    contact_point: str | None = None
    point_kind: AnyPoint | None = None
    debts: Names = ()
    recipient: AnyRecipient = "debtor"
    debtor: str | None = None
    liable: bool | None = None
    by: Actor = _Default().actor
    product: str | None = None
    time_zones: Zones = ()
    identity_verified: bool | None = None
    private_account: bool = False  # an agent's own telephone or social account
    first_communication: bool | None = None
    content: Content | None = None
    visit: VisitPlan | None = None
    debit: DebitPlan | None = None
    flags: Annotated[tuple[AnyKind, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)] = ()

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        return {
            "household_debt": "liable", "debt_related": "liable", "time": "at", "timestamp": "at", "datetime": "at", "instant": "at",
            "customer": "person", "consumer": "person", "person_id": "person", "when": "at", "asked_at": "at",
            "content": "content", "class": "content_class", "contentclass": "content_class", "point": "contact_point",
            "number": "contact_point", "address": "contact_point", "account": "contact_point", "debt": "debts", "debt_ids": "debts", "loans": "debts", "loan": "debts",
            "recipient_kind": "recipient", "contact_point_kind": "point_kind", "actor": "by", "voice_kind": "mode", "voice_mode": "mode",
            "robot": "automated", "time_zone": "time_zones", "timezone": "time_zones", "timezones": "time_zones", "zones": "time_zones",
        }  # fmt: skip

    @classmethod
    def adapted(cls, read: Mapping[str, Any]) -> Mapping[str, Any]:
        aside = {name: read[name] for name in _ACTORS if name in read}
        if aside:
            by = read.get("by")
            kept = {name: value for name, value in read.items() if name not in _ACTORS}
            read = {**kept, "by": {**aside, **(by if isinstance(by, Mapping) else {"kind": by} if by else {})}}
        by, content = read.get("by"), read.get("content")
        if isinstance(by, str) or isinstance(content, str):
            read = dict(read)
            if isinstance(by, str):
                read["by"] = (
                    {"kind": by} if by not in {"creditor", "debt_buyer", "third_party_collector"} else {"capacity": by}
                )
            if isinstance(content, str):
                del read["content"]
                read.setdefault("content_class", content)
        return read

    @property
    def about(self) -> str:
        """Return the id of the debtor."""
        return self.debtor or self.person


def asked_again(*, question: Question, at: datetime) -> Question:
    """Return the same question at another instant."""
    return question.model_copy(update={"at": at})
