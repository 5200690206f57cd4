"""Overlays: a lender's or a state's rules laid over a pack. They can only make it stricter; anything else is refused."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from postloan.kernel.contactrules._pack import Choice, PolicyPack
from postloan.kernel.contactrules._rules import CounterRule, Part, Rule, RuleBase, ScopeRule, WindowRule, Words


class OverlayLoosens(ValueError):
    """An overlay would permit what the pack below it does not, or cannot be shown not to."""


class Overlay(Part):
    """
    What is laid over a pack: rules of its own, stricter forms of rules it finds, answers to choices, weak rules switched on.

    `over` names the packs it may be laid over; empty means any.
    """

    code: str
    version: str
    title: Words
    effective_from: date
    over: tuple[str, ...] = ()
    choices: dict[str, str] = {}
    own_choices: tuple[Choice, ...] = ()
    switch_on: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def overlay(*, base: PolicyPack, stricter: Overlay) -> PolicyPack:
    """
    Return the pack with an overlay laid over it.

    A new rule is added. A rule of a known id and part replaces it where it is shown to be at least as strict (a lower
    limit, a longer window, a wider filter, fewer exemptions, everything else alike); else `OverlayLoosens`. A choice
    may be answered where it was open, or more strictly (its options stand strictest first).
    """
    if stricter.over and base.code not in stricter.over:
        raise OverlayLoosens(f"{stricter.code} is written for {', '.join(stricter.over)}, not for {base.code}")
    rules: dict[tuple[str, str], RuleBase] = {(rule.id, rule.part): rule for rule in base.rules}
    for name in stricter.switch_on:
        found = [key for key in rules if key[0] == name]
        if not found:
            raise OverlayLoosens(f"{stricter.code} switches on {name}, which {base.code} does not hold")
        for key in found:
            rules[key] = rules[key].model_copy(update={"enabled": True})
    for rule in stricter.rules:
        key = (rule.id, rule.part)
        if key in rules:
            _hold(rule, rules[key])
        elif isinstance(rule, ScopeRule):
            raise OverlayLoosens(f"{rule.id}: an overlay may not narrow whom rules reach")
        rules[key] = rule
    given = base.model_dump(exclude={"rules", "choices", "overlays"})
    return PolicyPack.model_validate(
        {
            **given,
            "rules": [rule.model_dump() for rule in rules.values()],
            "choices": [*_answered(base.choices, stricter), *stricter.own_choices],
            "overlays": (*base.overlays, f"{stricter.code}@{stricter.version}"),
        }
    )


def _answered(choices: Iterable[Choice], stricter: Overlay) -> list[Choice]:
    kept = []
    unknown = dict(stricter.choices)
    for choice in choices:
        answer = unknown.pop(choice.id, None)
        if answer is not None:
            if answer not in choice.options:
                raise OverlayLoosens(f"choice {choice.id}: {answer} is none of {', '.join(choice.options)}")
            if choice.chosen is not None and choice.options.index(answer) > choice.options.index(choice.chosen):
                raise OverlayLoosens(f"choice {choice.id}: {answer} is looser than {choice.chosen}")
        kept.append(choice if answer is None else choice.model_copy(update={"chosen": answer, "why": stricter.code}))
    if unknown:
        raise OverlayLoosens(f"{stricter.code} answers {', '.join(sorted(unknown))}, which the pack does not ask")
    return kept


_FILTERS = (
    "channels",
    "purposes",
    "contents",
    "recipients",
    "capacities",
    "actors",
    "modes",
    "products",
    "point_kinds",
)
_WORDS = frozenset({"title", "text", "source", "article", "confidence", "obliges", "enabled"})


def _hold(new: RuleBase, old: RuleBase) -> None:
    """Refuse a rule that is not shown to be at least as strict as the one it replaces."""
    if type(new) is not type(old):
        raise OverlayLoosens(f"{new.id}: another kind of rule under the same id")
    before, after = old.model_dump(), new.model_dump()
    for name, value in after.items():
        if name in _WORDS or value == before[name]:
            continue
        if not _is_stricter(name, before=before[name], after=value, new=new, old=old):
            raise OverlayLoosens(f"{new.id}: {name} {value} is looser than {before[name]}, or cannot be compared")
    if old.enabled and not new.enabled:
        raise OverlayLoosens(f"{new.id}: switched off")
    if not set(old.obliges) <= set(new.obliges):
        raise OverlayLoosens(f"{new.id}: drops an obligation")


def _is_stricter(name: str, *, before: Any, after: Any, new: RuleBase, old: RuleBase) -> bool:
    if name in _FILTERS:
        return after is None or (before is not None and set(before) <= set(after))
    if name in {"unless", "not_point_kinds", "release", "again_after", "contents_allowed", "evidence", "release_needs"}:
        if name == "release_needs":
            return set(before) <= set(after)
        if before is None:
            return True
        return after is not None and set(after) <= set(before)
    if name in {
        "counts",
        "after",
        "requires",
        "requires_first",
        "requires_later",
        "forbids",
        "needs",
        "event_channels",
        "not_places",
        "days_of_week",
    }:
        return before is not None and set(before) <= set(after)
    if name in {"limit", "times", "consecutive", "total", "characters_at_most", "consent_days", "at_most_months"}:
        return before is None or (after is not None and after <= before)
    if name in {"failures", "headcount_at_least", "notice_hours_at_least", "minutes", "at_least_months"}:
        return before is None or (after is not None and after >= before)
    if name == "days" and isinstance(before, int):
        return after is None or after >= before
    if name in {"start", "end", "closed_ends"} and isinstance(new, WindowRule) and isinstance(old, WindowRule):
        return _covers(new, old)
    if name == "window" and isinstance(new, CounterRule) and isinstance(old, CounterRule):
        return new.window.kind == old.window.kind and new.window.length >= old.window.length
    if name == "effective_from":
        return after is None or (before is not None and after <= before)
    if name == "effective_to":
        return after is None or (before is not None and after >= before)
    return isinstance(after, bool) and name in _STRICT_WHEN_TRUE and after


_STRICT_WHEN_TRUE = frozenset(
    {"consent_ends_with_conversation", "never", "refusal_closes", "approved_template", "needs_identity", "no_private_account",
     "entry_needs_consent", "leaves_when_asked", "no_posting", "same_terms", "no_part_payment"}
)  # fmt: skip


def _covers(new: WindowRule, old: WindowRule) -> bool:
    """Tell whether every closed second of the old window is closed in the new one."""

    def seconds(rule: WindowRule) -> set[int]:
        start = rule.start.hour * 3600 + rule.start.minute * 60 + rule.start.second
        end = rule.end.hour * 3600 + rule.end.minute * 60 + rule.end.second
        length = (end - start) % 86400 or 86400
        first = start if rule.closed_ends in {"both", "start"} else start + 1
        last = start + length + (1 if rule.closed_ends in {"both", "end"} else 0)
        return {second % 86400 for second in range(first, last)}

    return set(old.days) <= set(new.days) and seconds(old) <= seconds(new)
