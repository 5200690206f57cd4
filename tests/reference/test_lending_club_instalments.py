"""The contractual instalments of 10,000 Lending Club loans follow from amount, rate, term and rounding up."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from postloan.kernel.daycounts import DayCount
from postloan.kernel.money import Rounding
from postloan.kernel.quoting import preset_of
from postloan.kernel.schedules import ManyTerms, build_schedules_many

TAPE = Path(__file__).parents[2].parent / "shared/data/lending_club/lc_2018q1_full_schema_10k.csv.gz"

# row of the tape: instalment of the tape, instalment by the rule, in cents; nothing in the tape says why
DIFFERENT = {1548: (24_335, 24_338), 1968: (83_093, 85_182), 9687: (73_334, 73_013)}


@pytest.fixture(scope="module")
def tape():
    if not TAPE.exists():
        pytest.skip("the Lending Club tape is not beside this project")
    wanted = ["row", "loan_amount", "interest_rate", "term", "installment"]
    return pl.read_csv(TAPE, columns=wanted, schema_overrides=dict.fromkeys(wanted, pl.String))


def exact(column, factor):
    """Read decimals as whole numbers of 1/factor, without a float in between."""
    return (column.str.to_decimal(scale=4) * factor).cast(pl.Int64).to_numpy()


def test_all_but_three_instalments_are_the_annuity_rounded_up_to_the_cent(tape):
    preset = preset_of("lending_club")
    terms = ManyTerms(day_count=preset["day_count"], instalment_rounding=preset["instalment_rounding"])
    assert (terms.day_count, terms.instalment_rounding) == (DayCount.SAME_AS_PERIOD, Rounding.UP)

    many = build_schedules_many(
        terms=terms,
        principal_minor=exact(tape["loan_amount"], 100),
        rate_ppm=exact(tape["interest_rate"], 10_000),
        instalments=exact(tape["term"], 1),
        start_date=np.full(len(tape), np.datetime64("2018-01-01")),
    )

    published = exact(tape["installment"], 100)
    rows = exact(tape["row"], 1)
    other = np.flatnonzero(published != many.instalment_minor)
    found = {int(rows[at]): (int(published[at]), int(many.instalment_minor[at])) for at in other}
    assert found == DIFFERENT
    assert len(tape) - len(found) == 9_997
