"""The answer of the gate, with everything that is needed to explain it and to replay it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["allow", "deny", "needs_policy_choice"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class CounterSeen(_Part):
    """What a counter read: events of one subject in one window, against the limit. `count` is without the one asked about."""

    rule: str
    subject: str
    key: str
    window: str
    since_at: datetime | None
    count: int
    limit: int


class Reason(_Part):
    """Why a rule spoke: a key of the word list and the values that belong in its sentence."""

    rule: str
    part: str = ""
    key: str
    values: dict[str, Any] = {}


class Decision(_Part):
    """
    Allow, deny, or a question that the lender's policy must settle first.

    `rules`: every rule that denies (or needs the choice), in the order of the pack. `confidence`: the weakest source
    among them, of the most certain kind first (Q, P, P-weak, R; H is the lender's own). `earliest_at`: the first
    instant from which the same question is allowed if nothing else happens; None on an allow, and where no time
    alone opens it. `obligations`: what has to be in or with the contact. `choices`: the policy choices that mattered.
    `not_applicable`: rules of scope that kept other rules out. `counted`: counters that looked and had room. `considered`:
    every rule that spoke about the question, and those of the text whose exemption was used.
    """

    outcome: Outcome
    rules: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    pack: str
    version: str
    overlays: tuple[str, ...] = ()
    counters: tuple[CounterSeen, ...] = ()
    time_zones: tuple[str, ...] = ()
    confidence: str | None = None
    obligations: tuple[str, ...] = ()
    earliest_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    choices: dict[str, str | None] = {}
    not_applicable: tuple[str, ...] = ()
    considered: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """True only for a plain allow."""
        return self.outcome == "allow"
