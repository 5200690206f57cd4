"""
Credit lines: what may still be drawn on a day.

A limit is a list of dated steps, never a number that somebody edits: the permanent limit of the day plus the temporary
raises that run on it, so a raise ends by its date and no job has to end it. Lines may stand under one another (a total
over several products); what can be drawn is the least that any line from the one drawn on up to the root has left.
What is available is derived and stored nowhere. The rule page is docs/rules/credit_lines.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from postloan.kernel.rates import Rate

LineState: TypeAlias = Literal["open", "frozen", "closed"]


@dataclass(frozen=True, slots=True)
class LimitStep:
    """
    One dated change, in minor units. `no` is the order in which changes were recorded.

    A permanent step (`to_date` None) is the limit from `from_date` on; a temporary one is added to the limit from
    `from_date` to the day before `to_date`.
    """

    no: int
    from_date: date
    to_date: date | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class StateStep:
    """From `from_date` on the line is in `state`; `no` is the order of recording."""

    no: int
    from_date: date
    state: LineState


@dataclass(frozen=True, slots=True)
class PriceStep:
    """From `from_date` on new draws are priced at `rate`, as quoted; `no` is the order of recording."""

    no: int
    from_date: date
    rate: Rate


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One line on a day, in minor units; `used_minor` counts the lines under it too."""

    line_id: int
    limit_minor: int
    used_minor: int
    state: LineState = "open"
    is_running: bool = True  # opened, and not expired

    @property
    def available_minor(self) -> int:
        """What this line alone would let be drawn; nothing while it is frozen, closed or expired, never below zero."""
        if self.state != "open" or not self.is_running:
            return 0
        return max(self.limit_minor - self.used_minor, 0)


@dataclass(frozen=True, slots=True)
class Availability:
    """The lines from the one asked about up to the root of its tree, and what follows from them."""

    path: tuple[LineFigures, ...]

    @property
    def available_minor(self) -> int:
        """The least that any line of the path has left."""
        return min(line.available_minor for line in self.path)

    @property
    def binding(self) -> LineFigures:
        """The line that sets it; of several the one nearest to the line asked about."""
        return min(self.path, key=lambda line: line.available_minor)


def limit_on(*, steps: Iterable[LimitStep], on_date: date) -> int:
    """
    Return the limit on a day in minor units: the latest permanent step begun, plus the raises that run.

    Of two permanent steps of one date the one recorded last holds. Before the first step the limit is 0.

    >>> steps = [LimitStep(1, date(2024, 1, 1), None, 1_000_00),
    ...          LimitStep(2, date(2024, 11, 1), date(2024, 11, 12), 500_00)]
    >>> [limit_on(steps=steps, on_date=date(2024, 11, day)) for day in (11, 12)]
    [150000, 100000]
    """
    permanent, raised = (date.min, 0, 0), 0
    for step in steps:
        if step.from_date > on_date:
            continue
        if step.to_date is None:
            permanent = max(permanent, (step.from_date, step.no, step.amount_minor))
        elif on_date < step.to_date:
            raised += step.amount_minor
    return permanent[2] + raised


def state_on(*, steps: Iterable[StateStep], on_date: date) -> LineState:
    """Return the state on a day: that of the latest step begun; open where there is none."""
    begun = [step for step in steps if step.from_date <= on_date]
    return max(begun, key=lambda step: (step.from_date, step.no)).state if begun else "open"


def price_on(*, steps: Sequence[PriceStep], on_date: date) -> Rate | None:
    """Return the rate at which a draw of that day is priced; None where the line has no price of its own."""
    begun = [step for step in steps if step.from_date <= on_date]
    return max(begun, key=lambda step: (step.from_date, step.no)).rate if begun else None
