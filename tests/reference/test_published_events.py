"""Event sequences that other systems publish, every row to the minor unit, through the same door as `postloan quote`."""

import tomllib
from pathlib import Path

import pytest

from postloan.kernel.quoting import quote, take_terms

HERE = Path(__file__).parent


def published(kind):
    for file in sorted(HERE.glob("events/*.toml")):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for table in tables.get(kind, []):
            terms = {**tables["loans"][table["loan"]], "events": table["events"], "as_of": table["as_of"]}
            yield pytest.param(terms, table, id=f"{file.stem}: {table['name']}")


@pytest.mark.parametrize(("terms", "table"), list(published("table")))
def test_a_published_event_sequence_is_reproduced_to_the_minor_unit(terms, table):
    loan = quote(terms=take_terms(terms)).loan

    found = [
        [
            row.due.principal_minor,
            row.due.interest_minor,
            row.paid.total_minor,
            row.paid_early_minor,
            row.paid_late_minor,
        ]
        for row in loan.rows
    ]
    assert table["rows"] == found
    assert all(day == row.due_date.isoformat() for day, row in zip(table.get("due_dates", []), loan.rows, strict=False))
    assert sum(loan.accounts.values()) == 0


@pytest.mark.parametrize(("terms", "table"), list(published("outcome")))
def test_a_published_outcome_of_events_is_reproduced(terms, table):
    found = quote(terms=take_terms(terms)).loan.balances

    worked_out = {
        "owed_minor": found.owed_minor,
        "held_minor": found.held_minor,
        "status": found.status,
        "past_due_minor": found.principal_past_due_minor,
    }
    wanted = {name: table[name] for name in worked_out if name in table}
    assert wanted
    assert {name: worked_out[name] for name in wanted} == wanted
