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
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol

from postloan.close.workers import Done, Task, UnknownExecutor, begin_work, close_task, workplace

ATTEMPTS = 4  # of one partition, where workers die under it
TASKS_WORTH_A_PROCESS = 4  # fewer are done before another process has started
PAUSE_SECONDS = 0.02


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

    The others are started when there are several tasks, and kept for the next run. This process
    begins at once, so their start costs the night nothing.
    """

    def __init__(self, *, others: int) -> None:
        self._others = others
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, *, tasks: Sequence[Task], done: Done) -> None:
        """Run the tasks; a dead worker's task goes back to the waiting ones, ATTEMPTS times at most."""
        work = _Work(tasks)
        if len(tasks) >= TASKS_WORTH_A_PROCESS:
            for _ in range(self._others):
                threading.Thread(target=self._feed, args=(work, done), daemon=True).start()
        while not work.is_over():
            if work.is_waiting():
                try:
                    _run_here(work.taken(), done)
                except BaseException as error:  # noqa: BLE001 - raised below, when the others have ended
                    work.failed(error)
            time.sleep(PAUSE_SECONDS)
        if work.errors:
            raise work.errors[0]

    def _feed(self, work: "_Work", done: Done) -> None:
        """Keep one other process busy; it takes its first task when it has started."""
        deaths = 0
        while not work.is_over():
            pool = self._pool_in_use()
            try:
                pool.submit(os.getpid).result()
                for task in work.taken():
                    pool.submit(close_task, task).result()
                    done(task)
            except BrokenProcessPool as death:
                self._replace(pool)
                deaths += 1
                if not work.died(death) and deaths >= ATTEMPTS:
                    return  # nobody lives long enough here to take a task; this process does the work alone
            except BaseException as error:  # noqa: BLE001 - raised by `run`
                work.failed(error)
            time.sleep(PAUSE_SECONDS)

    def end(self) -> None:
        """
        End the other processes: none has a task in hand any more, some may still be starting.

        They are ended by signal. A pool that is only told to shut down may leave a
        worker waiting for a word that never comes, and this process waiting for it.
        """
        if self._pool is not None:
            for worker in list((self._pool._processes or {}).values()):  # noqa: SLF001 - terminate_workers in Python 3.14
                worker.terminate()
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


class _Work:
    """The tasks of one run, shared by the threads that hand them out."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.errors: list[BaseException] = []
        self._waiting = deque(tasks)
        self._in_hand: dict[int, Task] = {}
        self._deaths: Counter[int] = Counter()
        self._lock = threading.Lock()

    def is_over(self) -> bool:
        """Say whether every task is done, or one has failed and the others have ended."""
        with self._lock:
            return not self._in_hand and (not self._waiting or bool(self.errors))

    def is_waiting(self) -> bool:
        """Say whether a task waits to be taken."""
        return bool(self._waiting) and not self.errors

    def taken(self) -> Iterator[Task]:
        """Take tasks until none is left or one has failed; a task is in hand until the next is asked for."""
        thread = threading.get_ident()
        while True:
            with self._lock:
                self._in_hand.pop(thread, None)
                if not self._waiting or self.errors:
                    return
                task = self._in_hand[thread] = self._waiting.popleft()
            yield task

    def failed(self, error: BaseException) -> None:
        """Note that the task in this thread's hand has failed: no further one is given out."""
        with self._lock:
            self._in_hand.pop(threading.get_ident(), None)
            self.errors.append(error)

    def died(self, death: BaseException) -> bool:
        """Put the task in this thread's hand back, as its worker has died or one beside it; False where there was none."""
        with self._lock:
            task = self._in_hand.pop(threading.get_ident(), None)
            if task is None:
                return False
            self._deaths[task.partition.partition_no] += 1
            if self._deaths[task.partition.partition_no] >= ATTEMPTS:
                self.errors.append(death)
            else:
                self._waiting.append(task)
            return True
