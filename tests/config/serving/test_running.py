"""`postloan run`, really run: started, looked at, killed in parts, ended. The demonstration itself is an instant one."""

import os
import signal
import smtplib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postloan.config.database import is_embedded
from tests.runs import RunningPostloan, eventually

pytestmark = pytest.mark.skipif(
    not is_embedded(), reason="these runs kill the database, which must be the embedded one"
)

INSTANT_DEMO = Path(__file__).parent / "instant_demo"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningPostloan]]:
    runs: list[RunningPostloan] = []

    def start(**environment) -> RunningPostloan:
        runs.append(RunningPostloan(tmp_path / "var", PYTHONPATH=str(INSTANT_DEMO), **environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.kill()
    if runs:
        runs[0].postloan("stop")


def test_a_run_becomes_ready_says_what_happened_and_ends_cleanly(start) -> None:
    run = start(INSTANT_DEMO_SECONDS="2")
    eventually(lambda: run.health() == 503, "the waiting page")
    run.await_ready()

    with smtplib.SMTP("127.0.0.1", run.state()["smtp_port"]) as mail:
        mail.sendmail("a@lender.example", "b@borrower.example", "Message-ID: <1@lender.example>\r\n\r\nhello")
    status = run.postloan("status")
    output = run.end()

    assert "ready" in status.stdout
    assert "1 loan, 12.50 outstanding" in output
    assert f"http://localhost:{run.port}" in output
    assert "100 %" in output
    assert run.process.returncode == 0
    assert run.everything() == []
    assert len(list((run.var / "mailbox" / "new").iterdir())) == 1


def test_a_second_run_is_refused_and_says_who_holds_the_directory(start) -> None:
    first = start()
    first.await_ready()

    second = start()
    output = second.output()

    assert second.process.returncode == 1
    assert f"pid {first.process.pid}" in output
    assert "Traceback" not in output
    assert first.postloan("reset").returncode == 1
    assert first.health() == 200


def test_a_taken_port_is_refused_before_anything_is_done(start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = start(port=taken.getsockname()[1])
        output = run.output()

    assert run.process.returncode == 1
    assert "taken by another program" in output
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_command_joins_the_running_database_and_leaves_it_running(start) -> None:
    run = start()
    run.await_ready()

    done = run.postloan("migrate", "--check")

    assert done.returncode == 0, done.stderr
    assert run.health() == 200


def test_what_dies_is_started_again(start) -> None:
    run = start()
    run.await_ready()

    for name in ("worker", "site", "mailbox", "bank", "postgres"):
        eventually(lambda name=name: run.pids(name), f"{name} runs")
        [victim] = run.pids(name)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda name=name, victim=victim: set(run.pids(name)) - {victim}, f"a new {name}")
        eventually(lambda: run.health() == 200, f"healthy without the old {name}")

    run.end(signal.SIGTERM)
    assert run.process.returncode == 0
    assert run.everything() == []


def test_a_killed_run_leaves_no_child_and_the_next_one_goes_on(start) -> None:
    run = start()
    run.await_ready()

    run.kill()

    eventually(lambda: run.everything() == run.pids("postgres"), "only the database is left")
    following = start()
    following.await_ready()
    following.end()
    assert following.process.returncode == 0
    assert following.everything() == []


def test_the_database_may_die_while_the_book_is_loaded(start) -> None:
    run = start(INSTANT_DEMO_SECONDS="4")
    eventually(lambda: (run.var / "run.json").exists() and run.state()["percent"], "loading")

    [victim] = run.pids("postgres")
    os.kill(victim, signal.SIGKILL)

    run.await_ready()
    assert "starting it again" in run.end()


def test_a_failing_preparation_ends_the_run_with_its_reason(start) -> None:
    run = start(INSTANT_DEMO_FAILS="1")
    output = run.output()

    assert run.process.returncode == 1
    assert "the instant book is torn" in output
    assert "Traceback" not in output
    assert run.everything() == []


def test_stop_ends_a_run_and_reset_removes_what_it_made(start) -> None:
    run = start()
    run.await_ready()

    stopped = run.postloan("stop")
    run.output()
    removed = run.postloan("reset")

    assert (stopped.returncode, removed.returncode) == (0, 0), stopped.stderr + removed.stderr
    assert run.postloan("status").returncode == 3
    assert not (run.var / "postgres").exists()


def test_reset_never_empties_a_directory_that_was_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    environment = os.environ | {"POSTLOAN_VAR": str(tmp_path)}

    done = subprocess.run(
        RunningPostloan.command("reset"), env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "was not made by Postloan" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
