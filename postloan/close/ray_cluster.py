"""
The close on a Ray cluster: every partition is a task that runs wherever a processor is free.

Ray starts a task again when its worker or node dies; the database sees to it that
work begun twice is done once. Ray is an optional extra: `pip install postloan[ray]`.
"""

import os
from collections.abc import Sequence
from typing import Any, Self

from postloan.close.workers import Done, Task, UnknownExecutor, Workplace, begin_work, close_task, workplace

RETRIES = 8  # of a task whose worker or node died


class RayCluster:
    """The cluster at `address`, or one of this machine's own where that is None; a context manager."""

    def __init__(self, *, address: str | None) -> None:
        try:
            import ray
        except ImportError as missing:
            raise UnknownExecutor("CLOSE_EXECUTOR asks for Ray, which is not installed: postloan[ray]") from missing
        self._ray: Any = ray
        self._address = address
        self._began = False

    def __enter__(self) -> Self:
        if not self._ray.is_initialized():
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a lender's cluster reports to nobody
            own = {} if self._address else {"include_dashboard": False}
            self._ray.init(address=self._address, log_to_driver=False, **own)
            self._began = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._began:
            self._ray.shutdown()

    def run(self, *, tasks: Sequence[Task], done: Done) -> None:
        """Run the tasks on the cluster; raises the first failure after the others have ended."""
        ray = self._ray
        work = ray.remote(num_cpus=1, max_retries=RETRIES)(_work)
        place = workplace()
        waiting = {work.remote(task, place): task for task in tasks}
        failures: list[Exception] = []
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1)
            for reference in ready:
                task = waiting.pop(reference)
                try:
                    ray.get(reference)
                    done(task)
                except ray.exceptions.RayError as failure:
                    failures.append(failure)
        if failures:
            raise failures[0]


_at_work_in: Workplace | None = None


def _work(task: Task, place: Workplace) -> None:
    """Close one partition in a worker of the cluster, which may have worked elsewhere before."""
    global _at_work_in  # noqa: PLW0603 - a worker process has one workplace
    if _at_work_in != place:
        begin_work(place)
        _at_work_in = place
    close_task(task)
