"""
A close is killed again and again, and in the end the books are those of a close that nobody disturbed.

The long form: `python benchmarks/kill_close.py --kills 300`.
"""

from pathlib import Path

import pytest

from benchmarks.kill_close import run_drill
from postloan.config.database import is_embedded

pytestmark = pytest.mark.skipif(
    not is_embedded(), reason="this story kills the database, which must be the embedded one"
)


def test_a_close_that_is_killed_again_and_again_leaves_the_same_books(tmp_path: Path) -> None:
    outcome = run_drill(folder=tmp_path, kills=5, seed=11, loans=1000)

    assert sum(outcome.kills.values()) == 5
    assert outcome.differences == {}
