"""Schedules that other systems publish, row by row to the minor unit. Where a figure comes from stands beside it."""

import tomllib
from pathlib import Path

import pytest

from postloan.kernel.quoting import quote, take_terms

HERE = Path(__file__).parent


def tables():
    for file in sorted(HERE.glob("*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["table"]:
            yield pytest.param(table, id=f"{file.stem}: {table['name']}")


@pytest.mark.parametrize("table", list(tables()))
def test_a_published_schedule_is_reproduced_to_the_minor_unit(table):
    rows = quote(terms=take_terms(table["terms"])).rows

    assert [[row.days, row.principal_minor, row.interest_minor] for row in rows] == table["rows"]
