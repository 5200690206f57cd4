"""What a list can be narrowed by. A value in an address that makes no sense is as good as none: old links keep working."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.http import QueryDict
from django.utils.functional import Promise

FilterKind = Literal["choice", "day", "text"]
Choices = Iterable[tuple[str, str | Promise]]
TEXT_LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class Filter:
    """
    One field of the filters. A choice has `choices`, pairs of code and label, made anew for each page.

    `default` is the choice a list begins with; it stands in no address. `is_required` leaves out "All".
    """

    name: str
    label: str | Promise
    kind: FilterKind = "choice"
    choices: Callable[[], Choices] = tuple
    default: str = ""
    is_required: bool = False

    def read(self, given: QueryDict) -> Any:
        """Return what the address asks for: a text, a date, or None for nothing."""
        text = given.get(self.name, self.default).replace("\0", "").strip()[:TEXT_LONGEST]
        if self.kind == "day":
            return _day(text)
        if self.kind == "choice" and text not in {code for code, _label in self.choices()}:
            return self.default or None
        return text or None


@dataclass(frozen=True)
class FilterShown:
    """A filter with what is asked of it, as the form shows it."""

    filter: Filter
    value: Any

    @property
    def written(self) -> str:
        """The value as a form field and an address have it."""
        return "" if self.value is None else self.value.isoformat() if isinstance(self.value, date) else str(self.value)

    @property
    def is_set(self) -> bool:
        """Say whether it narrows the list."""
        return self.written != self.filter.default

    @property
    def choices(self) -> list[tuple[str, str | Promise, bool]]:
        """Code, label and whether it is chosen."""
        return [(code, label, code == self.written) for code, label in self.filter.choices()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
