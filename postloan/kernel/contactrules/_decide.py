"""
The gate's decision: every rule of a pack is asked, all that deny are named, and the first instant that all permit.

A rule says until when it stays closed at least. The earliest time is found by going to the latest of those instants
and asking all rules again, until none closes: nothing before it is permitted, and it is. See docs/rules/contact_rules.md.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from postloan.kernel.contactrules._clock import local_date, midnight
from postloan.kernel.contactrules._contents import judge_content, judge_visit, required
from postloan.kernel.contactrules._cooling import judge_cooling
from postloan.kernel.contactrules._counters import judge_counter, judge_pattern
from postloan.kernel.contactrules._debits import judge_debit
from postloan.kernel.contactrules._decision import CounterSeen, Decision, Outcome, Reason
from postloan.kernel.contactrules._facts import Facts
from postloan.kernel.contactrules._finding import Finding, Looked
from postloan.kernel.contactrules._history import PastEvent
from postloan.kernel.contactrules._hours import judge_preference, judge_window
from postloan.kernel.contactrules._pack import PolicyPack, patched
from postloan.kernel.contactrules._question import Question
from postloan.kernel.contactrules._recipients import judge_evidence, judge_recipient
from postloan.kernel.contactrules._rules import CONFIDENCE_ORDER, ContentRule, CoolingRule, RuleBase, ScopeRule

_LOOK_AHEAD = timedelta(days=3660)  # what stays closed for ten years is answered as closed for good
_ALL_HOURS = timedelta(days=15)  # hours repeat every week: what they have not opened together by then stays closed
_OF_THE_CLOCK = frozenset({"window", "preference"})
_SHAPES_KEPT = 10_000
_JUDGES: dict[str, Callable[..., Any]] = {
    "window": judge_window,
    "preference": judge_preference,
    "counter": judge_counter,
    "cooling": judge_cooling,
    "recipient": judge_recipient,
    "content": judge_content,
    "visit": judge_visit,
    "debit": judge_debit,
    "pattern": judge_pattern,
    "evidence": judge_evidence,
}


class _Entry(NamedTuple):
    """A rule made ready: its judge, and its variants where its choice is open."""

    rule: RuleBase
    judge: Callable[..., Any]
    variants: tuple[RuleBase, ...]
    triggers: frozenset[str]  # where not empty, the rule is silent unless one of these happened


class _Asked(NamedTuple):
    """The rules that speak about questions of one shape."""

    judged: tuple[_Entry, ...]
    rules: tuple[RuleBase, ...]
    scopes: tuple[str, ...]
    looks_home: bool


class _Heard(NamedTuple):
    """What one rule found, in the variant(s) its choice leaves."""

    rule: RuleBase
    finding: Finding
    unsettled: bool


def decide(*, pack: PolicyPack, question: Question, history: Sequence[PastEvent]) -> Decision:
    """
    Decide whether a contact is allowed, by every rule of the pack in force at the question's instant.

    History after that instant is not looked at; its order does not matter. A deny names all rules that deny and the
    earliest permitted time (None where time alone does not open). Never refuses an answer: what the wording leaves
    open is `needs_policy_choice`.
    """
    facts = Facts(pack=pack, question=question, history=history)
    asked = asked_of(pack, question)
    seen = _Seen([], {})
    heard = _ask(asked, facts, question.at, seen)
    denying = [each for each in heard if not each.unsettled]
    speaking = denying or heard
    outcome: Outcome = "deny" if denying else "needs_policy_choice" if heard else "allow"
    named = tuple(dict.fromkeys(each.rule.id for each in speaking))
    counted = tuple(dict.fromkeys(read.rule for read in seen.counters if read.rule not in named))
    return Decision(
        outcome=outcome,
        rules=named,
        counted=counted,
        pack=pack.code,
        version=pack.version,
        overlays=pack.overlays,
        counters=tuple(seen.counters),
        time_zones=facts.zones("both" if asked.looks_home else "person"),
        confidence=_confidence(
            [each.rule for each in speaking] or [rule for rule in asked.rules if rule.id in counted]
        ),
        obligations=() if denying else _obligations(asked, facts, question.at),
        earliest_at=_earliest(asked, facts, heard, question.at) if heard else None,
        reasons=tuple(
            Reason(rule=each.rule.id, part=each.rule.part, key=each.finding.key, values=each.finding.values)
            for each in speaking
        ),
        choices=_choices(pack, [each.rule for each in speaking]),
        not_applicable=asked.scopes,
        considered=tuple(seen.rules),
    )


def asked_of(pack: PolicyPack, question: Question) -> _Asked:
    """Return the rules that speak about questions of this shape; worked out once per pack and shape."""
    by, content = question.by, _content(question)
    shape = (
        question.channel, question.purpose, question.recipient, by.acts_as, question.mode, content, question.product,
        by.kind, question.automated, question.point_kind,
    )  # fmt: skip
    shapes: dict[Any, _Asked] = pack.made().setdefault("shapes", {})
    asked = shapes.get(shape)
    if asked is None:
        if len(shapes) >= _SHAPES_KEPT:
            shapes.clear()
        asked = shapes[shape] = _made_ready(pack, question)
    return asked


def _made_ready(pack: PolicyPack, question: Question) -> _Asked:
    acts_as = question.by.acts_as
    rules = [rule for rule in _chosen(pack) if rule.channels is None or question.channel in rule.channels]
    found = [rule for rule in rules if _speaks(rule, question, acts_as)]
    entries = tuple(
        _Entry(
            rule, _JUDGES[_kind(rule)], _variants(rule), frozenset(rule.after if isinstance(rule, CoolingRule) else ())
        )
        for rule in found
        if _kind(rule) in _JUDGES
    )
    kept_out = acts_as is not None and any(
        rule.capacities is not None and acts_as not in rule.capacities for rule in rules
    )
    scopes = tuple(
        rule.id for rule in rules if isinstance(rule, ScopeRule) and kept_out and acts_as not in rule.reaches
    )
    looks_home = any(getattr(rule, "zones", None) in {"both", "pack"} for rule in found)
    return _Asked(entries, tuple(found), scopes, looks_home)


def _kind(rule: RuleBase) -> str:
    kind: str = rule.kind  # type: ignore[attr-defined]
    return kind


def _variants(rule: RuleBase) -> tuple[RuleBase, ...]:
    """Return the rule under each answer of its choice where that is open; none where it is settled or there is none."""
    return tuple(patched(rule=rule, patch=patch) for patch in rule.options.values()) if rule.choice is not None else ()


def _chosen(pack: PolicyPack) -> list[RuleBase]:
    made = pack.made()
    if "chosen" not in made:
        chosen: list[RuleBase] = []
        for rule in pack.rules:
            if not rule.enabled:
                continue
            answer = pack.choice(rule.choice).chosen if rule.choice else None
            if rule.choice and answer is not None:
                settled = patched(rule=rule, patch=rule.options[answer])
                if not settled.enabled:
                    continue
                chosen.append(settled.model_copy(update={"choice": rule.choice}))
            else:
                chosen.append(rule)
        made["chosen"] = chosen
    rules: list[RuleBase] = made["chosen"]
    return rules


def _speaks(rule: RuleBase, question: Question, acts_as: str | None) -> bool:
    return (
        (rule.purposes is None or question.purpose in rule.purposes)
        and (rule.recipients is None or question.recipient in rule.recipients)
        and (rule.capacities is None or acts_as is None or acts_as in rule.capacities)
        and (rule.modes is None or (question.mode or "interactive") in rule.modes)
        and (rule.contents is None or _content(question) in rule.contents)
        and (rule.products is None or question.product is None or question.product in rule.products)
        and (rule.actors is None or ("robot" if question.automated else question.by.kind) in rule.actors)
        and (rule.point_kinds is None or question.point_kind is None or question.point_kind in rule.point_kinds)
        and not (question.point_kind is not None and question.point_kind in rule.not_point_kinds)
        and not (rule.known_point_only and question.point_kind is None)
    )


def _content(question: Question) -> str:
    if question.content_class is not None:
        return question.content_class
    return {"location": "location", "marketing": "marketing"}.get(question.purpose, "debt")


class _Seen(NamedTuple):
    """What is noted in the first round: counters, and the rules that spoke or excused."""

    counters: list[CounterSeen]
    rules: dict[str, None]


def _ask(asked: _Asked, facts: Facts, at: datetime, seen: _Seen | None = None) -> list[_Heard]:
    heard: list[_Heard] = []
    on = local_date(at=at, name=facts.pack.time_zones.home)
    happened = facts.kinds.union(facts.question.flags)
    silent = (
        facts.question.content is None
        and facts.question.identity_verified is None
        and not facts.question.private_account
    )
    for rule, judge, variants, triggers in asked.judged:
        if (rule.effective_from is not None and on < rule.effective_from) or (
            rule.effective_to is not None and on >= rule.effective_to
        ):
            continue
        if seen is not None:
            seen.rules[rule.id] = None
        if (triggers and triggers.isdisjoint(happened)) or (silent and isinstance(rule, ContentRule)):
            continue
        if variants:
            finding = _unsettled(variants, facts, at)
        else:
            finding = _judged(judge, rule, facts, at, seen)
        if finding is not None:
            heard.append(_Heard(rule, finding, finding.unsettled))
    return heard


def _judged(
    judge: Callable[..., Any], rule: RuleBase, facts: Facts, at: datetime, seen: _Seen | None
) -> Finding | None:
    found = judge(rule=rule, facts=facts, at=at)
    exempt = bool(rule.unless) and found is not None and facts.exempt(rule=rule, at=at)
    excused = exempt
    if isinstance(found, Looked):
        excused = (exempt and found.finding is not None) or found.excused
        if seen is not None and not exempt:
            seen.counters.extend(found.seen)
        found = found.finding
    if seen is not None and excused and rule.excused_by:
        seen.rules[rule.excused_by] = None
    if found is None or exempt:
        return None
    finding: Finding = found
    change = facts.next_change(at) if rule.unless else None
    if change is not None and (finding.until is None or change < finding.until):
        return finding._replace(until=change, for_good=finding.until is None)
    return finding


def _unsettled(variants: Sequence[RuleBase], facts: Facts, at: datetime) -> Finding | None:
    """Ask every answer the open choice may have: closed by all is closed, by none is open, else it needs the choice."""
    findings = [
        _judged(_JUDGES[_kind(variant)], variant, facts, at, None) if variant.enabled else None for variant in variants
    ]
    closing = [finding for finding in findings if finding is not None]
    if not closing:
        return None
    if len(closing) < len(findings):
        return closing[0]._replace(unsettled=True)
    untils = [finding.until for finding in closing if finding.until is not None]
    return closing[0]._replace(until=min(untils) if untils else None)


def _earliest(asked: _Asked, facts: Facts, heard: list[_Heard], asked_at: datetime) -> datetime | None:
    at, waiting_since = asked_at, asked_at
    while heard:
        repeats = all(each.finding.for_good or _kind(each.rule) in _OF_THE_CLOCK for each in heard)
        if repeats and at - waiting_since > _ALL_HOURS:
            return None
        untils = [_no_later_than_its_end(each, facts) for each in heard]
        if any(until is None for until in untils):
            return None
        later = max(until for until in untils if until is not None)
        assert later > at, "a rule that closes must close for a while"
        if later - asked_at > _LOOK_AHEAD:
            return None
        at = later.astimezone(UTC)
        waiting_since = waiting_since if repeats else at
        heard = _ask(asked, facts, at)
    return at.astimezone(asked_at.tzinfo)


def _no_later_than_its_end(heard: _Heard, facts: Facts) -> datetime | None:
    until, ends = heard.finding.until, heard.rule.effective_to
    if ends is None:
        return until
    ended = midnight(on=ends, name=facts.pack.time_zones.home)
    return ended if until is None else min(until, ended)


def _obligations(asked: _Asked, facts: Facts, at: datetime) -> tuple[str, ...]:
    owed: dict[str, None] = {}
    content = facts.question.content
    stated = content.disclosures if content is not None and content.disclosures is not None else ()
    on = local_date(at=at, name=facts.pack.time_zones.home)
    for rule in asked.rules:
        if (rule.effective_from and on < rule.effective_from) or (rule.effective_to and on >= rule.effective_to):
            continue
        owed.update(dict.fromkeys(rule.obliges))
        if isinstance(rule, ContentRule):
            owed.update(dict.fromkeys(name for name in required(rule=rule, facts=facts) if name not in stated))
    return tuple(owed)


def _choices(pack: PolicyPack, rules: Sequence[RuleBase]) -> dict[str, str | None]:
    return {rule.choice: pack.choice(rule.choice).chosen for rule in rules if rule.choice is not None}


def _confidence(rules: Sequence[RuleBase]) -> str | None:
    return max((rule.confidence for rule in rules), key=CONFIDENCE_ORDER.index) if rules else None
