import doctest
from pathlib import Path

import pytest

from postloan.kernel import calendars, daycounts, money, rates
from postloan.kernel.schedules import _split

RULES = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("page", ["money", "rates_and_day_counts", "due_dates", "schedules", "quote"])
def test_the_worked_example_of_the_page_is_what_the_code_does(page):
    outcome = doctest.testfile(str(RULES / f"{page}.md"), module_relative=False)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("module", [calendars, daycounts, money, rates, _split])
def test_the_examples_in_the_docstrings_hold(module):
    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0
