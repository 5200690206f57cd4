from datetime import date

import pytest
from pydantic import ValidationError

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import Overlay, OverlayLoosens, PolicyPack, overlay


def over(pack, *, rules=(), **more):
    given = {"code": "o", "version": "1", "title": {"en": "o", "zh": "o"}, "effective_from": date(2026, 1, 1), **more}
    return overlay(base=load_pack(pack), stricter=Overlay.model_validate(given | {"rules": rules}))


def changed(pack, rule, part="", **changes):
    old = next(one for one in load_pack(pack).entries(rule) if one.part == part)
    return [old.model_dump() | changes]


@pytest.mark.parametrize(
    ("rule", "part", "changes"),
    [
        ("CN-F1", "", {"limit": 2}),
        ("CN-F1", "", {"channels": None}),
        ("CN-F1", "", {"unless": ()}),
        ("CN-T1", "reminders", {"end": "09:00"}),
        ("CN-P2", "", {"failures": 5}),
        ("CN-V1", "", {"headcount_at_least": 3}),
        ("CN-D3", "", {"forbids": ("extra_fees", "borrow_elsewhere", "threat")}),
        ("CN-F2", "", {"effective_from": date(2020, 1, 1)}),
    ],
)
def test_a_stricter_form_replaces_the_rule(rule, part, changes):
    laid = over("cn", rules=changed("cn", rule, part, **changes))

    assert len(laid.rules) == len(load_pack("cn").rules)
    assert laid.overlays == ("o@1",)


@pytest.mark.parametrize(
    ("rule", "part", "changes"),
    [
        ("CN-F1", "", {"limit": 4}),
        ("CN-F1", "", {"channels": ("voice",), "purposes": ("collection",)}),
        ("CN-F1", "", {"unless": ("reply", "consent:frequency")}),
        ("CN-F1", "", {"enabled": False}),
        ("CN-F1", "", {"effective_from": date(2027, 1, 1)}),
        ("CN-F1", "", {"effective_to": date(2027, 1, 1)}),
        ("CN-F1", "", {"counts": ("conversation",)}),
        ("CN-F1", "", {"window": {"kind": "rolling_hours", "length": 1}}),
        ("CN-T1", "reminders", {"end": "07:00"}),
        ("CN-T1", "reminders", {"closed_ends": "start"}),
        ("CN-P2", "", {"failures": 2}),
        ("CN-P2", "", {"refusal_closes": False}),
        ("CN-H3", "", {"release": ("plan_breached", "plan_ended", "opt_in")}),
        ("CN-V1", "", {"headcount_at_least": 1}),
        ("CN-D3", "", {"forbids": ("extra_fees",)}),
        ("CN-V1", "", {"obliges": ()}),
    ],
)
def test_a_looser_form_is_refused(rule, part, changes):
    with pytest.raises(OverlayLoosens):
        over("cn", rules=changed("cn", rule, part, **changes))


def test_a_choice_may_be_answered_more_strictly_only():
    with pytest.raises(OverlayLoosens, match="looser"):
        over("cn", choices={"cn-f3-counts": "unanswered_only"})
    laid = over("us-reg-f", choices={"us-f8-pattern": "allow"})

    assert laid.choice("us-f8-pattern").chosen == "allow"
    with pytest.raises(OverlayLoosens):
        over("us-reg-f", choices={"no-such": "yes"})


def test_an_overlay_for_one_pack_is_not_laid_over_another():
    with pytest.raises(OverlayLoosens, match="us-reg-f"):
        over("cn", over=("us-reg-f",))


def test_a_scope_cannot_be_narrowed_from_above():
    scope = load_pack("us-reg-f").entries("US-X1")[0].model_dump() | {"id": "MINE"}

    with pytest.raises(OverlayLoosens, match="narrow"):
        over("cn", rules=[scope])


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": [{"id": "X", "kind": "window"}]},
        {"time_zones": {"home": "Nowhere/At_All", "unknown": ["Asia/Shanghai"]}},
        {"surprise": 1},
    ],
)
def test_a_pack_that_breaks_the_schema_is_refused(wrong):
    with pytest.raises(ValidationError):
        PolicyPack.model_validate(load_pack("eu").model_dump() | wrong)


def test_weak_rules_are_present_and_switched_off():
    for name in ("cn", "us-reg-f+us-ma", "uk", "eu"):
        for rule in load_pack(name).rules:
            assert not (rule.confidence == "P-weak" and rule.enabled), rule.id
