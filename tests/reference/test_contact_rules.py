"""
Dated cases written from the texts (tests/reference/contact_rules/*.toml), through the lines of `postloan gate`.

Each asks one history several times. "2026-03-02 09:00 attempt debts=L1" is an event; an ask is the instant, the
expected outcome, the exact set of rules, and the earliest permitted time ("never" where time alone opens nothing).
"""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import answer_line

HERE = Path(__file__).parent / "contact_rules"
LISTS = {"debts", "zones", "scope"}


def _event(text, *, zone):
    day, clock, kind, *more = text.split()
    event = {"at": _instant(f"{day} {clock}", zone=zone), "kind": kind}
    for pair in more:
        name, value = pair.split("=", 1)
        if name == "hours":
            start, end = value.split("-")
            event["hours"] = [{"start": start, "end": end}]
        elif name in LISTS:
            event[name] = value.split(",")
        elif name in {"written", "directly"}:
            event[name] = value == "true"
        elif name == "until":
            event[name] = _instant(value.replace("T", " "), zone=zone)
        elif name == "amount_minor":
            event[name] = int(value)
        else:
            event[name] = value
    return event


def _instant(text, *, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat()


def _cases():
    for path in sorted(HERE.glob("*.toml")):
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        zone = given["zone"]
        for case in given["cases"]:
            base = {**given.get("question", {}), **case.get("question", {})}
            history = [{**given.get("event", {}), **_event(text, zone=zone)} for text in case.get("history", [])]
            for number, (at, outcome, rules, *earliest) in enumerate(case["asks"], start=1):
                line = {"id": case["name"], "question": {**base, "at": _instant(at, zone=zone)}, "history": history}
                name = f"{path.stem}: {case['name']} ({number})"
                expected = (outcome, sorted(rules), earliest and _until(earliest[0], zone=zone))
                yield pytest.param(case.get("pack", given["pack"]), line, expected, id=name)


def _until(text, *, zone):
    return [None if text == "never" else datetime.fromisoformat(_instant(text, zone=zone))]


@pytest.mark.parametrize(("pack", "line", "expected"), list(_cases()))
def test_the_texts_are_decided_as_they_are_written(pack, line, expected):
    outcome, rules, earliest = expected

    decision = json.loads(answer_line(pack=load_pack(pack), text=json.dumps(line)))

    assert (decision["outcome"], sorted(decision["rules"])) == (outcome, rules), decision["reasons"]
    if earliest:
        said = decision["earliest_at"]
        assert [said and datetime.fromisoformat(said)] == earliest


def test_every_case_names_the_text_it_is_written_from():
    for path in HERE.glob("*.toml"):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["cases"]:
            assert case["article"], case["name"]


def test_there_are_several_hundred_cases():
    assert len(list(_cases())) >= 300
