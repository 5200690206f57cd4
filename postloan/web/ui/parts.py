"""
What the parts of a page are given: figures that lead to what they are made of, steps, tabs, happenings, charts.

Each is shown by the template of its name in `ui/parts`; docs/design_system.md has an example of every one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.utils.functional import Promise

from postloan.kernel.currencies import decimals_of
from postloan.web.ui import figures, marks

Text = str | Promise
Tone = Literal["", "blue", "green", "amber", "red", "dark", "muted"]


@dataclass(frozen=True, kw_only=True)
class Stat:
    """One figure and where it leads: what it is made of. `value` is written already."""

    label: Text
    value: Text
    url: str = ""
    hint: Text = ""
    tone: Tone = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of something long: done, current, to come, or failed."""

    label: Text
    state: Literal["done", "current", "to_come", "failed"]
    hint: Text = ""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One of several pages beside each other."""

    label: Text
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One entry of a timeline: an instant or a day, what happened, and where that leads."""

    when: date | datetime
    title: Text
    text: Text = ""
    url: str = ""
    chip: Text = ""
    tone: Tone = "muted"

    @property
    def has_time(self) -> bool:
        """Say whether the hour is known."""
        return isinstance(self.when, datetime)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or one colour of bars. `bucket` takes the colour of a bucket; `urls` lead from a point to its parts."""

    name: str
    values: Sequence[int | None]
    bucket: int | None = None
    urls: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """
    Figures drawn over dates or names, and the same figures as a table for those who read rather than look.

    `unit` says what the values are: money in minor units (with `currency`), counts, or shares in millionths.
    `name` is unique on its page.
    """

    name: str
    title: Text
    across: Sequence[date | str]
    series: Sequence[Series]
    unit: Literal["money", "count", "share"] = "count"
    currency: str = ""
    kind: Literal["bar", "line"] = "bar"
    is_stacked: bool = False

    @property
    def spec_id(self) -> str:
        """The name of the element that holds what the script draws from."""
        return f"{self.name}-data"

    @property
    def has_points(self) -> bool:
        """Say whether there is anything to draw."""
        return any(value is not None for series in self.series for value in series.values)

    @property
    def spec(self) -> dict[str, Any]:
        """What the script draws from."""
        return {
            "kind": self.kind,
            "stacked": self.is_stacked,
            "unit": self.unit,
            "currency": self.currency,
            "minorUnits": 10 ** decimals_of(currency=self.currency),
            "across": [place.isoformat() if isinstance(place, date) else place for place in self.across],
            "series": [
                {"name": one.name, "values": list(one.values), "bucket": one.bucket, "urls": list(one.urls)}
                for one in self.series
            ],
        }

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The table: a row for each place, a written value for each series."""
        places = [figures.day_text(day=place) if isinstance(place, date) else str(place) for place in self.across]
        columns = [[self._written(value) for value in one.values] for one in self.series]
        return [(place, [column[at] for column in columns]) for at, place in enumerate(places)]

    def _written(self, value: int | None) -> str:
        if value is None:
            return "–"
        if self.unit == "money":
            return figures.amount_text(amount_minor=value, currency=self.currency)
        return figures.share_text(ppm=value) if self.unit == "share" else marks.grouped(value)


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """A question before something is done: what will happen, and why it is to be done (`reason`, by POST to `url`)."""

    name: str
    title: Text
    text: Text
    url: str
    button: Text
    asks: Text = ""
    is_grave: bool = False
    hidden: dict[str, str] = field(default_factory=dict)
