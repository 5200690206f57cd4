"""Policy packs: the rules of a jurisdiction as versioned data, and overlays that can only make them stricter."""

from datetime import date
from typing import Any

from pydantic import PrivateAttr, TypeAdapter, model_validator

from postloan.kernel.contactrules._clock import ZoneName
from postloan.kernel.contactrules._rules import Part, Rule, RuleBase, Words


class Choice(Part):
    """
    A question that no wording settles: its possible answers, strictest first, and the lender's answer.

    `chosen` None is an open question: wherever it matters, the gate answers that a policy choice is needed.
    """

    id: str
    question: Words
    options: tuple[str, ...]
    chosen: str | None = None
    why: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Choice":
        if self.chosen is not None and self.chosen not in self.options:
            raise ValueError(f"choice {self.id}: {self.chosen} is none of {', '.join(self.options)}")
        return self


class TimeZones(Part):
    """The zone of the jurisdiction's own days (`home`), and the zones to try where a person's is not known."""

    home: ZoneName
    unknown: tuple[ZoneName, ...]


class PolicyPack(Part):
    """
    The rules of one jurisdiction in one version.

    A rule's id and part are unique; a rule that hangs on a choice names one of the pack's, with what every option changes.
    """

    code: str
    version: str
    jurisdiction: str
    title: Words
    effective_from: date
    effective_to: date | None = None
    time_zones: TimeZones
    choices: tuple[Choice, ...] = ()
    rules: tuple[Rule, ...]
    overlays: tuple[str, ...] = ()  # code@version of what was laid over it
    _made: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> "PolicyPack":
        seen: set[tuple[str, str]] = set()
        choices = {choice.id: choice for choice in self.choices}
        for rule in self.rules:
            if (rule.id, rule.part) in seen:
                raise ValueError(f"rule {rule.id} {rule.part} stands twice")
            seen.add((rule.id, rule.part))
            if rule.choice is None:
                continue
            if rule.choice not in choices:
                raise ValueError(f"rule {rule.id} hangs on the choice {rule.choice}, which the pack does not hold")
            if missing := set(choices[rule.choice].options) ^ set(rule.options):
                raise ValueError(f"rule {rule.id}: options {', '.join(sorted(missing))} differ from the choice's")
            for patch in rule.options.values():
                patched(rule=rule, patch=patch)
        return self

    def choice(self, name: str) -> Choice:
        """Return the choice of that id."""
        return next(choice for choice in self.choices if choice.id == name)

    def entries(self, name: str) -> tuple[RuleBase, ...]:
        """Return the entries of the rule of that id."""
        return tuple(rule for rule in self.rules if rule.id == name)

    def made(self) -> dict[str, Any]:
        """Return the store for what is worked out once from this pack."""
        return self._made


_ANY_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def patched(*, rule: RuleBase, patch: dict[str, Any]) -> RuleBase:
    """Return the rule with some fields changed, validated again."""
    return _ANY_RULE.validate_python({**rule.model_dump(), **patch, "choice": None, "options": {}})
