"""
`make run` is killed again and again, and in the end the books are those of a run that nobody disturbed.

The moments are seeded: how far the run is, and a fraction of a second more. The
supervisor is killed, which takes its children with it, or the database is, which
the supervisor has to bring back.
"""

import json
import os
import random
import time
from pathlib import Path

import pytest

from postloan.config.database import is_embedded
from tests.runs import RunningPostloan

pytestmark = pytest.mark.skipif(
    not is_embedded(), reason="this story kills the database, which must be the embedded one"
)

LOANS = "200"
SEED = int(os.environ.get("POSTLOAN_KILL_SEED", "20180630"))  # another seed kills at other moments
DIGEST = "import json; from postloan.lab.demo import book_digest; print(json.dumps(book_digest(), default=str))"


def run_on(var: Path) -> RunningPostloan:
    return RunningPostloan(var, POSTLOAN_DEMO_LOANS=LOANS)


def books(run: RunningPostloan) -> dict[str, object]:
    answer = run.postloan("shell", "-v", "0", "-c", DIGEST)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def mails(run: RunningPostloan) -> int:
    return len(list((run.var / "mailbox" / "new").iterdir()))


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_books(tmp_path: Path) -> None:
    undisturbed = run_on(tmp_path / "undisturbed")
    undisturbed.await_ready()
    expected, expected_mails = books(undisturbed), mails(undisturbed)
    undisturbed.end()
    assert undisturbed.process.returncode == 0

    chance = random.Random(SEED)
    moments = [0, 0, *sorted(chance.sample(range(5, 97), 7)), 100]
    victims = ["supervisor", *(chance.choice(["supervisor", "database"]) for _ in moments[2:]), "supervisor"]
    disturbed = run_on(tmp_path / "disturbed")
    for moment, victim in zip(moments, victims, strict=True):
        disturbed.await_progress(moment)
        time.sleep(chance.uniform(0, 0.6))
        if victim == "database":
            disturbed.kill_database()
        else:
            disturbed.kill()
            disturbed = run_on(tmp_path / "disturbed")
    disturbed.await_ready()

    assert books(disturbed) == expected
    assert mails(disturbed) == expected_mails
    disturbed.end()
    assert disturbed.process.returncode == 0
    assert disturbed.everything() == []
