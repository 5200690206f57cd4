"""A list as a file: written page after page while it is sent, so that a book of a million loans needs no more memory."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from postloan.web.ui.paging import harmless
from postloan.web.ui.tables.columns import Column, plain
from postloan.web.ui.tables.rows import Cursor, Order, Rows

ROWS_AT_ONCE = 2_000
Present = Callable[[Sequence[Any]], Sequence[Any]]


def file_answer(
    request: HttpRequest, *, name: str, columns: Sequence[Column], rows: Rows, order: Order, present: Present | None
) -> StreamingHttpResponse:
    """
    Return the rows as a CSV file that spreadsheets open with the right letters.

    Each page is a short question of its own, by key: no transaction is held open while a slow reader reads.
    A text that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    pages = _pages(columns=columns, rows=rows, order=order, present=present)
    content = _awaited(pages) if isinstance(request, ASGIRequest) else pages
    answer = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _pages(*, columns: Sequence[Column], rows: Rows, order: Order, present: Present | None) -> Iterator[str]:
    yield "\ufeff" + _written([[str(column.label) for column in columns]])
    cursor: Cursor | None = None
    while placed := rows.read(order=order, cursor=cursor, backwards=False, limit=ROWS_AT_ONCE):
        found = [one.row for one in placed]
        shown = present(found) if present else found
        yield _written([[harmless(plain(column=column, row=row)) for column in columns] for row in shown])
        if len(placed) < ROWS_AT_ONCE:
            return
        cursor = placed[-1].place


async def _awaited(pages: Iterator[str]) -> AsyncIterator[str]:
    """Hand on the pages one by one; each is worked out in the thread of the request."""
    take = sync_to_async(lambda: next(pages, None), thread_sensitive=True)
    while (page := await take()) is not None:
        yield page


def _written(rows: Sequence[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
