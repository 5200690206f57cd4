"""`postloan quote` reads JSON and JSON Lines, and ends with 2 and the field's name where the input is wrong."""

import json
import os
import subprocess
import sys

import pytest

TERMS = {
    "principal_minor": 1_000_000,
    "rate_ppm": 120_000,
    "rate_per": "year",
    "instalments": 12,
    "start_date": "2024-01-31",
}


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with a database address where nobody answers."""
    nowhere = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    command = [sys.executable, "-c", "import sys; from postloan.config.main import main; sys.exit(main(sys.argv[1:]))"]
    return subprocess.run(
        [*command, "quote", *arguments], input=text, capture_output=True, text=True, env=nowhere, check=False
    )


def test_terms_on_standard_input_give_every_row_and_the_totals():
    done = run(text=json.dumps(TERMS))

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert len(answer["rows"]) == 12
    assert answer["totals"]["principal_minor"] == 1_000_000
    assert answer["rows"][1]["due_date"] == "2024-03-31"


def test_json_lines_give_an_answer_a_line_and_a_refused_line_does_not_end_the_others(tmp_path):
    file = tmp_path / "loans.jsonl"
    lines = [TERMS, TERMS | {"instalments": 0}, TERMS | {"instalments": 3}]
    file.write_text("\n".join(json.dumps(terms) for terms in lines))

    done = run(str(file))

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [len(answer.get("rows", [])) for answer in answers] == [12, 0, 3]
    assert answers[1]["error"]["field"] == "instalments"
    assert "line 2: instalments" in done.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (json.dumps(TERMS | {"rate_ppm": "high"}), "rate_ppm"),
        (json.dumps({name: value for name, value in TERMS.items() if name != "principal_minor"}), "principal_minor"),
        ("{", "JSON"),
        ("", "JSON"),
    ],
)
def test_wrong_input_ends_with_2_and_names_the_field(text, named):
    done = run(text=text)

    assert done.returncode == 2
    assert named.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_the_schemas_can_be_printed():
    done = run("--schema", "terms")

    assert "principal_minor" in json.loads(done.stdout)["properties"]
