"""Tell the database which partition is in which phase, beside the transaction that does the work."""

import os
import socket
from collections.abc import Callable
from datetime import datetime

from django.db import connection

_UPSERT = """
    INSERT INTO close_partitionatwork (run_id, partition_no, phase, worker, since_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (run_id, partition_no)
    DO UPDATE SET phase = excluded.phase, worker = excluded.worker, since_at = excluded.since_at
"""


def phase_recorder(*, run_id: int, partition_no: int, clock: Callable[[], datetime]) -> Callable[[str], None]:
    """Return a function that records the phase a partition enters; it commits at once, so others see it."""
    worker = f"{socket.gethostname()}:{os.getpid()}"

    def record(phase: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [run_id, partition_no, phase, worker, clock()])

    return record
