"""What the gate is asked, and what it answers: plain values between its operations and their callers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Facts = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """
    One intended contact with one person. `key` names the occasion: asked again, it is the same slot.

    `contact_point_id` is one of the customer's own; a third person's address comes as `point_hash` (the keyed hash of
    the normalised address, `customers.cipher`). `recipient`, `purpose`, `content_class` and the codes in `about`
    (headcount of a visit, disclosures a text carries, …) are those of the contact rules (docs/rules/contact_rules.md).
    """

    key: str
    customer_id: int
    channel: str
    purpose: str
    content_class: str = ""
    contact_point_id: int | None = None
    point_hash: bytes | None = None
    loan_ids: tuple[int, ...] = ()
    recipient: str = "debtor"
    actor: str = "lender"
    institution: str = ""
    capacity: str = "creditor"
    about: Facts = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The template of a message, by which carriers count."""
        return str((self.about.get("content") or {}).get("template") or "")


@dataclass(frozen=True)
class CounterSeen:
    """One counter as the gate saw it: how many of how many, about whom."""

    rule_id: str
    subject: str
    count: int
    limit: int
    window: str


@dataclass(frozen=True)
class Answer:
    """
    What the gate answered. `contact_id` is the reserved slot of an allow, 0 otherwise.

    `earliest_at` is the earliest instant at which the same question would be allowed if nothing else happened; None
    on an allow, and on a deny that no waiting ends. `obligations` are what the contact must say or carry.
    """

    ask: Ask
    verdict: str
    rule_ids: tuple[str, ...]
    pack: str
    pack_version: str
    zones: tuple[str, ...]
    confidence: str
    earliest_at: datetime | None
    obligations: tuple[str, ...]
    counters: tuple[CounterSeen, ...]
    reasons: tuple[Facts, ...]
    decision_id: int = 0
    contact_id: int = 0

    @property
    def is_allowed(self) -> bool:
        """Whether the contact may happen. A question that needs a policy choice may not."""
        return self.verdict == "allow"
