"""What one rule finds about one question at one instant."""

from datetime import datetime
from typing import Any, NamedTuple

from postloan.kernel.contactrules._decision import CounterSeen


class Finding(NamedTuple):
    """
    A rule that closes at an instant: why, and until when at least.

    `until` is an instant before which the rule stays closed if nothing else happens (not necessarily open then: the
    caller looks again), or None where time alone does not open it. `unsettled`: the wording does not decide.
    """

    key: str
    values: dict[str, Any]
    until: datetime | None
    unsettled: bool = False
    for_good: bool = False  # time alone does not open it, though an agreed hour may


class Looked(NamedTuple):
    """What a counter read, and its finding if there is no room."""

    seen: tuple[CounterSeen, ...]
    finding: Finding | None
    excused: bool = False  # something was left out of the count
