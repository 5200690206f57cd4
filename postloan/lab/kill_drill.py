"""
The drill that kills: a close loses its worker, its coordinator or its database again and again, and must not show it.

    python -m postloan.lab.kill_drill --kills 200 [--seed 1] [--loans 4000]

Two books of one seed lie in two directories. One is closed day by day and nobody
disturbs it; the other is closed for the same days while something is killed with
SIGKILL at seeded moments, and started again. In the end ledger, loans, demands,
reminders and positions of both must be the same, row by row.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

AS_OF_DATE = date(2026, 9, 26)  # the fifth day of the drill is a month end
BUILT_AT = datetime(2026, 9, 27, 15, tzinfo=UTC)
VICTIMS = ("worker", "coordinator", "database")
KILLS_A_DAY = 6
LATEST_SECONDS = 3.0  # from one moment to the next; a close takes its time to start, and moments are lost on that
ATTEMPTS_AT_MOST = 60  # of one day, before the drill gives up

# What the close answers for, without what depends on the hour (instants) and the order of arrival (drawn ids).
QUERIES = {
    "slots": "SELECT slot, closed_through_date FROM ledger_bookslot ORDER BY slot",
    "loans": """
        SELECT id, status, next_instalment_no, next_due_date, principal_outstanding_minor, accrued_interest_minor,
               past_due_since_date, bucket, next_event_date, closed_date, set_aside_at IS NULL
        FROM loans_loan ORDER BY id
    """,
    "instalments": "SELECT * FROM loans_instalment ORDER BY loan_id, instalment_no",
    "receipts": """
        SELECT bank_reference, booked_date, allocated_minor, unapplied_minor, refunded_minor
        FROM payments_receipt ORDER BY 1
    """,
    "allocations": """
        SELECT bank_reference, allocation.loan_id, instalment_no, component, allocation.amount_minor, business_date
        FROM payments_allocation allocation JOIN payments_receipt receipt ON receipt.id = receipt_id
        ORDER BY 1, 2, 3, 4
    """,
    "postings": """
        SELECT business_date, kind, debit_id, credit_id, loan_id, instalment_no, amount_minor
        FROM ledger_posting posting JOIN ledger_journalentry entry ON entry.id = entry_id
        ORDER BY 1, 2, 3, 4, 5, 6, 7
    """,
    "entries": """
        SELECT business_date, kind, currency, count(*) FROM ledger_journalentry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """,
    "reminders": """
        SELECT loan_id, customer_id, instalment_no, due_date, kind, contact_date
        FROM reminders_reminder ORDER BY loan_id, due_date, kind
    """,
    "faults": "SELECT loan_id, business_date, step FROM close_faultyloan ORDER BY 1, 2",
}


def everything(*, without: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return all that the close is answerable for, as rows in a fixed order."""
    from django.db import connection

    from postloan.books.positions import lake

    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for name, query in QUERIES.items():
            if name not in without:
                cursor.execute(query)
                found[name] = cursor.fetchall()
    rows = lake.scan_positions(through_date=date.max).collect()
    found["positions"] = rows.sort("business_date", "loan_id").rows()
    return found


def differences(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> dict[str, Any]:
    """Return what differs: counts of rows, and the first few pairs, so that a failure can be read."""
    found: dict[str, Any] = {}
    for name, rows in left.items():
        if rows != right[name]:
            pairs = [pair for pair in zip(rows, right[name], strict=False) if pair[0] != pair[1]]
            found[name] = (len(rows), len(right[name]), pairs[:3])
    return found


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
        from postloan.config.database.embedded import EmbeddedServer

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
        """Call a function of this module on the stage and return what it prints."""
        return self.postloan("shell", "-v", "0", "-c", f"from postloan.lab import kill_drill; kill_drill.{call}")

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


def run_drill(*, folder: Path, kills: int, seed: int, loans: int, tell: Any = print) -> Outcome:
    """Run the drill in a folder and return what happened; nothing of it stays but the files."""
    began, outcome, chance = time.monotonic(), Outcome(), random.Random(seed)  # noqa: S311 - moments, no secrets
    calm, disturbed = (Stage(var=folder / name, loans=loans) for name in ("calm", "disturbed"))
    try:
        calm.build()
        calm.server.leave()
        shutil.copytree(calm.var, disturbed.var, dirs_exist_ok=True, ignore=shutil.ignore_patterns("locks"))
        calm.server.join()
        disturbed.server.join()
        while sum(outcome.kills.values()) < kills:
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


def _is_refusal(errors: str) -> bool:
    """Say whether a close ended by a refusal of its own and not because something had been taken from it."""
    return errors.startswith("postloan:") and "closing the books" not in errors


def build(loans: int) -> None:
    """Fill the stage's database."""
    from postloan.lab.load_book import BookWishes, load_book

    wishes = BookWishes(loans=loans, as_of_date=AS_OF_DATE, seed=3, past_due_mille=150, paid_ahead_mille=100)
    load_book(wishes=wishes, by="drill", at=BUILT_AT)


def write_everything(file: str) -> None:
    """Write what the close has made as JSON."""
    Path(file).write_text(json.dumps(everything(), default=str))


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_drill(folder=Path(folder), kills=options.kills, seed=options.seed, loans=options.loans)
    kills = ", ".join(f"{victim} {count}" for victim, count in sorted(outcome.kills.items()))
    sys.stdout.write(f"{sum(outcome.kills.values())} kills ({kills}) in {outcome.days} days, {outcome.seconds:.0f} s\n")
    sys.stdout.write(f"{outcome.differences or 'the books are the same'}\n")
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
