"""
A storm of receipts over a close: customers pay while the books close, and what they wait is measured.

Two processes post one receipt after another, on loans drawn at random, as fast as `A_SECOND` allows. A wait is the
whole time of `post_receipt`: the work of a receipt, the time for which its slot is held, and the processors it shares
with the close.
"""

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.synchronize import Event
from typing import Any

PROCESSES = 2
A_SECOND = 20  # receipts of each process, at most
START_SECONDS_MAX = 120.0
CALM_SECONDS = 3.0  # before the close, to compare


@dataclass
class Waits:
    """What every receipt took, in seconds, by the instant at which it was begun."""

    begun: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def between(self, start: float, end: float) -> list[float]:
        """Return the waits that overlap a stretch of time, the shortest first."""
        return sorted(
            took for begun, took in zip(self.begun, self.seconds, strict=True) if begun < end and begun + took > start
        )


@contextmanager
def storm_of_receipts(*, loans: int, value_date: date, seed: int = 1) -> Iterator[Waits]:
    """Let it rain receipts for the length of the block, a calm moment before; the waits are complete when it ends."""
    from postloan.close.workers import workplace

    context = multiprocessing.get_context("spawn")
    stop, results, waits = context.Event(), context.Queue(), Waits()
    posters = [
        context.Process(target=_post, args=(workplace(), number, loans, value_date, seed, stop, results))
        for number in range(PROCESSES)
    ]
    for poster in posters:
        poster.start()
    for _ in posters:
        results.get(timeout=START_SECONDS_MAX)  # each says that it is ready
    time.sleep(CALM_SECONDS)
    try:
        yield waits
    finally:
        stop.set()
        for _ in posters:
            begun, seconds = results.get(timeout=START_SECONDS_MAX)
            waits.begun += begun
            waits.seconds += seconds
        for poster in posters:
            poster.join()


def _post(place: Any, number: int, loans: int, value_date: date, seed: int, stop: Event, results: Any) -> None:
    from postloan.close.workers import begin_work

    begin_work(place)
    from postloan.books.payments.operations import NewReceipt, post_receipt

    chance, begun, seconds = random.Random(seed * 1000 + number), list[float](), list[float]()

    def post() -> None:
        item = NewReceipt("storm", f"{number}-{len(begun)}", chance.randint(1, loans), 12_345, "CNY", value_date)
        begun.append(time.time())
        post_receipt(receipt=item, by="storm", at=datetime.now(tz=UTC))
        seconds.append(time.time() - begun[-1])

    post()
    results.put("ready")
    while not stop.is_set():
        post()
        time.sleep(max(0.0, 1 / A_SECOND - seconds[-1]))
    results.put((begun, seconds))
