"""
Shares by month and bucket, vintage or cohort: as a table whose cells are tinted, and as a chart of the same figures.

The figures come from the lake's month ends, which do not change once written: an
answer is worked out once for each closed day and lake, and kept by the process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.positions import portfolio

HEAT_STEPS = 10
Rows = tuple[dict[str, Any], ...]

QUESTIONS: dict[str, Callable[..., pl.DataFrame]] = {
    "roll_rates": portfolio.get_roll_rates,
    "cures": portfolio.get_cure_rates,
    "vintages": portfolio.get_vintages,
    "cohorts": portfolio.get_cohorts,
}
_one_at_a_time = Lock()  # those who ask while it is worked out wait for that answer


@dataclass(frozen=True)
class Cell:
    """A share in millionths, None where there is nothing to share; how many loans it is of; where it leads."""

    share_ppm: int | None
    part: int | None = None
    whole: int | None = None
    url: str = ""

    @property
    def heat(self) -> int:
        """The depth of the tint, 0 to HEAT_STEPS: a small share is seen, a full one is deepest."""
        return -(-(self.share_ppm or 0) * HEAT_STEPS // 1_000_000)


@dataclass(frozen=True)
class Line:
    """A row of the table: its title (a month or a bucket), where that leads, and its cells."""

    key: date | int
    loans: int | None
    cells: tuple[Cell, ...]
    url: str = ""


def last_closed_date() -> date | None:
    """Return the last day that is closed, None before anything is loaded."""
    try:
        return get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return None


def ask_lake(*, question: str, months: int, through_date: date) -> Rows:
    """Return the rows of one of QUESTIONS over the last `months` months and the one before them."""
    from_date = through_date - timedelta(days=31 * (months + 1))
    lake = Path(settings.POSITIONS_DIR)
    newest = lake / f"business_date={through_date}"
    touched = tuple(path.stat().st_mtime_ns for path in (lake, newest) if path.exists())
    with _one_at_a_time:
        return _asked(question, from_date, through_date, str(lake), touched)


@lru_cache(maxsize=32)
def _asked(question: str, from_date: date, through_date: date, _lake: str, _touched: tuple[int, ...]) -> Rows:
    return tuple(QUESTIONS[question](from_date=from_date, through_date=through_date).to_dicts())


def loans_url(*, on_day: date, bucket: int | None = None) -> str:
    """Return the address of the loans that stood in a bucket when a day closed."""
    asked: dict[str, Any] = (
        {"on": on_day.isoformat()} if bucket is None else {"bucket": bucket, "on": on_day.isoformat()}
    )
    return f"{reverse('office:loans')}?{urlencode(asked)}"


def chart(*, across: Sequence[Any], lines: Sequence[tuple[str, int | None, Sequence[Cell]]]) -> dict[str, Any]:
    """Return what a chart is drawn from: lines of a name, a bucket that gives the colour or None, and cells."""
    return {
        "across": [place.isoformat() if isinstance(place, date) else place for place in across],
        "lines": [
            {
                "name": name,
                "bucket": bucket,
                "shares": [cell.share_ppm for cell in cells],
                "urls": [cell.url for cell in cells],
            }
            for name, bucket, cells in lines
        ],
    }
