"""Event sequences that other systems publish, every row to the minor unit, through the same door as `postloan quote`."""

import tomllib
from pathlib import Path

import pytest

from postloan.kernel.quoting import quote, take_terms

HERE = Path(__file__).parent


def tables():
    for file in sorted(HERE.glob("events/*.toml")):
        published = tomllib.loads(file.read_text(encoding="utf-8"))
        for table in published["table"]:
            terms = {**published["loans"][table["loan"]], "events": table["events"], "as_of": table["as_of"]}
            yield pytest.param(terms, table["rows"], id=f"{file.stem}: {table['name']}")


@pytest.mark.parametrize(("terms", "rows"), list(tables()))
def test_a_published_event_sequence_is_reproduced_to_the_minor_unit(terms, rows):
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
    assert [row[:5] for row in rows] == found
    with_charges = [
        (row[5:], [each.due.fee_minor, each.due.penalty_minor]) for row, each in zip(rows, loan.rows) if row[5:]
    ]
    assert all(published == worked_out for published, worked_out in with_charges)
    assert sum(loan.accounts.values()) == 0
