"""`postloan run`, really run: started, looked at, killed in parts, ended. The demonstration itself is an instant one."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postloan.config.database import is_embedded

pytestmark = pytest.mark.skipif(
    not is_embedded(), reason="these runs kill the database, which must be the embedded one"
)

INSTANT_DEMO = Path(__file__).parent / "instant_demo"
PATIENCE_SECONDS = 90


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def eventually(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


class RunningPostloan:
    """One `postloan run` on a directory and a port of its own."""

    def __init__(self, var: Path, *, port: int | None = None, **environment: str) -> None:
        self.var = var
        self.port = port or free_port()
        self.environment = os.environ | {
            "POSTLOAN_VAR": str(var),
            "PORT": str(self.port),
            "PYTHONPATH": str(INSTANT_DEMO),
            **environment,
        }
        self.environment.pop("POSTLOAN_SMTP_PORT", None)
        self.process = subprocess.Popen(
            self.command("run"), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    @staticmethod
    def command(*words: str) -> list[str]:
        return [sys.executable, "-m", "postloan.config.main", *words]

    def postloan(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def health(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def await_ready(self) -> None:
        eventually(lambda: self.health() == 200 or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.output()

    def state(self) -> dict:
        return json.loads((self.var / "run.json").read_text())

    def pids(self, name: str) -> list[int]:
        """Return the processes of this run: children by name, or "postgres"."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            is_child = b"postloan.config.serving.child" in words and name.encode() in words
            is_postmaster = name == "postgres" and str(self.var / "postgres").encode() in words
            if is_postmaster or (is_child and f"POSTLOAN_VAR={self.var}\0".encode() in environment):
                found.append(int(entry.name))
        return found

    def everything(self) -> list[int]:
        return [pid for name in ("site", "worker", "mailbox", "preparation", "postgres") for pid in self.pids(name)]

    def end(self, number: signal.Signals = signal.SIGINT) -> str:
        self.process.send_signal(number)
        return self.output()

    def output(self) -> str:
        return self.process.communicate(timeout=PATIENCE_SECONDS)[0]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningPostloan]]:
    runs: list[RunningPostloan] = []

    def start(**environment) -> RunningPostloan:
        runs.append(RunningPostloan(tmp_path / "var", **environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.communicate()
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

    for name in ("worker", "site", "mailbox", "postgres"):
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

    run.process.kill()
    run.process.communicate()

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
