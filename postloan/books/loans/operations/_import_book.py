"""
Take a lender's book over: every loan of a tape, all or nothing, once, and tied out.

The rules are in docs/rules/import.md, the parts in books/loans/importing.
"""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from postloan.books.ledger import operations as ledger
from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.importing.blocks import BadRow, Block, Job, People, Prepared, StatusTotals, TapeWarning
from postloan.books.loans.importing.copy_text import TABLES
from postloan.books.loans.importing.loading import Writer, prepare_blocks, read_blocks, workers_for
from postloan.books.loans.importing.mapping import LoadedMapping
from postloan.books.loans.importing.reading import sha256_of
from postloan.books.loans.importing.surveying import Survey, survey_tape
from postloan.books.loans.importing.tie_out import TieOutLine, tie_out
from postloan.books.loans.models import ImportBatch
from postloan.books.products import operations as products
from postloan.ground.audit import operations as audit

MAX_ROWS = 5_000_000
BAD_ROWS_KEPT = 100_000  # of a tape that is wrong all over, the rest is only counted
LOCK = 0x506F7374  # one import at a time in a database

Progress = Callable[[int, int], None]


class NothingToLoad(ValueError):
    """Not one row of the tape can be loaded."""


class TapeChanged(ValueError):
    """The file was changed while it was being read."""


class RejectsNotWritable(ValueError):
    """The file for the rejected rows cannot be written."""


@dataclass
class Imported:
    """
    What an import, or its dry run, found and did.

    `batch` is the record of it, None for a dry run; `was_there` says that the same tape was
    imported before and nothing was done. Totals are of the rows that can be loaded.
    """

    rows: int = 0
    loaded: int = 0
    totals: dict[str, StatusTotals] = field(default_factory=dict)
    warnings: dict[str, TapeWarning] = field(default_factory=dict)
    bad_rows: list[BadRow] = field(default_factory=list)
    bad_row_count: int = 0
    lines: list[TieOutLine] = field(default_factory=list)
    batch: ImportBatch | None = None
    was_there: bool = False

    def add(self, prepared: Prepared) -> None:
        """Count one block."""
        self.rows += prepared.rows
        self.loaded += prepared.loaded
        self.bad_row_count += prepared.rows - prepared.loaded
        self.bad_rows += prepared.bad_rows[: BAD_ROWS_KEPT - len(self.bad_rows)]
        for status, totals in prepared.totals.items():
            self.totals.setdefault(status, StatusTotals()).add(totals)
        for name, warning in prepared.warnings.items():
            mine = self.warnings.setdefault(name, TapeWarning(warning.text))
            mine.add(warning.first_rows)
            mine.count += warning.count - len(warning.first_rows)


class BadRowsFound(ValueError):
    """The tape has bad rows and nobody asked to put them aside; `imported` tells each. Nothing was loaded."""

    def __init__(self, imported: Imported) -> None:
        super().__init__(f"{imported.bad_row_count} of {imported.rows} rows are bad; nothing was loaded")
        self.imported = imported


def import_book(
    *,
    tape: Path,
    mapping: LoadedMapping,
    as_of: date,
    by: str,
    at: datetime,
    dry_run: bool = False,
    rejects: Path | None = None,
    max_rows: int = MAX_ROWS,
    people: People | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Imported:
    """
    Load the book in `tape` as it stood when `as_of` had closed, and return what was found.

    A dry run writes nothing. Otherwise all rows are loaded in one transaction, or none: with
    `rejects` the good ones, and the bad ones go to that file with their reasons. The same file,
    mapping and date again changes nothing. `people` invents customers where the mapping says so.

    Refuses with TapeUnreadable, ColumnsMissing, TapeEmpty, TapeTooLong, TapeChanged, BadRowsFound,
    NothingToLoad, RejectsNotWritable, TieOutFailed or ledger.BooksAlreadyOpen; the database is then
    as it was.
    """
    assert (people is not None) == mapping.mapping.people.invent, "people are invented where the mapping says so"
    file_sha256 = sha256_of(file=tape)
    if (before := _find_batch(file_sha256, mapping, as_of)) and not dry_run:
        return Imported(batch=before, was_there=True)
    survey = survey_tape(file=tape, mapping=mapping.mapping, people=people, max_rows=max_rows)
    job = Job(
        mapping=mapping.mapping,
        terms=mapping.terms,
        as_of=as_of,
        people=people,
        dry_run=dry_run,
        keyset_file=settings.KEYSET_FILE,
        at=at,
    )
    run = _Run(tape, job, survey, workers_for(rows=survey.rows) if workers is None else workers, progress)
    if dry_run:
        for _, prepared in run.blocks():
            run.imported.add(prepared)
        return run.imported
    with transaction.atomic():
        return _load(run=run, mapping=mapping, file_sha256=file_sha256, rejects=rejects, by=by)


@dataclass
class _Run:
    """One reading of the tape on its way."""

    tape: Path
    job: Job
    survey: Survey
    workers: int
    progress: Progress | None
    imported: Imported = field(default_factory=Imported)

    def blocks(self) -> Iterator[tuple[Block, Prepared]]:
        """Give the blocks worked out, telling the progress."""
        mapping, done = self.job.mapping, 0
        blocks = read_blocks(
            file=self.tape, mapping=mapping, people=self.job.people, survey=self.survey, dry_run=self.job.dry_run
        )
        for block, prepared in prepare_blocks(job=self.job, blocks=blocks, workers=self.workers):
            yield block, prepared
            done += prepared.rows
            if self.progress is not None:
                self.progress(done, self.survey.rows)


def _load(*, run: _Run, mapping: LoadedMapping, file_sha256: str, rejects: Path | None, by: str) -> Imported:
    job, imported = run.job, run.imported
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # Foreign keys are checked after every COPY and not all at the end, which would keep a note of each row till then.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if before := _find_batch(file_sha256, mapping, job.as_of):
        return Imported(batch=before, was_there=True)
    ledger.open_books(closed_through_date=job.as_of, by=by, at=job.at)
    named = mapping.mapping.product
    version = products.publish_product_version(code=named.code, name=named.name, terms=job.terms, by=by, at=job.at)
    entry = JournalEntry.objects.create(
        business_date=job.as_of,
        kind=JournalEntry.Kind.TAKEOVER,
        source=f"import:{file_sha256[:32]}:{mapping.sha256[:16]}:{job.as_of}",
        currency=job.terms.currency,
        recorded_at=job.at,
    )
    run.job = replace(job, product_version_id=version.pk, entry_id=entry.pk)
    writer = Writer()
    with _rejects_file(rejects, run.job) as reject:
        for block, prepared in run.blocks():
            imported.add(prepared)
            reject(block, prepared)
            if rejects is not None or not imported.bad_row_count:
                writer.write(block=block, prepared=prepared)
        if imported.bad_row_count and rejects is None:
            raise BadRowsFound(imported)
        if not imported.loaded:
            raise NothingToLoad(f"not one of the {imported.rows} rows can be loaded")
        if sha256_of(file=run.tape) != file_sha256:
            raise TapeChanged(f"{run.tape.name} was changed while it was being read")
        imported.lines = _tied_out(run=run, writer=writer, entry=entry)
        imported.batch = _record(
            run=run, writer=writer, entry=entry, version_id=version.pk, shas=(file_sha256, mapping.sha256), by=by
        )
    return imported


def _find_batch(file_sha256: str, mapping: LoadedMapping, as_of: date) -> ImportBatch | None:
    return ImportBatch.objects.filter(file_sha256=file_sha256, mapping_sha256=mapping.sha256, as_of_date=as_of).first()


def _tied_out(*, run: _Run, writer: Writer, entry: JournalEntry) -> list[TieOutLine]:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")  # whoever asks first should not wait for the nightly one
    return tie_out(
        totals=run.imported.totals,
        source=run.job.mapping.tape.source,
        first_loan_id=writer.first_loan_id,
        last_loan_id=writer.last_loan_id,
        entry_id=entry.pk,
    )


def _record(
    *, run: _Run, writer: Writer, entry: JournalEntry, version_id: int, shas: tuple[str, str], by: str
) -> ImportBatch:
    job, imported = run.job, run.imported
    batch = ImportBatch.objects.create(
        source=job.mapping.tape.source,
        file_name=run.tape.name[:200],
        file_sha256=shas[0],
        mapping_sha256=shas[1],
        as_of_date=job.as_of,
        product_version_id=version_id,
        entry=entry,
        first_loan_id=writer.first_loan_id,
        last_loan_id=writer.last_loan_id,
        rows_read=imported.rows,
        rows_loaded=imported.loaded,
        rows_rejected=imported.bad_row_count,
        control_totals={status: asdict(totals) for status, totals in imported.totals.items()},
        tie_out=[asdict(line) for line in imported.lines],
        warnings=[asdict(warning) for warning in imported.warnings.values()],
        imported_at=job.at,
        imported_by=by,
    )
    counts = {"rows": imported.rows, "loaded": imported.loaded, "rejected": imported.bad_row_count}
    audit.record_act(
        by=by,
        action="import_book",
        subject_kind="import_batch",
        subject_id=batch.pk,
        at=job.at,
        details={"source": batch.source, "file_sha256": shas[0], "as_of_date": job.as_of.isoformat(), **counts},
    )
    return batch


@contextmanager
def _rejects_file(file: Path | None, job: Job) -> Iterator[Callable[[Block, Prepared], None]]:
    """
    Give a function that puts the bad rows of a block aside; the file stands only when the block of work succeeds.

    It has the mapped columns as they were, so that a corrected file can be imported with the same
    mapping, and two more that say which row it was and why. Only its owner may read it.
    """
    if file is None:
        yield lambda block, prepared: None
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}.draft")
    try:
        draft.touch(mode=0o600)
        stream = draft.open("w", newline="", encoding=job.mapping.tape.encoding)
    except OSError as error:
        raise RejectsNotWritable(f"{file} cannot be written: {error.strerror}") from None
    try:
        with stream:
            names = job.mapping.mapped_columns()
            writer = csv.writer(stream, delimiter=job.mapping.tape.delimiter)
            writer.writerow([*names, "postloan_row", "postloan_reasons"])

            def reject(block: Block, prepared: Prepared) -> None:
                reasons: dict[int, list[str]] = {}
                for bad in prepared.bad_rows:
                    reasons.setdefault(bad.row_no, []).append(
                        f"{bad.column}: {bad.reason}" if bad.column else bad.reason
                    )
                for row in block.rows:
                    if row.row_no in reasons:
                        texts = row.texts or [""] * len(names)
                        writer.writerow([*texts, row.row_no, "; ".join(reasons[row.row_no])])

            yield reject
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
