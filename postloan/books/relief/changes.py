"""
The kinds of change, their fields, and how much each gives up.

A change travels as a kind and its fields (dates as text), the way it is kept on a request and on the event it becomes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

KINDS = (
    "waiver",
    "rate_change",
    "due_day_change",
    "deferral",
    "extension",
    "reduced_instalments",
    "personalised_plan",
    "reageing",
    "reamortisation",
    "interest_pause",
    "death",
    "charge_off",
)

_PERIODS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "deferral": lambda fields: int(fields.get("periods") or 1),
    "extension": lambda fields: int(fields["more_instalments"]),
    "reduced_instalments": lambda fields: int(fields["rows"]),
    "personalised_plan": lambda fields: int(fields["instalments"]),
    "reageing": lambda fields: int(fields["instalments"]),
}


class UnknownChange(ValueError):
    """There is no change of this kind."""


@dataclass(frozen=True)
class Change:
    """
    A change wanted of a loan from `value_date` on. `fields` are those of its kind, money in minor units, dates as text.

    `key` is the asker's own and makes it harmless twice.
    """

    kind: str
    value_date: date
    key: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownChange(self.kind)

    @property
    def periods(self) -> int:
        """How many months it adds, or how many rows the new plan has; 0 where it adds none."""
        counted = _PERIODS.get(self.kind)
        return counted(self.fields) if counted else 0
