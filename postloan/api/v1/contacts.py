"""The gate over HTTP: may this person be contacted, and what came of it. For agencies, robots and other systems."""

from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from postloan.api.v1.doors import by_of, needs, once
from postloan.care.outreach import operations
from postloan.care.outreach.asking import Answer, Ask
from postloan.ground.access.scopes import Scope
from postloan.ground.customers.queries import hash_of_address

decisions = Router(tags=["contacts"])
contacts = Router(tags=["contacts"])

Channel = Literal["voice", "sms", "email", "push", "wechat", "inbox", "chat", "letter", "visit", "debit"]
MOST = 500


class AskIn(Schema):
    """
    One intended contact. `key` names the occasion in your system: the same key again is the same slot.

    `contact_point_id` is one of the customer's own. A third person's telephone or e-mail comes as `address`: it is
    turned into a keyed hash on arrival and never stored. `about` takes the further fields of a question of the contact
    rules (mode, visit, content, debit, identity_verified …; `postloan gate --schema` lists them).
    """

    key: str = Field("", max_length=120)
    customer_id: int = Field(ge=1)
    channel: Channel
    purpose: str = Field("collection", max_length=30)
    content_class: str = Field("", max_length=40)
    contact_point_id: int | None = Field(None, ge=1)
    address: str = Field("", max_length=200)
    loan_ids: list[int] = Field(default_factory=list, max_length=50)
    recipient: str = Field("debtor", max_length=30)
    actor: Literal["lender", "agency", "robot"] = "lender"
    institution: str = Field("", max_length=60)
    capacity: Literal["", "creditor", "third_party_collector", "debt_buyer"] = ""
    about: dict[str, Any] = Field(default_factory=dict)


class AsksIn(Schema):
    """What to decide. `simulate` answers and leaves nothing; `reserve` records the decision and holds a slot."""

    asks: list[AskIn] = Field(min_length=1, max_length=MOST)
    mode: Literal["simulate", "reserve"] = "simulate"
    at: datetime | None = Field(None, description="Only to simulate: decide as of this instant. Otherwise now.")
    lease_seconds: int = Field(600, ge=10, le=7200)


class CounterOut(Schema):
    rule_id: str
    subject: str
    count: int
    limit: int
    window: str


class DecisionOut(Schema):
    """An answer. `contact_id` is the reserved slot; report to POST /contacts what came of it before `lease` is over."""

    key: str
    verdict: Literal["allow", "deny", "needs_policy_choice"]
    rule_ids: list[str]
    pack: str
    pack_version: str
    time_zones: list[str]
    confidence: str
    earliest_at: datetime | None
    obligations: list[str]
    counters: list[CounterOut]
    reasons: list[dict[str, Any]]
    decision_id: int | None
    contact_id: int | None
    lease_until_at: datetime | None


class DecisionsOut(Schema):
    decisions: list[DecisionOut]


class ReportIn(Schema):
    """
    What came of one contact: of a reserved one by `contact_id`, of any other by the ask it would have been.

    `outcome` is one of attempt (rang, nobody answered), busy, not_in_service, voicemail, dropped, connected,
    conversation, message_sent, message_delivered, message_failed, letter_sent, visited, inbound, not_sent.
    """

    contact_id: int | None = Field(None, ge=1)
    contact: AskIn | None = None
    outcome: str = Field(max_length=30)
    at: datetime
    is_inbound: bool = False


class ReportsIn(Schema):
    reports: list[ReportIn] = Field(min_length=1, max_length=MOST)


class RecordedOut(Schema):
    """What became of a report. `breached` names the rules by which the contact should not have been made."""

    contact_id: int
    is_new: bool
    breached: list[str]


class ReportsOut(Schema):
    contacts: list[RecordedOut]


class ReportIncomplete(ValueError):
    """A report names neither a reserved contact nor, with its key, the contact that was made."""


class KeyMissing(ValueError):
    """What may leave needs a key, so that it leaves once."""


@decisions.post("", response=DecisionsOut, auth=needs(Scope.CONTACTS_DECIDE), operation_id="decide_contacts")
@once
def decide_contacts(request: HttpRequest, body: AsksIn) -> DecisionsOut:
    """Decide one or many contacts, in their order; with `reserve` each allow holds a slot against every cap."""
    asks, now = [_ask(item) for item in body.asks], timezone.now()
    if body.mode == "simulate":
        answers = operations.may_contact(asks=asks, at=body.at or now)
        return DecisionsOut(decisions=[_decision_out(answer, None) for answer in answers])
    if not all(ask.key for ask in asks):
        raise KeyMissing("key")
    lease = timedelta(seconds=body.lease_seconds)
    answers = operations.reserve_contacts(asks=asks, at=now, by=by_of(request=request), lease=lease)
    return DecisionsOut(decisions=[_decision_out(answer, now + lease) for answer in answers])


@contacts.post("", response=ReportsOut, auth=needs(Scope.CONTACTS_REPORT), operation_id="report_contacts")
@once
def report_contacts(request: HttpRequest, body: ReportsIn) -> ReportsOut:
    """Report what came of contacts, reserved or not; the same report twice is one."""
    now, by = timezone.now(), by_of(request=request)
    if any(item.contact_id is None and not (item.contact and item.contact.key) for item in body.reports):
        raise ReportIncomplete("contact_id, or contact with its key")
    held = [item for item in body.reports if item.contact_id is not None]
    if held:
        operations.settle_contacts(
            outcomes=[operations.Outcome(item.contact_id or 0, item.outcome, at=item.at) for item in held],
            at=now,
            by=by,
        )
    told = [item for item in body.reports if item.contact_id is None and item.contact is not None]
    recorded = iter(
        operations.record_contacts(
            reports=[
                operations.Report(_ask(item.contact), item.outcome, item.at, is_inbound=item.is_inbound)
                for item in told
                if item.contact is not None
            ],
            at=now,
            by=by,
        )
        if told
        else []
    )
    return ReportsOut(contacts=[_recorded(item, recorded) for item in body.reports])


def _recorded(item: ReportIn, recorded: Any) -> RecordedOut:
    if item.contact_id is not None:
        return RecordedOut(contact_id=item.contact_id, is_new=False, breached=[])
    found: operations.Recorded = next(recorded)
    return RecordedOut(contact_id=found.contact_id, is_new=found.is_new, breached=list(found.breached))


def _ask(item: AskIn) -> Ask:
    given = item.model_dump(exclude={"address", "key", "loan_ids", "capacity"})
    capacity = item.capacity or ("third_party_collector" if item.actor == "agency" else "creditor")
    return Ask(
        **given,
        key=f"{item.institution or 'lender'}:{item.key}" if item.key else "",
        loan_ids=tuple(item.loan_ids),
        capacity=capacity,
        point_hash=hash_of_address(text=item.address) if item.address else None,
    )


def _decision_out(answer: Answer, lease_until_at: datetime | None) -> DecisionOut:
    return DecisionOut(
        key=answer.ask.key.partition(":")[2],
        verdict=answer.verdict,  # type: ignore[arg-type]
        rule_ids=list(answer.rule_ids),
        pack=answer.pack,
        pack_version=answer.pack_version,
        time_zones=list(answer.zones),
        confidence=answer.confidence,
        earliest_at=answer.earliest_at,
        obligations=list(answer.obligations),
        counters=[CounterOut(**vars(seen)) for seen in answer.counters],
        reasons=list(answer.reasons),
        decision_id=answer.decision_id or None,
        contact_id=answer.contact_id or None,
        lease_until_at=lease_until_at if answer.contact_id else None,
    )
