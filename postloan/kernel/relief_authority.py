"""
Who may agree to which relief alone.

A limit names kinds of change and up to which amount; a change outside every limit of a
person's roles needs a second person whose limits cover it.
"""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field


class ReliefLimit(BaseModel):
    """
    Kinds of change that may be agreed alone. `most_minor` bounds what the lender gives up, in minor units.

    `most_periods` bounds the months a deferral or extension adds, or the rows of a new plan.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[str]
    most_minor: int = Field(default=0, ge=0)
    most_periods: int = Field(default=0, ge=0)


def is_covered(*, limits: Iterable[ReliefLimit], kind: str, given_up_minor: int, periods: int) -> bool:
    """
    Say whether one of the limits covers a change.

    >>> agent = ReliefLimit(kinds=frozenset({"waiver"}), most_minor=50_00)
    >>> [is_covered(limits=[agent], kind="waiver", given_up_minor=amount, periods=0) for amount in (50_00, 50_01)]
    [True, False]
    >>> is_covered(limits=[agent], kind="deferral", given_up_minor=0, periods=1)
    False
    """
    return any(
        kind in limit.kinds and given_up_minor <= limit.most_minor and periods <= limit.most_periods for limit in limits
    )
