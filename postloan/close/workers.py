"""What a worker does, wherever it is: set itself up, and close the partition of a task."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from postloan.close.passes import Partition, Pass


class UnknownExecutor(ValueError):
    """CLOSE_EXECUTOR is none of inline, processes:N, ray, ray:ADDRESS; or Ray is asked for and not installed."""


@dataclass(frozen=True)
class Task:
    """
    One partition of one pass, handed out at an instant from which the worker's clock runs on.

    `at` is what the coordinator's clock says (a rehearsal has its own), `handed_out_unix`
    what the machine's says; a worker adds what has passed since.
    """

    days: Pass
    partition: Partition
    at: datetime
    handed_out_unix: float


@dataclass(frozen=True)
class Workplace:
    """What a worker elsewhere needs to know: the database and the lake. Both must be the same for all."""

    database: dict[str, Any]
    positions_dir: str


Done = Callable[[Task], None]


def close_task(task: Task) -> None:
    """Close the partition of a task, here. The partition function is the same for every executor."""
    from postloan.close.partitions import close_partition
    from postloan.close.progress import phase_recorder

    def clock() -> datetime:
        return task.at + timedelta(seconds=max(time.time() - task.handed_out_unix, 0))

    watch = phase_recorder(run_id=task.days.run_ids[-1], partition_no=task.partition.partition_no, clock=clock)
    close_partition(days=task.days, partition=task.partition, clock=clock, watch=watch)


def workplace() -> Workplace:
    """Return where this process works."""
    from django.conf import settings
    from django.db import connection

    kept = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    database = {name: connection.settings_dict[name] for name in kept}
    return Workplace(database=database, positions_dir=str(settings.POSITIONS_DIR))


def begin_work(place: Workplace) -> None:
    """Set up a worker process: Django on the same database and lake; it ends when its coordinator ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postloan.config.settings")
    import django
    from django.conf import settings
    from django.db import connections

    django.setup()
    connections.settings["default"].update(place.database)
    connections["default"].settings_dict.update(place.database)
    settings.POSITIONS_DIR = place.positions_dir
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave at once when the coordinator has gone: nobody would hear of what is done."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
