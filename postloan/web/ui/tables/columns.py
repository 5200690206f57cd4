"""The columns of a table: what stands in them, how it is written on the page, and what a file has of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from postloan.kernel.currencies import plain_amount
from postloan.web.ui import figures, marks, words

Kind = Literal["text", "number", "money", "day", "instant", "chip", "words", "bucket", "rate", "seconds", "custom"]
NUMBERS = frozenset({"number", "money", "rate", "seconds"})
NOTHING = SafeString('<span class="nothing">–</span>')


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column. `value` is the path of an attribute or key (`loan.external_id`), or a function of the row.

    `kind` says how it is written; `words` names the table of words for chips and codes; `currency` is the path of
    the currency of an amount. `link` is the name of an address whose argument is found at `link_to`; it is
    shown to readers who may open the place `opens`. `template` writes a cell of its own (`row` is the row);
    a file has `plain` of it, or else the value.
    """

    name: str
    label: str | Promise
    kind: Kind = "text"
    value: str | Callable[[Any], Any] = ""
    words: str = ""
    currency: str = "currency"
    link: str = ""
    link_to: str = "pk"
    opens: str = ""
    template: str = ""
    plain: Callable[[Any], Any] | None = None
    is_shown: bool = True
    is_fixed: bool = False
    breaks: bool = False
    css_class: str = ""

    @property
    def css(self) -> str:
        """The classes of its cells."""
        if self.css_class:
            return self.css_class
        if self.kind in NUMBERS:
            return "number"
        return "breaks" if self.breaks else "nowrap" if self.kind in ("day", "instant") else ""

    def value_of(self, row: Any) -> Any:
        """Return what stands in this column of a row."""
        if callable(self.value):
            return self.value(row)
        return at_path(row, self.value or self.name)


@lru_cache(maxsize=1000)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def at_path(thing: Any, path: str) -> Any:
    """Return what lies at a path of attributes or keys; None where a step leads to nothing."""
    for step in _steps(path):
        if thing is None:
            return None
        thing = thing.get(step) if isinstance(thing, dict) else getattr(thing, step)
    return thing


def cell(*, column: Column, row: Any, opens: Collection[str]) -> SafeString:
    """Return a cell as the page shows it. `opens` are the places the reader may open."""
    if column.template:
        written = SafeString(render_to_string(column.template, {"row": row, "opens": opens}).strip())
    else:
        written = _written(column, row)
    if column.link and (not column.opens or column.opens in opens):
        target = at_path(row, column.link_to)
        if target is not None:
            return format_html('<a href="{}">{}</a>', reverse(column.link, args=[target]), written)
    return written


def plain(*, column: Column, row: Any) -> Any:
    """Return a cell as a file has it: amounts with their decimals, dates as ISO 8601 writes them, words for codes."""
    value = column.plain(row) if column.plain else column.value_of(row)
    if value is None:
        return ""
    match column.kind:
        case "money":
            return plain_amount(amount_minor=value, currency=at_path(row, column.currency) or "")
        case "chip" | "words":
            return words.word(table=column.words, code=str(value))
        case "bucket":
            return words.bucket_name(bucket=value)
        case "rate":
            rate_ppm, per = value
            return figures.rate_text(rate_ppm=rate_ppm, per=per)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _written(column: Column, row: Any) -> SafeString:
    value = column.value_of(row)
    if value is None or value == "":
        return NOTHING
    match column.kind:
        case "money":
            currency = at_path(row, column.currency) or ""
            return conditional_escape(figures.amount_text(amount_minor=value, currency=currency))
        case "day":
            return conditional_escape(marks.day(value))
        case "instant":
            return conditional_escape(marks.instant(value))
        case "chip":
            return marks.chip(str(value), column.words)
        case "words":
            return conditional_escape(words.word(table=column.words, code=str(value)))
        case "bucket":
            return marks.bucket_chip(value)
        case "number":
            return conditional_escape(marks.grouped(value))
        case "rate":
            return conditional_escape(figures.rate_text(rate_ppm=value[0], per=value[1]))
        case "seconds":
            return conditional_escape(marks.seconds(value))
    return conditional_escape(str(value))
