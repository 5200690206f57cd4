"""
Tell the database which partition is in which phase, beside the transaction that does the work.

A phase that begins within a twentieth of a second after the last is not told: most steps are over by then, and
telling would take longer than the step. What is told need not outlive a crash, so it does not wait for the disk.
"""

import os
import socket
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.db import connection

TOLD_EVERY_SECONDS = 0.05
_ALWAYS_TOLD = {"wait", "write"}
_UPSERT = """
    INSERT INTO close_partitionatwork (run_id, partition_no, phase, worker, since_at)
    SELECT %s, %s, %s, %s, %s FROM (SELECT set_config('synchronous_commit', 'off', true) AS is_off) here
    WHERE is_off IS NOT NULL
    ON CONFLICT (run_id, partition_no)
    DO UPDATE SET phase = excluded.phase, worker = excluded.worker, since_at = excluded.since_at
"""


def phase_recorder(*, run_id: int, partition_no: int, clock: Callable[[], datetime]) -> Callable[[str], None]:
    """Return a function that records the phase a partition enters; it commits at once, so others see it."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    told_at = 0.0

    def record(phase: str) -> None:
        nonlocal told_at
        if phase not in _ALWAYS_TOLD and monotonic() - told_at < TOLD_EVERY_SECONDS:
            return
        told_at = monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [run_id, partition_no, phase, worker, clock()])

    return record
