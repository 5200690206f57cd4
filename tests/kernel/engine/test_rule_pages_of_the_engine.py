import doctest
from pathlib import Path

import pytest

RULES = Path(__file__).parents[3] / "docs" / "rules"


@pytest.mark.parametrize("page", ["loan_events", "replay", "prepayment", "relief", "revolving"])
def test_the_worked_example_of_the_page_is_what_the_code_does(page):
    outcome = doctest.testfile(str(RULES / f"{page}.md"), module_relative=False)

    assert outcome.attempted > 0
    assert outcome.failed == 0
