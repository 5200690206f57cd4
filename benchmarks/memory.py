"""Peak memory of this process, its children and the database's processes that work for them (Linux)."""

import os
import threading
from pathlib import Path
from typing import Any, Self


class MemoryMeter:
    """
    Looks twenty times a second while the block runs.

    `peak_mib` is the proportional memory of this process and its children plus
    what the server's processes have of their own; the server's shared buffers
    are a setting and not counted.
    """

    def __init__(self, *, keeper: Any) -> None:
        self._data_dir = Path(keeper.host).exists() and _data_dir(keeper)
        self.peak_mib = 0.0

    def __enter__(self) -> Self:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            own = sum(kib(pid, "smaps_rollup", "Pss:") for pid in family(os.getpid()))
            theirs = sum(kib(pid, "status", "RssAnon:") for pid in self._backends())
            self.peak_mib = max(self.peak_mib, (own + theirs) / 1024)

    def _backends(self) -> list[int]:
        if not self._data_dir:
            return []
        try:
            postmaster = int((Path(self._data_dir) / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return []
        return family(postmaster)


def _data_dir(keeper: Any) -> str:
    import psycopg

    with psycopg.connect(**keeper.connection_arguments()) as connection:
        return str(connection.execute("SHOW data_directory").fetchone()[0])  # type: ignore[index]


def family(pid: int) -> list[int]:
    """Return a process and all its children."""
    pids = [pid]
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                pids += family(int(child))
    except OSError:
        pass
    return pids


def kib(pid: int, file: str, field: str) -> int:
    """Return one figure of a process in KiB, 0 where the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
