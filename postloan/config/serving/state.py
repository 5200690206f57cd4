"""
What is running on this `var/`, for whoever asks from outside.

Whether something runs is told by a lock that ends with its holder, never by a
file; the file `run.json` beside it only says what and how far.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from postloan.config.database.locks import open_lock, try_lock
from postloan.config.places import var_dir


class RunLive(Exception):
    """Another `postloan run` holds this var directory; the message names its pid."""


@dataclass(kw_only=True)
class RunState:
    """How far a run is."""

    pid: int
    url: str
    smtp_port: int
    step: str = "starting"
    percent: int | None = None
    ready: bool = False
    lines: list[str] = field(default_factory=list)  # what happened, once ready

    def write(self) -> None:
        """Put the state where others read it, whole or not at all."""
        path = _state_path()
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False))
        draft.replace(path)


def live_state() -> RunState | None:
    """Return the state of the run that holds this var directory; None where none does."""
    if holder() is None:
        return None
    try:
        return RunState(**json.loads(_state_path().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def holder() -> int | None:
    """Return the pid of the run that holds this var directory; None where none does, 0 where it is not known."""
    path = _lock_path()
    if not path.exists():
        return None
    lock = open_lock(path)
    try:
        if try_lock(lock, shared=True):
            return None
        text = path.read_text().strip()
        return int(text) if text.isdecimal() else 0
    finally:
        os.close(lock)


@contextmanager
def holding_var() -> Iterator[None]:
    """Hold this var directory for one run. Raises RunLive, naming the pid that has it."""
    lock = open_lock(_lock_path())
    try:
        if not try_lock(lock):
            pid = _lock_path().read_text().strip() or "unknown"
            raise RunLive(
                f"{var_dir()} is held by another `postloan run` (pid {pid}). "
                "End that one with Ctrl-C or `make stop`, or set POSTLOAN_VAR to another directory."
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        _state_path().unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)


def environment_of_run() -> dict[str, str]:
    """Return the environment that lets a command find the mailbox of a live run; what is set already stays."""
    if "POSTLOAN_SMTP_PORT" in os.environ or "POSTLOAN_SMTP_HOST" in os.environ:
        return {}
    state = live_state()
    return {"POSTLOAN_SMTP_PORT": str(state.smtp_port)} if state else {}


def _lock_path() -> Path:
    return var_dir() / "locks" / "run"


def _state_path() -> Path:
    return var_dir() / "run.json"
