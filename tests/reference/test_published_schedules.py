"""Schedules that other systems publish, row by row to the minor unit. Where a figure comes from stands beside it."""

import tomllib
from pathlib import Path

import pytest

from postloan.kernel.quoting import quote, take_terms

HERE = Path(__file__).parent


def tables():
    for file in sorted(HERE.glob("fineract_*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["table"]:
            yield pytest.param(table, id=f"{file.stem}: {table['name']}")


@pytest.mark.parametrize("table", list(tables()))
def test_a_published_schedule_is_reproduced_to_the_minor_unit(table):
    rows = quote(terms=take_terms(table["terms"])).rows

    assert [[row.days, row.principal_minor, row.interest_minor] for row in rows] == table["rows"]


def test_one_published_figure_shows_the_fixed_precision_of_its_system():
    # 7 % on 750.00 for a month is 4.375: half-even makes it 4.38, a factor of 19 digits 4.37.
    loan = {
        "convention": "fineract_progressive",
        "principal_minor": 75_000,
        "rate_ppm": 70_000,
        "instalments": 3,
        "start_date": "2024-06-01",
        "day_count": "30_360",
    }

    published = quote(terms=take_terms(loan)).rows[0].interest_minor
    exact = quote(terms=take_terms({**loan, "factor_digits": None})).rows[0].interest_minor

    assert (published, exact) == (437, 438)
