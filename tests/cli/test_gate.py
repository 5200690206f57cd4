import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

CALL = {"person": "A", "channel": "call", "at": "2026-03-10T16:00:00+08:00"}


def ask(tmp_path, *cases, **options):
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases), encoding="utf-8")
    out = io.StringIO()
    error = None
    try:
        call_command("gate", str(file), stdout=out, stderr=io.StringIO(), **options)
    except CommandError as refusal:
        error = refusal
    return [json.loads(line) for line in out.getvalue().splitlines()], error


def test_a_line_in_is_a_decision_out(tmp_path):
    [decision], error = ask(tmp_path, {"id": "x", "question": CALL}, pack="cn")

    assert error is None
    assert (decision["id"], decision["outcome"], decision["pack"]) == ("x", "allow", "cn")


def test_the_question_may_stand_at_the_top_with_other_spellings(tmp_path):
    case = CALL | {
        "id": 7,
        "events": [{"type": "call_connected", "when": f"2026-03-10T0{hour}:00", "channel": "phone"} for hour in (8, 9)],
    }
    case["events"].append(
        {"outcome": "talk", "at": "2026-03-10 10:00:00", "channel": "telephone", "direction": "outbound"}
    )

    [decision], error = ask(tmp_path, case, pack="cn")

    assert error is None
    assert (decision["outcome"], decision["rules"]) == ("deny", ["CN-F1"])


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ({"question": CALL | {"channel": "carrier pigeon"}}, "question.channel"),
        ({"question": CALL | {"colour": "red"}}, "question.colour"),
        ({"question": CALL | {"at": "tomorrow"}}, "question.at"),
        ({"question": CALL | {"time_zones": ["Mars/Olympus"]}}, "question.time_zones.0"),
        ({"question": CALL, "history": [{"at": "2026-03-10T09:00:00+08:00", "kind": "shrug"}]}, "history.0.kind"),
        ({"question": CALL, "history": [{"kind": "busy"}]}, "history.0.at"),
        ({"question": CALL, "history": "none"}, "history"),
        ({"question": CALL, "hist": []}, "hist"),
        ({"question": CALL | {"content": {"claims": ["nonsense"]}}}, "question.content.claims.0"),
        ("not json", "line"),
        ("[1]", "line"),
    ],
)
def test_a_line_that_cannot_be_read_names_its_field_and_the_rest_is_answered(tmp_path, case, field):
    answers, error = ask(tmp_path, case, {"id": 2, "question": CALL}, pack="cn")

    assert answers[0]["error"]["field"] == field
    assert answers[1]["outcome"] == "allow"
    assert error.returncode == 2


def test_an_instant_without_an_offset_needs_one_zone(tmp_path):
    naive = CALL | {"at": "2026-03-10T16:00:00"}

    answers, error = ask(
        tmp_path,
        {"question": naive},
        {"question": naive | {"time_zones": ["America/Denver"]}},
        {"question": naive, "time_zone": "America/Denver"},
        pack="us-reg-f",
    )

    assert answers[0]["error"]["field"] == "question.at"
    assert [answer.get("outcome") for answer in answers[1:]] == ["allow", "allow"]
    assert error.returncode == 2


def test_an_overlay_file_makes_stricter_and_never_looser(tmp_path):
    text = Path("postloan/care/outreach/packs/cn.toml")
    head = 'code = "mine"\nversion = "1"\ntitle = { en = "m", zh = "m" }\neffective_from = 2026-01-01\n'
    rule = '[[rules]]\nid = "CN-S4"\nkind = "content"\ntitle = {{ en = "t", zh = "t" }}\ntext = {{ en = "t", zh = "t" }}\nsource = "s"\nconfidence = "H"\nchannels = ["sms"]\ncharacters_at_most = {}\n'
    strict, loose = tmp_path / "strict.toml", tmp_path / "loose.toml"
    strict.write_text(head + rule.format(70))
    loose.write_text(head + rule.format(900))
    message = {"question": CALL | {"channel": "sms", "content": {"characters": 100}}}

    [decision], _ = ask(tmp_path, message, pack="cn", overlay=[str(strict)])
    _, error = ask(tmp_path, message, pack="cn", overlay=[str(loose)])

    assert text.name == "cn.toml"
    assert (decision["rules"], decision["overlays"]) == (["CN-S4"], ["mine@1"])
    assert "looser" in str(error)


@pytest.mark.parametrize("pack", ["cn", "us-reg-f", "us-reg-f+us-ma", "uk", "eu", "cn+house"])
def test_the_packs_of_the_house_answer(tmp_path, pack):
    [decision], error = ask(
        tmp_path,
        {"question": CALL | {"at": "2026-03-10T14:00:00-04:00", "time_zones": ["America/New_York"]}},
        pack=pack,
    )

    assert error is None
    assert decision["version"]


def test_an_unknown_pack_is_refused_by_name(tmp_path):
    _, error = ask(tmp_path, {"question": CALL}, pack="xx")

    assert error.returncode == 2
    assert "xx" in str(error)


def test_the_reasons_come_in_words(tmp_path):
    [decision], _ = ask(tmp_path, {"question": CALL | {"at": "2026-03-10T23:00:00+08:00"}}, pack="cn", words=True)

    assert decision["words"]["en"][-1] == "Permitted from 2026-03-11T08:00:01+08:00 if nothing else happens."
    assert decision["words"]["zh"][0] == "不允许联系。"


@pytest.mark.parametrize("schema", ["case", "decision", "pack"])
def test_the_schemas_are_printed(schema):
    out = io.StringIO()

    call_command("gate", schema=schema, stdout=out)

    assert json.loads(out.getvalue())["type"] == "object"
