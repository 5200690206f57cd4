"""The doors to `serving`: run, status, stop, reset."""

import argparse
import os
import shutil
import signal
import sys
import time

from postloan.config.database import DATABASE_REFUSALS, EmbeddedServer, is_embedded
from postloan.config.database.locks import LockBusy
from postloan.config.places import MARK, is_ours, var_dir
from postloan.config.serving.running import PortTaken, Run
from postloan.config.serving.state import RunLive, holder, holding_var, live_state
from postloan.config.serving.supervisor import ChildFailed

STOP_SECONDS_MAX = 60.0


def run(*, arguments: list[str]) -> int:
    """Start everything and keep it running until asked to end."""
    parser = argparse.ArgumentParser(prog="postloan run", description=run.__doc__)
    port = os.environ.get("PORT") or "8000"
    parser.add_argument("--port", type=int, default=port, help="where the site is served (PORT; 8000)")
    host = os.environ.get("POSTLOAN_BIND") or "127.0.0.1"
    parser.add_argument("--host", default=host, help="the address it listens on (POSTLOAN_BIND; 127.0.0.1)")
    options = parser.parse_args(arguments)
    try:
        Run(host=options.host, port=options.port).go()
    except (RunLive, PortTaken, ChildFailed, *DATABASE_REFUSALS) as refusal:
        print(f"postloan run: {refusal}", file=sys.stderr)
        return 1
    return 0


def status(*, arguments: list[str]) -> int:
    """Say what `postloan run` is doing; exit code 3 where nothing runs."""
    argparse.ArgumentParser(prog="postloan status", description=status.__doc__).parse_args(arguments)
    if (pid := holder()) is None:
        print(f"Nothing runs on {var_dir()}.")
        return 3
    state = live_state()
    how_far = "starting" if state is None else "ready" if state.ready else f"{state.step} ({state.percent or 0} %)"
    print(f"Running on {var_dir()}, pid {pid}: {how_far}. {state.url if state else ''}")
    return 0


def stop(*, arguments: list[str]) -> int:
    """Stop what `postloan run` has started, also where it was killed."""
    argparse.ArgumentParser(prog="postloan stop", description=stop.__doc__).parse_args(arguments)
    pid = holder()
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while holder() is not None:
            if time.monotonic() > deadline:
                print(f"postloan stop: pid {pid} does not end", file=sys.stderr)
                return 1
            time.sleep(0.1)
    try:
        stopped = _stop_orphans()
    except LockBusy:
        print("Stopped; a command of Postloan's still uses the database and stops it when it ends.")
        return 0
    print("Stopped." if pid or stopped else f"Nothing runs on {var_dir()}.")
    return 0


def reset(*, arguments: list[str]) -> int:
    """Remove everything that `postloan run` has made: the embedded database, keys, mail, positions, logs."""
    argparse.ArgumentParser(prog="postloan reset", description=reset.__doc__).parse_args(arguments)
    var = var_dir()
    if not is_embedded():
        return _refuse(
            "DATABASE_URL is set. `reset` removes the embedded database and the keys in "
            f"{var}; the keys of another database must not go with it. Unset DATABASE_URL first."
        )
    if not var.exists():
        print(f"There is nothing in {var}.")
        return 0
    if not is_ours(var):
        return _refuse(f"{var} was not made by Postloan (there is no file {MARK} in it). Empty it by hand.")
    try:
        with holding_var():
            _stop_orphans()
            for entry in var.iterdir():
                if entry.name in {MARK, "locks"}:
                    continue  # the lock is held just now; whoever waits for it must meet the same file
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    except RunLive as refusal:
        return _refuse(str(refusal))
    except LockBusy:
        return _refuse("a command of Postloan's is using the database; wait until it has ended.")
    print(f"Removed what was in {var}.")
    return 0


def _stop_orphans() -> bool:
    """Stop databases that a kill left running; say whether there were any. Raises LockBusy where one is used."""
    stopped = False
    for name in ("postgres", "test-postgres"):
        stopped |= EmbeddedServer(data_dir=var_dir() / name).stop_orphan()
    return stopped


def _refuse(text: str) -> int:
    print(f"postloan reset: {text}", file=sys.stderr)
    return 1
