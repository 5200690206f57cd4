"""`postloan run` in a process of its own, for tests that look at it from outside and kill it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

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

    def await_progress(self, percent: int) -> None:
        """Wait until so much of the rehearsal is done; 100 is a run that is ready."""
        eventually(lambda: self.progress() >= percent or self.process.poll() is not None, f"{percent} % done")
        assert self.process.poll() is None, self.output()

    def progress(self) -> int:
        try:
            state = self.state()
        except (OSError, ValueError):
            return -1
        return 100 if state["ready"] else min(state["percent"] or 0, 99)

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

    def kill_database(self) -> None:
        """Kill the database and wait until the run has brought it back."""
        victims = self.pids("postgres")
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        eventually(
            lambda: set(self.pids("postgres")) - set(victims) or self.process.poll() is not None, "the database is back"
        )
        assert self.process.poll() is None, self.output()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def output(self) -> str:
        return self.process.communicate(timeout=PATIENCE_SECONDS)[0]
