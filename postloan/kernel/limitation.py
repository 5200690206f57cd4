"""
The limitation clock of a debt under the Civil Code of the PRC: until when it can be claimed with the law's help.

Three years from the end of the performance period (art. 188), for a debt performed in instalments from the end of the
last one's (art. 189). A demand that reached the debtor, the debtor's agreeing to perform (part payment, a plan, asking
for time) and a suit start the three years anew (art. 195; Supreme People's Court, rules on limitation 2020, art. 8, 9
and 14); a part counts for the whole (art. 9). An obstacle in the last six months stops the clock until six months after
it is gone (art. 194). After twenty years from the breach it is over in any case (art. 188). The day of the event is not
counted (art. 201), and a day the month does not have is its last (art. 202). docs/rules/limitation.md.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class LimitationEventKind(StrEnum):
    """What moves the clock. The last two never restart one that has run out."""

    DEMAND = "demand"  # reached the debtor, or should have (art. 8 (1), (2), (4))
    DEDUCTION = "deduction"  # from the debtor's account under law or contract (art. 8 (3))
    PERFORMANCE = "performance"  # a payment of the debtor's, in whole or part (art. 14)
    AGREEMENT = "agreement"  # a plan, a promise, asking for time (art. 14)
    SUIT = "suit"  # suit, arbitration, payment order; until_date is the end of the procedure
    OBSTACLE = "obstacle"  # from on_date to until_date the creditor could not claim (art. 194)


@dataclass(frozen=True)
class LimitationEvent:
    """One event on a date of the lender's calendar; `until_date` is the last day of a suit or an obstacle."""

    kind: LimitationEventKind
    on_date: date
    until_date: date | None = None
    source: str = ""


@dataclass(frozen=True)
class LimitationTerms:
    """The lengths the law sets. The defaults are the Civil Code's."""

    years: int = 3
    long_stop_years: int = 20
    obstacle_months: int = 6


@dataclass(frozen=True)
class LimitationClock:
    """
    Where the clock stands: when it began, from which event it runs now, and the last day on which a claim is in time.

    `counted` are the events that moved it, `late` those that came after it had run out: by themselves they start
    nothing anew, though what the debtor agreed to or paid then may bar the defence (art. 192).
    """

    begins_date: date
    runs_from_date: date
    last_date: date
    long_stop_date: date
    counted: tuple[LimitationEvent, ...]
    late: tuple[LimitationEvent, ...]

    def has_run_out(self, *, on_date: date) -> bool:
        """Say whether a claim raised on `on_date` would be out of time."""
        return on_date > self.last_date


def years_after(*, on_date: date, years: int = 0, months: int = 0) -> date:
    """
    Return the day that ends a period begun after `on_date` (art. 200–202).

    >>> years_after(on_date=date(2024, 2, 29), years=3)
    datetime.date(2027, 2, 28)
    """
    month = on_date.month - 1 + months
    year, month = on_date.year + years + month // 12, month % 12 + 1
    return date(year, month, min(on_date.day, monthrange(year, month)[1]))


def limitation_clock(
    *, last_due_date: date, events: Sequence[LimitationEvent], terms: LimitationTerms | None = None
) -> LimitationClock:
    """
    Return the clock of a debt whose last instalment was due on `last_due_date`, moved by `events` in any order.

    Events before the last due date move nothing, for the clock does not run yet; events after its last day are late.
    """
    terms = terms or LimitationTerms()
    long_stop = years_after(on_date=last_due_date, years=terms.long_stop_years)
    runs_from, last = last_due_date, years_after(on_date=last_due_date, years=terms.years)
    counted: list[LimitationEvent] = []
    late: list[LimitationEvent] = []
    for event in sorted(events, key=lambda one: (one.on_date, one.kind)):
        ended = event.until_date or event.on_date
        if ended < last_due_date or (event.on_date <= last_due_date and event.kind != LimitationEventKind.OBSTACLE):
            continue
        if event.on_date > last:
            late.append(event)
        elif event.kind == LimitationEventKind.OBSTACLE:
            held = _after_obstacle(ended, last=last, terms=terms)
            if held > last:
                last = held
                counted.append(event)
        else:
            runs_from = max(runs_from, ended)
            last = max(last, years_after(on_date=runs_from, years=terms.years))
            counted.append(event)
    return LimitationClock(
        begins_date=last_due_date + timedelta(days=1),
        runs_from_date=runs_from,
        last_date=min(last, long_stop),
        long_stop_date=long_stop,
        counted=tuple(counted),
        late=tuple(late),
    )


def _after_obstacle(ended: date, *, last: date, terms: LimitationTerms) -> date:
    """Return the new last day where the obstacle reaches into the last months of the period, else the old one."""
    final_months = years_after(on_date=last, months=-terms.obstacle_months)
    return last if ended <= final_months else years_after(on_date=ended, months=terms.obstacle_months)
