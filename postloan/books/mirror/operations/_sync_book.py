"""
Take in what another core tells of its loans: one file or call, all of it or nothing, as often as it comes.

The rules are in docs/rules/mirror.md.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection, transaction

from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.importing.blocks import BadRow
from postloan.books.loans.importing.reading import Row, sha256_of
from postloan.books.mirror import facts
from postloan.books.mirror.columns import Reader, read_instalments, read_receipts
from postloan.books.mirror.mapping import FileKind, Layout, LoadedSyncMapping, mapping_of_core
from postloan.books.mirror.models import Core, FileAlarm, SyncFile
from postloan.books.mirror.operations._tie_out import UnknownCore, tie_out
from postloan.books.mirror.positions import keep_positions, mark_absent, read_positions, stage_positions
from postloan.books.mirror.projecting import lock_touched, project_touched
from postloan.books.mirror.reading import read_file_rows, rows_of_objects
from postloan.books.products.operations import publish_product_version
from postloan.ground.audit import operations as audit

LOCK = 7_061_067  # of the database's lock space: files of all cores are taken in one after another


class DayInFuture(ValueError):
    """The file speaks of a business date that has not begun here."""


class SourceTaken(ValueError):
    """Loans of this source are in our own books: it cannot be followed as another core."""


class NothingTold(ValueError):
    """The file has no row."""


class SyncRefused(ValueError):
    """Rows of the file cannot be taken; `bad_rows` names row, column and reason. Nothing was written."""

    def __init__(self, *, bad_rows: list[BadRow], rows_read: int) -> None:
        bad = len({row.row_no for row in bad_rows})
        super().__init__(f"{bad} of {rows_read} rows cannot be taken; nothing was written")
        self.bad_rows = sorted(bad_rows, key=lambda row: row.row_no)


@dataclass(frozen=True)
class Synced:
    """The record of what was taken in; `was_there` says that the same file had come before and nothing was done."""

    file: SyncFile
    was_there: bool


@dataclass(frozen=True)
class _Told:
    """What came: its name and digest, and a way to its rows."""

    name: str
    sha256: str
    rows: Callable[[], list[Row]]


@dataclass(frozen=True)
class _Kept:
    rows_read: int
    taken: int
    older: int
    loans_new: int = 0
    loans_absent: int = 0


def sync_file(
    *, file: Path, kind: FileKind, mapping: LoadedSyncMapping, as_of: date, is_full: bool, by: str, at: datetime
) -> Synced:
    """
    Take in a file of one kind as it stood when `as_of` had closed in the other core.

    A full file of positions tells all loans, of instalments all rows of each loan it names; a delta only
    what changed. Facts older than those held are left alone. The same file again changes nothing.
    Refusals, after which nothing is written: SyncRefused (rows), TapeUnreadable, ColumnsMissing,
    KindNotMapped, NothingTold, DayInFuture, SourceTaken, PlanHasGaps, ledger.BooksNotOpen.
    """
    layout = Layout(mapping.mapping.tape, mapping.mapping.columns_of(kind=kind))
    told = _Told(file.name[:200], sha256_of(file=file), lambda: list(read_file_rows(file=file, layout=layout)))
    return _sync(told=told, kind=kind, mapping=mapping, as_of=as_of, is_full=is_full, by=by, at=at)


def sync_objects(
    *, source: str, objects: list[dict[str, Any]], kind: FileKind, as_of: date, is_full: bool, by: str, at: datetime
) -> Synced:
    """
    Take in what came as a call; keys of the objects are the columns of the mapping that the core's newest file had.

    Refuses with UnknownCore, otherwise as `sync_file`.
    """
    core = Core.objects.filter(source=source).first()
    if core is None:
        raise UnknownCore(source)
    mapping = mapping_of_core(mapping=core.mapping, terms=core.terms, sha256=core.mapping_sha256)
    layout = Layout(mapping.mapping.tape, mapping.mapping.columns_of(kind=kind))
    digest = hashlib.sha256(json.dumps(objects, sort_keys=True, default=str).encode()).hexdigest()
    told = _Told("call", digest, lambda: rows_of_objects(objects=objects, layout=layout))
    return _sync(told=told, kind=kind, mapping=mapping, as_of=as_of, is_full=is_full, by=by, at=at)


@transaction.atomic
def _sync(
    *, told: _Told, kind: FileKind, mapping: LoadedSyncMapping, as_of: date, is_full: bool, by: str, at: datetime
) -> Synced:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if as_of > get_business_date():
        raise DayInFuture(f"{as_of} lies after the open business date {get_business_date()}")
    core = _core(mapping, as_of)
    named = {"core": core, "kind": kind, "as_of_date": as_of, "file_sha256": told.sha256}
    if before := SyncFile.objects.filter(**named, mapping_sha256=mapping.sha256).first():
        return Synced(file=before, was_there=True)
    rows = told.rows()
    if not rows:
        raise NothingTold(f"{told.name} has no row")
    keep = {"positions": _positions, "instalments": _instalments, "receipts": _receipts}[kind]
    kept = keep(rows=rows, mapping=mapping, core=core, as_of=as_of, is_full=is_full, by=by, at=at)
    project_touched()
    record = SyncFile.objects.create(
        **named,
        mapping_sha256=mapping.sha256,
        is_full=is_full,
        file_name=told.name,
        rows_read=kept.rows_read,
        rows_taken=kept.taken,
        rows_older=kept.older,
        rows_same=kept.rows_read - kept.taken - kept.older,
        loans_new=kept.loans_new,
        loans_absent=kept.loans_absent,
        received_at=at,
        received_by=by,
    )
    FileAlarm.objects.filter(core=core, kind=kind, business_date=as_of, solved_at=None).update(solved_at=at)
    if _is_complete(core, as_of):
        tie_out(source=core.source, business_date=as_of, at=at)
    audit.record_act(
        by=by,
        action="sync_book",
        subject_kind="sync_file",
        subject_id=record.pk,
        at=at,
        details={"source": core.source, "kind": kind, "as_of": as_of.isoformat(), "rows_taken": kept.taken},
    )
    return Synced(file=record, was_there=False)


def _is_complete(core: Core, day: date) -> bool:
    """Say whether positions and instalments of the day are in, and nothing of a later one: then the day can be compared."""
    came = set(SyncFile.objects.filter(core=core, as_of_date=day).values_list("kind", flat=True))
    return came >= {"positions", "instalments"} and not SyncFile.objects.filter(core=core, as_of_date__gt=day).exists()


def _core(mapping: LoadedSyncMapping, as_of: date) -> Core:
    """Return the core of the mapping, made known with its first file; what is expected of it follows the mapping."""
    source, expected = mapping.mapping.tape.source, mapping.mapping.expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM loans_loan WHERE source = %s AND NOT kept_elsewhere)", [source])
        if cursor.fetchone()[0]:
            raise SourceTaken(f"{source} has loans in our own books")
    wishes = {
        "expected_kinds": expected.kinds,
        "due_by_hour": expected.by_hour,
        "mapping": mapping.mapping.model_dump(mode="json"),
        "terms": mapping.terms.model_dump(mode="json"),
        "mapping_sha256": mapping.sha256,
    }
    core, _ = Core.objects.update_or_create(
        source=source, defaults=wishes, create_defaults={**wishes, "followed_from_date": as_of}
    )
    return core


def _positions(
    *, rows: list[Row], mapping: LoadedSyncMapping, core: Core, as_of: date, is_full: bool, by: str, at: datetime
) -> _Kept:
    named = mapping.mapping.product
    version = publish_product_version(code=named.code, name=named.name, terms=mapping.terms, by=by, at=at)
    read = read_positions(rows=rows, mapping=mapping, product_version_id=version.pk, as_of=as_of, at=at)
    if read.bad_rows:
        raise SyncRefused(bad_rows=read.bad_rows, rows_read=read.rows_read)
    stage_positions(told=read.told)
    lock_touched()
    taken, older = keep_positions(core_id=core.pk, as_of=as_of)
    absent = mark_absent(core_id=core.pk, as_of=as_of) if is_full else 0
    return _Kept(read.rows_read, taken, older, read.loans_new, absent)


def _instalments(
    *, rows: list[Row], mapping: LoadedSyncMapping, core: Core, as_of: date, is_full: bool, by: str, at: datetime
) -> _Kept:
    columns = mapping.mapping.instalments
    assert columns is not None
    reader = _reader(rows, mapping, "instalments")
    frame = _checked(read_instalments(reader=reader, columns=columns), reader)
    _stage(frame, reader, core, columns.loan_id.column)
    lock_touched()
    taken, older = facts.keep_instalments(as_of=as_of, is_full=is_full)
    return _Kept(reader.rows_read, taken, older)


def _receipts(
    *, rows: list[Row], mapping: LoadedSyncMapping, core: Core, as_of: date, is_full: bool, by: str, at: datetime
) -> _Kept:
    columns = mapping.mapping.receipts
    assert columns is not None
    reader = _reader(rows, mapping, "receipts")
    frame = _checked(read_receipts(reader=reader, columns=columns), reader)
    _stage(frame, reader, core, columns.loan_id.column)
    lock_touched()
    reader.bad_rows += facts.receipts_with_other_facts(source=core.source, column=columns.reference.column)
    _checked(frame, reader)
    return _Kept(reader.rows_read, facts.keep_receipts(source=core.source, at=at), 0)


def _reader(rows: list[Row], mapping: LoadedSyncMapping, kind: FileKind) -> Reader:
    return Reader(rows=rows, names=mapping.mapping.columns_of(kind=kind), tape=mapping.mapping.tape)


def _checked(frame: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    if reader.bad_rows:
        raise SyncRefused(bad_rows=reader.bad_rows, rows_read=reader.rows_read)
    return frame


def _stage(frame: pl.DataFrame, reader: Reader, core: Core, column: str) -> None:
    reader.bad_rows += facts.stage_of_loans(rows=frame, source=core.source, column=column)
    _checked(frame, reader)
