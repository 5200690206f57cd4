"""The gate in the office: what it decided and why, the rules as text, a place to try them, and the evidence."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from postloan.care.outreach import contact_queries as queries
from postloan.care.outreach.models import ContactDecision
from postloan.care.outreach.packs import NoSuchPack, load_pack, overlay_names, pack_names
from postloan.ground.access.roles import OFFICE
from postloan.kernel.contactrules import CaseRefused, PolicyPack
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_text
from postloan.web.ui.tables import Column, Emptiness, Filter, QueryRows, Sort, Table

LONGEST_CASE = 100_000
CHANNELS = ("voice", "sms", "email", "push", "wechat", "inbox", "chat", "letter", "visit", "debit")
EXAMPLE: dict[str, Any] = {
    "question": {
        "person": "P1",
        "at": "2026-11-20T15:00:00+08:00",
        "channel": "voice",
        "mode": "interactive",
        "purpose": "collection",
        "contact_point": "+86 138 0000 0000",
        "debts": ["L1"],
        "time_zones": ["Asia/Shanghai"],
        "by": {"kind": "agency", "agency": "north"},
    },
    "history": [
        {"at": "2026-11-20T09:05:00+08:00", "kind": "conversation", "channel": "voice", "debts": ["L1"]},
        {"at": "2026-11-20T10:20:00+08:00", "kind": "attempt", "channel": "voice", "debts": ["L1"]},
        {"at": "2026-11-20T11:40:00+08:00", "kind": "conversation", "channel": "voice", "debts": ["L1"]},
        {"at": "2026-11-20T14:10:00+08:00", "kind": "connected", "channel": "voice", "debts": ["L1"]},
    ],
}

DECISIONS = Table(
    name="office.decisions",
    caption=_("Contact decisions"),
    order="-decision",
    columns=(
        Column(name="decision", label=_("Decision"), value="pk", link="office:decision", is_fixed=True),
        Column(name="at", label=_("When"), kind="instant", value="decided_at"),
        Column(name="verdict", label=_("Answer"), kind="chip", words="verdict"),
        Column(name="rules", label=_("Rules"), value=lambda row: ", ".join(row.rule_ids)),
        Column(name="channel", label=_("Channel"), kind="words", words="channel"),
        Column(name="purpose", label=_("Purpose"), kind="words", words="contact_purpose"),
        Column(
            name="customer",
            label=_("Customer"),
            value="customer.external_id",
            link="desk:customer",
            link_to="customer_id",
            opens="desk:customers",
        ),
        Column(name="earliest", label=_("Earliest time"), kind="instant", value="earliest_at"),
        Column(name="pack", label=_("Rule pack"), is_shown=False),
        Column(name="version", label=_("Version"), value="pack_version", is_shown=False),
        Column(name="by", label=_("By"), is_shown=False),
    ),
    filters=(
        Filter(name="on", label=_("Day"), kind="day"),
        Filter(name="verdict", label=_("Answer"), choices=lambda: _choices("verdict", ContactDecision.Verdict.values)),
        Filter(name="channel", label=_("Channel"), choices=lambda: _choices("channel", CHANNELS)),
        Filter(name="rule", label=_("Rule"), kind="text"),
        Filter(name="kind", label=_("Kind"), choices=lambda: [("breach", _("Breaches reported"))]),
    ),
    empty=Emptiness(
        title=_("No decision yet"), text=_("Every message, call and visit asks the gate first; its answers stand here.")
    ),
    nothing_fits=Emptiness(title=_("No decision fits"), text=_("Widen the filters: another day, any answer.")),
)


def _choices(table: str, codes: Any) -> list[tuple[str, str]]:
    return [(code, words.word(table=table, code=code)) for code in codes]


@for_roles(OFFICE)
def decisions(request: HttpRequest) -> HttpResponseBase:
    """What the gate answered, the latest first; breaches are contacts that had happened before anybody asked."""
    asked = DECISIONS.asked(request)
    found = queries.find_decisions(
        on_date=asked["on"],
        verdict=asked["verdict"] or "",
        channel=asked["channel"] or "",
        rule=asked["rule"] or "",
        breaches_only=asked["kind"] == "breach",
    )
    rows = QueryRows(found, {"decision": Sort("pk"), "at": Sort("decided_at", has_index=False)})
    return DECISIONS.answer(request, asked=asked, rows=rows, template="office/decisions.html")


@for_roles(OFFICE)
def decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """One answer: in words, with what was counted, and decided again from its record."""
    try:
        found = queries.get_decision(decision_id=decision_id)
    except ContactDecision.DoesNotExist as error:
        raise Http404 from error
    explained = queries.explain_decision(decision=found, language=get_language() or "en")
    record = json.dumps(found.question, indent=2, ensure_ascii=False)
    return render(request, "office/decision.html", {"decision": found, "explained": explained, "record": record})


@for_roles(OFFICE)
def contact_rules(request: HttpRequest) -> HttpResponse:
    """A rule pack as text that people read, with the source and certainty of each rule."""
    name = asked_text(request=request, name="pack") or "cn+house"
    pack = _pack(name)
    return render(request, "office/contact_rules.html", _pack_facts(pack, name))


@for_roles(OFFICE)
def try_rules(request: HttpRequest) -> HttpResponse:
    """Put in a question with its history and see the answer and why. Nothing is recorded."""
    name = (request.POST.get("pack") or asked_text(request=request, name="pack") or "cn+house")[:80]
    text = request.POST.get("case", "")[:LONGEST_CASE] or json.dumps(EXAMPLE, indent=2, ensure_ascii=False)
    context: dict[str, Any] = {"case": text, "name": name, "packs": _pack_choices(name)}
    if request.method == "POST":
        context |= _tried(name, text)
    return render(request, "office/try_rules.html", context)


@for_roles(OFFICE)
def evidence(request: HttpRequest) -> HttpResponse:
    """How much evidence there is, and the seals over it."""
    return render(request, "office/evidence.html", {"evidence": queries.get_evidence_state()})


def _tried(name: str, text: str) -> dict[str, Any]:
    try:
        case = json.loads(text)
        if not isinstance(case, dict):
            return {"error": gettext("A question with its history is one JSON object.")}
        answer, pack = queries.try_case(pack_name=name, case=case)
    except ValueError as error:  # not JSON, or a case the rules cannot read: the message names the field
        return {"error": str(error)}
    except NoSuchPack as error:
        return {"error": str(error)}
    return {
        "answer": answer,
        "sentences": queries.words_of(decision=answer, pack=pack, language=get_language() or "en"),
    }


def _pack(name: str) -> PolicyPack:
    try:
        return load_pack(name)
    except NoSuchPack as error:
        raise Http404 from error


def _pack_choices(name: str) -> list[str]:
    houses = [f"{pack}+house" for pack in pack_names()] + ["us-reg-f+us-ma+house"]
    return list(dict.fromkeys([name, *houses, *pack_names()]))


def _pack_facts(pack: PolicyPack, name: str) -> dict[str, Any]:
    side = "zh" if (get_language() or "en").startswith("zh") else "en"
    rules = [
        {
            "id": rule.id,
            "title": getattr(rule.title, side),
            "text": getattr(rule.text, side),
            "source": rule.source,
            "article": rule.article,
            "confidence": rule.confidence,
            "kind": rule.kind,
            "is_on": rule.enabled,
            "channels": rule.channels or (),
            "from_date": rule.effective_from,
            "to_date": rule.effective_to,
        }
        for rule in pack.rules
    ]
    choices = [{"choice": each, "question": getattr(each.question, side)} for each in pack.choices]
    return {
        "pack": pack,
        "title": getattr(pack.title, side),
        "rules": rules,
        "choices": choices,
        "name": name,
        "packs": _pack_choices(name),
        "overlays": overlay_names(),
    }


__all__ = ["CaseRefused", "contact_rules", "decision", "decisions", "evidence", "try_rules"]
