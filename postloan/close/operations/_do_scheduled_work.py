"""Do one work of the schedule, once, and keep how it went."""

from collections.abc import Callable
from datetime import datetime

from postloan.close.models import ScheduledWork
from postloan.close.works import WORKS, NotNow

State = ScheduledWork.State


class UnknownWork(LookupError):
    """The schedule knows no work of this name."""


def do_scheduled_work(*, name: str, due_at: datetime, clock: Callable[[], datetime]) -> ScheduledWork:
    """
    Return how the work of an hour went; done before, it is not done again.

    What cannot be done yet comes back as `waiting` with the reason. An error is kept as `failed` and raised
    again, for the log. Each work is harmless when repeated, so one whose worker died is simply done anew.
    Refuses with UnknownWork.
    """
    if name not in WORKS:
        raise UnknownWork(name)
    row, _ = ScheduledWork.objects.get_or_create(name=name, due_at=due_at, defaults={"started_at": clock()})
    if row.state == State.DONE:
        return row
    row.state, row.started_at, row.finished_at, row.reason, row.tries = State.RUNNING, clock(), None, "", row.tries + 1
    row.save()
    try:
        row.counts = WORKS[name](due_at, clock)
        row.state = State.DONE
    except NotNow as refusal:
        row.state, row.reason = State.WAITING, str(refusal)[:300]
    except Exception as error:
        row.state, row.reason = State.FAILED, f"{type(error).__name__}: {error}"[:300]
        raise
    finally:
        if row.state != State.RUNNING:
            row.finished_at = clock()
            row.save()
    return row
