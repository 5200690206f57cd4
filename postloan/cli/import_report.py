"""What an import found, as text for people."""

from typing import Protocol

from postloan.books.loans.operations import Imported

BAD_ROWS_PRINTED = 50


class Stream(Protocol):
    """Something that takes lines."""

    def write(self, msg: str) -> object:
        """Write a line."""
        ...


def print_report(*, imported: Imported, stream: Stream) -> None:
    """Write control totals, bad rows, warnings and tie-out. Amounts are in minor units; no personal data."""
    if imported.was_there:
        assert imported.batch is not None
        stream.write(
            f"Already imported on {imported.batch.imported_at:%Y-%m-%d %H:%M} UTC as batch {imported.batch.pk}:"
            f" {imported.batch.rows_loaded:,} loans. Nothing was changed."
        )
        return
    stream.write(f"{imported.rows:,} rows, {imported.loaded:,} good, {imported.bad_row_count:,} bad")
    _print_totals(imported, stream)
    _print_bad_rows(imported, stream)
    for warning in imported.warnings.values():
        first = ", ".join(str(row) for row in warning.first_rows[:10])
        stream.write(f"Warning: {warning.text}: {warning.count:,} rows (first {first})")
    if imported.lines:
        _print_tie_out(imported, stream)
    if imported.batch is not None:
        stream.write(f"Imported as batch {imported.batch.pk}, as of {imported.batch.as_of_date}.")


def _print_totals(imported: Imported, stream: Stream) -> None:
    header = ("status", "loans", "principal", "outstanding", "paid principal", "paid interest", "paid fees")
    lines = [
        (
            status or "(no status)",
            totals.loans,
            totals.principal_minor,
            totals.outstanding_minor,
            totals.paid_principal_minor,
            totals.paid_interest_minor,
            totals.paid_fees_minor,
        )
        for status, totals in sorted(imported.totals.items())
    ]
    if lines:
        figures = [sum(column) for column in list(zip(*lines, strict=True))[1:]]
        _print_table("Control totals (minor units)", [header, *lines, ("all", *figures)], stream)


def _print_bad_rows(imported: Imported, stream: Stream) -> None:
    for bad in imported.bad_rows[:BAD_ROWS_PRINTED]:
        where = f"column {bad.column!r}: " if bad.column else ""
        stream.write(f"Row {bad.row_no}: {where}{bad.kind}: {bad.reason}")
    if len(imported.bad_rows) > BAD_ROWS_PRINTED:
        stream.write(f"… and {len(imported.bad_rows) - BAD_ROWS_PRINTED:,} faults more")


def _print_tie_out(imported: Imported, stream: Stream) -> None:
    header = ("status", "figure", "tape", "books", "difference")
    lines = [
        (line.status, line.figure.removesuffix("_minor"), line.tape, line.books, line.difference)
        for line in imported.lines
    ]
    _print_table("Tie-out (minor units)", [header, *lines], stream)


def _print_table(title: str, lines: "list[tuple[object, ...]]", stream: Stream) -> None:
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    stream.write(title)
    for line in cells:
        texts = [
            text.ljust(width) if text[:1].isalpha() or text[:1] == "(" else text.rjust(width)
            for text, width in zip(line, widths, strict=True)
        ]
        stream.write("  " + "  ".join(texts).rstrip())
