"""
Who does the partitions: this process, several processes, or a Ray cluster (setting CLOSE_EXECUTOR).

    inline            one after another, here
    processes:N       N at a time on this machine, this process being one of them
    ray, ray:ADDRESS  wherever the cluster has a processor free

All of them call the same function with the same task. A worker that dies is
replaced and its partition is given out again: what it had begun is rolled back
by the database, what it had finished is found done.
"""

import multiprocessing
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol

from postloan.close.workers import Done, Task, UnknownExecutor, begin_work, close_task, workplace

ATTEMPTS = 4  # of one partition, where workers die under it


class Executor(Protocol):
    """Runs tasks and tells which are done; raises what a task raised, after the others have ended."""

    def run(self, *, tasks: Sequence[Task], done: Done) -> None:
        """Run every task once."""


@contextmanager
def executor_of(*, setting: str) -> Iterator[Executor]:
    """Give the executor that `setting` names and end its workers afterwards. Refuses with UnknownExecutor."""
    kind, _, rest = setting.partition(":")
    if setting in {"inline", "processes:1"}:
        yield Inline()
    elif kind == "processes" and rest.isdecimal() and int(rest) > 1:
        processes = Processes(others=int(rest) - 1)
        try:
            yield processes
        finally:
            processes.end()
    elif kind == "ray":
        from postloan.close.ray_cluster import RayCluster

        with RayCluster(address=rest or None) as cluster:
            yield cluster
    else:
        raise UnknownExecutor(f"CLOSE_EXECUTOR is {setting!r}; it may be inline, processes:N, ray or ray:ADDRESS")


class Inline:
    """One after another in this process."""

    def run(self, *, tasks: Sequence[Task], done: Done) -> None:
        """Run the tasks in their order."""
        _run_here(tasks, done)


def _run_here(tasks: Iterable[Task], done: Done) -> None:
    from postloan.books.columns import connection_kept_open

    with connection_kept_open():
        for task in tasks:
            close_task(task)
            done(task)


class Processes:
    """
    This process and `others` beside it, each taking the next task when it is free.

    The others are started when there is more than one task, and kept for the next run.
    """

    def __init__(self, *, others: int) -> None:
        self._others = others
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, *, tasks: Sequence[Task], done: Done) -> None:
        """Run the tasks; a dead worker's task goes back to the waiting ones, ATTEMPTS times at most."""
        waiting, attempts, errors = deque(tasks), Counter[int](), list[BaseException]()

        def feed() -> None:
            for task in _taken(waiting, errors):
                pool = self._pool_in_use()
                try:
                    pool.submit(close_task, task).result()
                    done(task)
                except BrokenProcessPool as death:
                    self._replace(pool)
                    attempts[task.partition.partition_no] += 1
                    if attempts[task.partition.partition_no] >= ATTEMPTS:
                        errors.append(death)
                    else:
                        waiting.append(task)
                except BaseException as error:  # noqa: BLE001 - raised by the caller's thread, below
                    errors.append(error)

        feeders = [threading.Thread(target=feed) for _ in range(min(self._others, len(tasks) - 1))]
        for feeder in feeders:
            feeder.start()
        try:
            while waiting or any(feeder.is_alive() for feeder in feeders):
                if waiting:
                    _run_here(_taken(waiting, errors), done)
                if errors:
                    break
                for feeder in feeders:
                    feeder.join(timeout=0.02)
        finally:
            waiting.clear()
            for feeder in feeders:
                feeder.join()
        if errors:
            raise errors[0]

    def end(self) -> None:
        """End the other processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _pool_in_use(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._others,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=begin_work,
                    initargs=(workplace(),),
                )
            return self._pool

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
                broken.shutdown(wait=False)


def _taken(waiting: deque[Task], errors: list[BaseException]) -> Iterator[Task]:
    """Take tasks until none is left or one has failed."""
    while not errors:
        try:
            yield waiting.popleft()
        except IndexError:
            return
