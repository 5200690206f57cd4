"""What an explanation is: the figure it is for, its steps, and the facts around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from postloan.kernel.ageing import Bands, bucket_index
from postloan.kernel.schedules import Step

Facts: TypeAlias = dict[str, date | str | int | tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class BucketStep:
    """The bucket as a step: the place in `bands` of a number of days past due."""

    days_past_due: int
    bands: Bands
    result: int
    key: str = "bucket"

    def recompute(self) -> int:
        """Return the bucket of these days again."""
        return bucket_index(days_past_due=self.days_past_due, bands=self.bands)

    @property
    def values(self) -> Mapping[str, int]:
        """The days, and those with which the band begins and the next one begins (missing for the last)."""
        starts = (*self.bands.starts, None)
        first, after = starts[self.result], starts[self.result + 1]
        edges = {"days_past_due": self.days_past_due, "band_from_days": first}
        return {name: value for name, value in (edges | {"next_band_from_days": after}).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    Why one figure of a loan is what it is.

    `figure` names it within the loan (`interest-5` is the interest of instalment 5). The result of the
    last step is the figure, in minor units, days or the place of a bucket. `facts`
    are dates, rates and the like that the steps rest on. Where the lender's earlier system gave the
    figure and Postloan cannot derive it, there are no steps and `given_minor` holds it.
    """

    figure: str
    steps: tuple[Step | BucketStep, ...]
    facts: Facts = field(default_factory=dict)
    given_minor: int | None = None

    @property
    def result(self) -> int:
        """The figure the page shows."""
        if not self.steps:
            assert self.given_minor is not None, self.figure
            return self.given_minor
        return int(self.steps[-1].result)

    def holds(self) -> bool:
        """Say whether every step, worked out again from its values, gives its result."""
        return all(step.recompute() == step.result for step in self.steps)


def exact_sum(*, key: str, parts: Mapping[str, int], less: Mapping[str, int] | None = None) -> Step:
    """Return a step that adds `parts` and takes `less` away; 0 where there are none."""
    less = less or {}
    formula = " + ".join(parts) or "0"
    for name in less:
        formula += f" - {name}"
    return Step(key, formula, {**parts, **less}, sum(parts.values()) - sum(less.values()))
