"""Lists: one page at a time, and the whole of it as a file."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

PAGE_ROWS = 50
MOST_ROWS_IN_FILE = 100_000

Row = TypeVar("Row", bound=Model)


def page_of(*, request: HttpRequest, rows: QuerySet[Row], per_page: int = PAGE_ROWS) -> Page[Row]:
    """Return the page of `rows` that `?page=` asks for; a number outside is the nearest page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def wants_csv(request: HttpRequest) -> bool:
    """Say whether the list is asked for as a file."""
    return request.GET.get("format") == "csv"


def csv_answer(*, name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """
    Return the rows as a CSV file that spreadsheets open with the right letters.

    A text that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([str(title) for title in header])
    writer.writerows([harmless(value) for value in row] for row in rows)
    answer = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def harmless(value: object) -> object:
    """Return a cell of a file with a leading apostrophe where a spreadsheet would run it as a formula."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula and not _is_number(str(value)) else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
