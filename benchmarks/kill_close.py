"""
The drill that kills: a close loses its worker, its coordinator or its database again and again, and must not show it.

    python benchmarks/kill_close.py --kills 200 [--seed 1] [--loans 4000] [--minutes 60]

Two books of one seed lie in two directories. One is closed day by day and nobody
disturbs it; the other is closed for the same days while something is killed with
SIGKILL at seeded moments, and started again. In the end ledger, loans, demands,
reminders and positions of both must be the same, row by row.
"""

import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from pathlib import Path
from typing import Any

import django

from postloan.config.database.embedded import EmbeddedServer

VICTIMS = ("worker", "coordinator", "database")
KILLS_A_DAY = 10
LATEST_SECONDS = 2.0  # from one moment to the next
AT_WORK_SHARE = 0.8  # of the attempts are killed after a first partition was done, the others at any moment
START_SECONDS_MAX = 60.0
ATTEMPTS_AT_MOST = 60  # of one day, before the drill gives up


@dataclass
class Outcome:
    """What was killed and how it ended."""

    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0  # the close was done before its moment came
    days: int = 0
    seconds: float = 0.0
    differences: dict[str, Any] = field(default_factory=dict)


@dataclass
class Stage:
    """One book in a directory of its own, with an embedded database of its own that this process holds."""

    var: Path
    loans: int

    def __post_init__(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        self.server = EmbeddedServer(data_dir=self.var / "postgres")
        self.environment = os.environ | {
            "POSTLOAN_VAR": str(self.var),
            "POSTLOAN_CLOSE_EXECUTOR": "processes:2",
            "POSTLOAN_CLOSE_LOANS_PER_PARTITION": str(max(self.loans // 200, 1)),  # as many partitions as there are
        }
        self.environment.pop("DATABASE_URL", None)

    def build(self) -> None:
        """Start the database and fill it."""
        self.server.join()
        self.server.ensure_database(name="postloan")
        self.postloan("migrate", "-v", "0")
        self.python(f"build({self.loans})")

    def postloan(self, *words: str) -> str:
        """Run a command of Postloan's and return what it says."""
        return self._answer(subprocess.run(self._command(*words), check=False, capture_output=True, text=True,
                                           env=self.environment))  # fmt: skip

    def python(self, call: str) -> str:
        """Call a function of `drill_book` on the stage and return what it prints."""
        return self.postloan("shell", "-v", "0", "-c", f"from postloan.lab import drill_book; drill_book.{call}")

    def everything(self) -> dict[str, list[Any]]:
        """Return what the close has made of the book."""
        file = self.var / "everything.json"
        self.python(f"write_everything({str(file)!r})")
        found: dict[str, list[Any]] = json.loads(file.read_text())
        return found

    def start_close(self, *, through_date: date) -> subprocess.Popen[str]:
        """Start a close in a process of its own."""
        return subprocess.Popen(
            self._command("close-day", "--through", through_date.isoformat()),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self, victim: str, *, coordinator: subprocess.Popen[str]) -> bool:
        """Kill a part of a running close; False where that part is not there."""
        if coordinator.poll() is not None:
            return False
        if victim == "coordinator":
            coordinator.kill()
            return True
        if victim == "worker":
            workers = [pid for pid in _children(coordinator.pid) if b"spawn_main" in _command_line(pid)]
            return _kill(workers)
        killed = _kill(self.server._processes())  # noqa: SLF001 - a drill may look inside
        self.server._reap()  # noqa: SLF001
        self.server.ensure_running()
        return killed

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "postloan.config.main", *words]

    @staticmethod
    def _answer(ended: subprocess.CompletedProcess[str]) -> str:
        if ended.returncode:
            raise RuntimeError(f"{ended.args}: {ended.stderr[-2000:]}")
        return ended.stdout


def run_drill(*, folder: Path, kills: int, seed: int, loans: int, minutes: float = inf, tell: Any = print) -> Outcome:
    """
    Run the drill in a folder and return what happened; nothing of it stays but the files.

    After so many minutes no further day is begun, and the books are compared as they stand.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    django.setup()
    from postloan.lab.drill_book import AS_OF_DATE, differences

    began, outcome, chance = time.monotonic(), Outcome(), random.Random(seed)
    calm, disturbed = (Stage(var=folder / name, loans=loans) for name in ("calm", "disturbed"))
    try:
        calm.build()
        calm.server.leave()
        shutil.copytree(calm.var, disturbed.var, dirs_exist_ok=True, ignore=shutil.ignore_patterns("locks"))
        calm.server.join()
        disturbed.server.join()
        while sum(outcome.kills.values()) < kills and time.monotonic() - began < 60 * minutes:
            outcome.days += 1
            day = AS_OF_DATE + timedelta(days=outcome.days)
            calm.postloan("close-day", "--through", day.isoformat())
            left = min(KILLS_A_DAY, kills - sum(outcome.kills.values()))
            _close_disturbed(disturbed, day=day, kills=left, chance=chance, outcome=outcome)
            tell(f"{day}: {dict(outcome.kills)}, {outcome.missed} moments missed")
        outcome.differences = differences(calm.everything(), disturbed.everything())
    finally:
        for stage in (calm, disturbed):
            stage.server.leave()
    outcome.seconds = time.monotonic() - began
    return outcome


def _close_disturbed(stage: Stage, *, day: date, kills: int, chance: random.Random, outcome: Outcome) -> None:
    """Close one day, killing something in each of the first attempts, until an attempt ends well."""
    for _ in range(ATTEMPTS_AT_MOST):
        close = stage.start_close(through_date=day)
        if kills > 0 and chance.random() < AT_WORK_SHARE:
            _await_first_partition(close)
        while kills > 0 and close.poll() is None:
            time.sleep(chance.uniform(0, LATEST_SECONDS))
            victim = chance.choice(VICTIMS)
            if stage.kill(victim, coordinator=close):
                outcome.kills[victim] += 1
                kills -= 1
            else:
                outcome.missed += 1
        _, errors = close.communicate()
        if close.returncode == 0:
            return
        if kills <= 0 and _is_refusal(errors):
            raise RuntimeError(errors[-2000:])
    raise RuntimeError(f"{day} was not closed in {ATTEMPTS_AT_MOST} attempts")


def _await_first_partition(close: subprocess.Popen[str]) -> None:
    """Wait until a close says that a partition is done, or ends; most moments would fall on its start otherwise."""
    assert close.stdout is not None
    select.select([close.stdout], [], [], START_SECONDS_MAX)


def _is_refusal(errors: str) -> bool:
    """Say whether a close ended by a refusal of its own and not because something had been taken from it."""
    return errors.startswith("postloan:") and "closing the books" not in errors


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
    return found


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _kill(pids: Sequence[int]) -> bool:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(pids)


def main() -> int:
    """Run the drill from the command line; 0 where the books agree."""
    parser = argparse.ArgumentParser(description="Kill parts of a close at random moments and compare the books.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loans", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=inf, help="begin no further day after so many")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_drill(
            folder=Path(folder),
            kills=options.kills,
            seed=options.seed,
            loans=options.loans,
            minutes=options.minutes,
        )
    kills = ", ".join(f"{victim} {count}" for victim, count in sorted(outcome.kills.items()))
    sys.stdout.write(f"{sum(outcome.kills.values())} kills ({kills}) in {outcome.days} days, {outcome.seconds:.0f} s\n")
    sys.stdout.write(f"{outcome.differences or 'the books are the same'}\n")
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
