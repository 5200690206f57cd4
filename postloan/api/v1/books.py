"""Books that another core keeps, told by calls: positions, instalments and receipts as they change (docs/rules/mirror.md)."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from postloan.api.v1.doors import by_of, needs, once
from postloan.api.v1.problems import problem
from postloan.books.mirror import operations
from postloan.books.mirror.mapping import FileKind
from postloan.ground.access.scopes import Scope

router = Router(tags=["books of other cores"])
ROWS_MOST = 10_000
ROWS_NAMED = 100


class ToldIn(Schema):
    """
    What the core tells, as of one of its business dates.

    Rows are objects whose keys are the columns of the mapping with which the core's newest file was taken in.
    """

    as_of: date
    is_full: bool = False
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=ROWS_MOST)


class SyncedOut(Schema):
    """What was done with the rows; `was_there` says that the same call had come before and nothing was done."""

    file_id: int
    was_there: bool
    rows_read: int
    rows_taken: int
    rows_same: int
    rows_older: int
    loans_new: int
    loans_absent: int


@router.post("/{source}/{kind}", response=SyncedOut, auth=needs(Scope.BOOKS_SYNC), operation_id="sync_book")
@once
def sync_book(request: HttpRequest, source: str, kind: FileKind, body: ToldIn) -> SyncedOut:
    """Take in rows of another core, all or none. Money told here stops reminders at once."""
    found = operations.sync_objects(
        source=source,
        objects=body.rows,
        kind=kind,
        as_of=body.as_of,
        is_full=body.is_full,
        by=by_of(request=request),
        at=timezone.now(),
    )
    file = found.file
    return SyncedOut(
        file_id=file.pk,
        was_there=found.was_there,
        rows_read=file.rows_read,
        rows_taken=file.rows_taken,
        rows_same=file.rows_same,
        rows_older=file.rows_older,
        loans_new=file.loans_new,
        loans_absent=file.loans_absent,
    )


def rows_refused(request: HttpRequest, refusal: operations.SyncRefused) -> HttpResponse:
    """Name each row that cannot be taken: its place in the call, the column and why."""
    named = [
        {"field": f"rows.{row.row_no - 1}.{row.column}".rstrip("."), "message": f"{row.kind}: {row.reason}"}
        for row in refusal.bad_rows[:ROWS_NAMED]
    ]
    return problem(status=422, title=f"{refusal}.", kind="/problems/sync-refused", errors=named)
