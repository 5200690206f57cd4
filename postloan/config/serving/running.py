"""
The order of things in `postloan run`.

Addresses are opened first, so that a taken port is refused before any work is
done; then the site, which shows a waiting page; the database; the mailbox; the
preparation of the demonstration, which takes up where an earlier run ended;
the worker. Then everything is watched until somebody ends it, and ended in the
opposite order, the database last.
"""

import errno
import json
import os
import selectors
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import FrameType

from postloan.config.database import (
    DATABASE_NAME,
    EmbeddedServer,
    EmbeddedServerFailed,
    check_server,
    database_address,
    embedded_server,
    is_embedded,
)
from postloan.config.places import var_dir
from postloan.config.serving.child import has_closer
from postloan.config.serving.progress import Progress
from postloan.config.serving.state import RunState, holding_var
from postloan.config.serving.supervisor import Child, ChildFailed, Supervisor

MAILBOX_PORT = 8025
PHONES_PORT = 8027
TICK_SECONDS = 0.2
READY_SECONDS_MAX = 60.0
REASONS = {
    errno.EADDRINUSE: "is taken by another program",
    errno.EACCES: "may be opened by root only",
    errno.EADDRNOTAVAIL: "is no address of this machine",
}
RESTARTS_MAX = 3  # of the database, in a row
PREPARATIONS_MAX = 3  # tries at one point of it, where the database was lost under it


class PortTaken(Exception):
    """The address for the site cannot be opened; the message says how to choose another."""


class StopRequested(BaseException):
    """Somebody asked the run to end (Ctrl-C, SIGTERM)."""


@dataclass(kw_only=True)
class Run:
    """One run, from opening the addresses to closing them."""

    host: str
    port: int
    progress: Progress = field(default_factory=Progress)
    hurry: bool = False
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(log_dir=var_dir() / "log")
        self.server: EmbeddedServer | None = None
        self.stopping = False

    def go(self) -> None:
        """Run until asked to end. Raises RunLive, PortTaken, ChildFailed and the refusals of the database."""
        with ExitStack() as stack:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                stack.callback(signal.signal, number, signal.signal(number, self._on_signal))
            try:
                stack.enter_context(holding_var())
                stack.callback(self._stop)
                self._start(stack)
                self._watch_for_ever()
            except StopRequested:
                self.progress.say("Stopping …")

    # --- starting

    def _start(self, stack: ExitStack) -> None:
        site_socket = stack.enter_context(_listen(host=self.host, port=self.port))
        mail_socket = stack.enter_context(_listen_anywhere(port=MAILBOX_PORT))
        smtp_port = mail_socket.getsockname()[1]
        os.environ.setdefault("POSTLOAN_SMTP_PORT", str(smtp_port))
        phones_socket = stack.enter_context(_listen_anywhere(port=PHONES_PORT))
        os.environ.setdefault("POSTLOAN_SMPP_PORT", str(phones_socket.getsockname()[1]))
        os.environ["PORT"] = str(self.port)
        shown_host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::"} else self.host  # noqa: S104
        self.state = RunState(pid=os.getpid(), url=f"http://{shown_host}:{self.port}", smtp_port=smtp_port)
        self.state.write()
        self._start_listener("site", site_socket)
        self._step("starting the database")
        self._start_database()
        self._start_listener("mailbox", mail_socket)
        self._start_listener("phones", phones_socket)
        if "POSTLOAN_BANK" not in os.environ:  # a lender's own bank has no need of ours
            self.supervisor.start(Child(name="bank"))
        lines = self._prepare()
        self.supervisor.start(Child(name="worker"))
        if has_closer():
            self.supervisor.start(Child(name="closer"))
        self.state.ready, self.state.lines = True, lines
        self._step("opening the site", 100)
        self._await_site()
        self._announce()

    def _start_listener(self, name: str, listening: socket.socket) -> None:
        number = listening.fileno()
        environment = {"POSTLOAN_LISTENING_FD": str(number)}
        self.supervisor.start(Child(name=name, pass_fds=(number,), environment=environment))

    def _start_database(self) -> None:
        if not is_embedded():
            check_server(address=database_address())
            return
        server = embedded_server(note=self._step)
        server.join()
        self.server = server
        server.ensure_database(name=DATABASE_NAME)

    def _prepare(self) -> list[str]:
        """Prepare the demonstration in a child; begun again where the database was lost under it, while it gets on."""
        tries, lost_at = 0, ("", 0)
        while True:
            tries += 1
            lines = self._prepare_once(is_last=tries == PREPARATIONS_MAX)
            if lines is not None:
                return lines
            if (here := (self.state.step, self.state.percent or 0)) != lost_at:
                tries, lost_at = 0, here

    def _prepare_once(self, *, is_last: bool) -> list[str] | None:
        reading, writing = os.pipe()
        child = Child(name="preparation", pass_fds=(writing,), environment={"POSTLOAN_PROGRESS_FD": str(writing)})
        self.supervisor.start(child)
        os.close(writing)
        lines: list[str] | None = None
        lost = False
        with os.fdopen(reading, encoding="utf-8") as pipe, selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                lost |= self._restore_database()
                if not selector.select(timeout=TICK_SECONDS):
                    continue
                if not (line := pipe.readline()):
                    break
                report = json.loads(line)
                if "lines" in report:
                    lines = report["lines"]
                else:
                    self._step(report["step"], report["percent"])
        assert child.process is not None
        code = child.process.wait()
        lost |= self._restore_database()
        self.supervisor.children.remove(child)
        if code and (is_last or not lost):
            raise ChildFailed(self.supervisor.account(child, code=code))
        return lines if code == 0 else None

    def _await_site(self) -> None:
        """Wait until the site itself answers that it is well."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - "everywhere" is no address to ask
        answer = ""
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://{host}:{self.port}/healthz", timeout=5) as response:
                    if response.status == 200:
                        return
            except (urllib.error.URLError, OSError) as error:
                answer = str(error)
            self._watch_once()
            time.sleep(TICK_SECONDS)
        raise ChildFailed(f"The site does not become healthy: {answer} (log: {self.supervisor.log_dir / 'site.log'}).")

    def _announce(self) -> None:
        seconds = time.monotonic() - self.began
        self.progress.say("")
        for line in self.state.lines:
            self.progress.say(line)
        self.progress.say(f"Ready after {seconds:.0f} s: {self.state.url}")
        self.progress.say("Ctrl-C ends it; the next `make run` continues, `make reset` starts over.")

    # --- watching

    def _watch_for_ever(self) -> None:
        while True:
            self._watch_once()
            time.sleep(TICK_SECONDS)

    def _watch_once(self) -> None:
        if self._restore_database():
            for child in self.supervisor.children:
                if child.name in {"worker", "closer"}:  # they hold their connections for long
                    self.supervisor.restart(child)
        self.supervisor.restart_crashed()

    def _restore_database(self) -> bool:
        """Start the embedded database again where it has died; say whether it had."""
        if self.server is None or self.server.is_running():
            return False
        self.progress.say("The database has ended; starting it again …")
        for _ in range(RESTARTS_MAX - 1):
            try:
                self.server.ensure_running()
            except EmbeddedServerFailed:  # killed once more while it recovered
                time.sleep(TICK_SECONDS)
            else:
                return True
        self.server.ensure_running()
        return True

    def _step(self, text: str, percent: float | None = None) -> None:
        whole = None if percent is None else max(0, min(100, int(percent)))
        if (text, whole) != (self.state.step, self.state.percent):
            self.state.step, self.state.percent = text, whole
            self.state.write()
        self.progress.show(text[:1].upper() + text[1:], whole)

    # --- ending

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            self.hurry = True  # asked twice
            return
        self.stopping = True
        raise StopRequested

    def _stop(self) -> None:
        self.stopping = True
        self.supervisor.stop(in_a_hurry=lambda: self.hurry)
        if self.server is not None:
            self.server.leave()


def _listen(*, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OverflowError:
        raise PortTaken(f"{port} is no port; choose one from 1 to 65535: make run PORT=8001") from None
    except OSError as error:
        why = REASONS.get(error.errno or 0) or os.strerror(error.errno or 0)
        raise PortTaken(f"{host}:{port} {why}. Choose another: make run PORT=8001") from None


def _listen_anywhere(*, port: int) -> socket.socket:
    """Open `port` on 127.0.0.1, or any free one where it is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))
