"""
Locks between processes, on files.

They are `flock` locks: the kernel drops them when the last process that holds
the open file ends, however it ends, so nothing has to be tidied up after a
kill, and no number of a process that has been given to another can mislead.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class LockBusy(Exception):
    """Another process holds the lock, and the time to wait for it is over."""


def open_lock(path: Path) -> int:
    """Return an open file to lock; the file is made where it is missing and is never removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(lock: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free; say whether it was."""
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(lock: int, *, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
    """Take the lock as soon as it is free, calling `meanwhile` ten times a second; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not try_lock(lock):
        if time.monotonic() > deadline:
            return False
        meanwhile()
        time.sleep(0.1)
    return True


@contextmanager
def holding(path: Path, *, seconds: float) -> Iterator[int]:
    """Hold the lock at `path` for the length of the block. Raises LockBusy when it is not free in time."""
    lock = open_lock(path)
    try:
        if not wait_for_lock(lock, seconds=seconds):
            raise LockBusy(path)
        yield lock
    finally:
        os.close(lock)
