"""
Keeping child processes: started, restarted when they crash, ended together.

Children write to a log each, in sessions of their own, so that Ctrl-C reaches
the supervisor alone and it decides the order. When the supervisor itself is
killed, the kernel ends them (see child.py).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CRASHES_MAX = 5
CRASH_WINDOW_SECONDS = 60.0
STOP_SECONDS = 8.0
LOG_BYTES_MAX = 10_000_000


class ChildFailed(Exception):
    """A child ended that should not have; the message says which, how, and its last words."""


@dataclass(kw_only=True)
class Child:
    """One child: its name (the function in child.py that it runs), what it inherits, and its process."""

    name: str
    pass_fds: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    crashes: list[float] = field(default_factory=list)


@dataclass(kw_only=True)
class Supervisor:
    """The children of one run, in the order they were started."""

    log_dir: Path
    children: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> Child:
        """Start `child` and keep it from now on."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        log = self._log(child)
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        self._spawn(child)
        self.children.append(child)
        return child

    def restart_crashed(self) -> None:
        """Start again what has ended. Raises ChildFailed where it ends again and again."""
        for child in self.children:
            assert child.process is not None
            code = child.process.poll()
            if code is None:
                continue
            now = time.monotonic()
            child.crashes = [at for at in child.crashes if now - at < CRASH_WINDOW_SECONDS] + [now]
            if len(child.crashes) > CRASHES_MAX:
                raise ChildFailed(f"{self.account(child, code=code)} It was restarted {CRASHES_MAX} times in a minute.")
            self._spawn(child)

    def restart(self, child: Child) -> None:
        """End `child` and start it anew."""
        self._end([child])
        self._spawn(child)

    def forget(self, child: Child) -> None:
        """Stop keeping a child that has done its work, ending it where it has not."""
        self._end([child])
        self.children.remove(child)

    def stop(self, *, in_a_hurry: Callable[[], bool] = lambda: False) -> None:
        """End all children: asked first, killed after some seconds or as soon as there is a hurry."""
        self._end(self.children, in_a_hurry=in_a_hurry)
        self.children.clear()

    def account(self, child: Child, *, code: int) -> str:
        """Return a sentence on how a child ended, with the last words of its log."""
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        lines = [line for line in self._log(child).read_text(errors="replace").splitlines() if line.strip()]
        last_words = f": {lines[-1].strip()}" if lines else ""
        return f"The {child.name} {how}{last_words} (whole log: {self._log(child)})."

    def _spawn(self, child: Child) -> None:
        with self._log(child).open("ab") as log:
            child.process = subprocess.Popen(
                [sys.executable, "-m", "postloan.config.serving.child", child.name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | child.environment | {"POSTLOAN_SUPERVISOR": str(os.getpid())},
                pass_fds=child.pass_fds,
                start_new_session=True,
            )

    def _log(self, child: Child) -> Path:
        return self.log_dir / f"{child.name}.log"

    @staticmethod
    def _end(children: list[Child], *, in_a_hurry: Callable[[], bool] = lambda: False) -> None:
        running = [child.process for child in children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in running):
            if time.monotonic() > deadline or in_a_hurry():
                for process in running:
                    process.kill()
                    process.wait()
            time.sleep(0.02)
