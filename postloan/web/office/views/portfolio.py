"""How the book moves from month to month: roll rates, cures, vintages, cohorts, each as chart, table and file."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postloan.books.positions.portfolio import LEFT
from postloan.ground.access.roles import OFFICE
from postloan.kernel.ageing import HOUSE_BANDS
from postloan.web.office.rates import Cell, Line, Rows, ask_lake, chart, last_closed_date, loans_url
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice, asked_day
from postloan.web.ui.figures import month_text
from postloan.web.ui.paging import csv_answer, wants_csv

MONTHS = ("6", "12", "24")
BUCKETS = tuple(range(len(HOUSE_BANDS.bands)))
Context = dict[str, Any]


@for_roles(OFFICE)
def roll_rates(request: HttpRequest) -> HttpResponse:
    """Where the balance of each bucket was found a month on: the matrix of one month, and the roll rates of all."""
    return _answer(request, question="roll_rates", shown=_roll_rates)


@for_roles(OFFICE)
def cures(request: HttpRequest) -> HttpResponse:
    """How many of the loans past due at a month end were back at 0 days a month on."""
    return _answer(request, question="cures", shown=_cures)


@for_roles(OFFICE)
def vintages(request: HttpRequest) -> HttpResponse:
    """By month of disbursement: the share more than 30 days past due, by months on book."""
    return _answer(request, question="vintages", shown=_vintages)


@for_roles(OFFICE)
def cohorts(request: HttpRequest) -> HttpResponse:
    """By the month end at which loans were first seen past due: the share that still is, by months on."""
    return _answer(request, question="cohorts", shown=_cohorts)


def _answer(request: HttpRequest, *, question: str, shown: Callable[[HttpRequest, Rows], Context]) -> HttpResponse:
    months = asked_choice(request=request, name="months", choices=MONTHS) or "12"
    through_date = last_closed_date()
    rows = ask_lake(question=question, months=int(months), through_date=through_date) if through_date else ()
    if wants_csv(request):
        return _as_csv(name=question, rows=rows)
    context = {"tab": question, "months": months, "all_months": MONTHS, "through_date": through_date, "rows": rows}
    return render(request, f"office/{question}.html", context | (shown(request, rows) if rows else {}))


def _roll_rates(request: HttpRequest, rows: Rows) -> Context:
    days = _values(rows, "business_date")
    asked = asked_day(request=request, name="month")
    month: date = asked if asked is not None and asked in days else days[-1]
    of_month = [row for row in rows if row["business_date"] == month]
    worse = {(row["business_date"], row["bucket"]): row for row in rows if row["to_bucket"] == row["bucket"] + 1}
    whole = _sums(rows, "business_date", "bucket")
    buckets = [bucket for bucket in _values(rows, "bucket") if bucket < BUCKETS[-1]]
    cells = {
        bucket: [_rolled(day, bucket, worse.get((day, bucket)), whole.get((day, bucket))) for day in days]
        for bucket in buckets
    }
    return {
        "days": days,
        "month": month,
        "buckets": buckets,
        "to_buckets": (*[bucket for bucket in BUCKETS if _is_used(bucket, of_month)], LEFT),
        "left": LEFT,
        "matrix": _matrix(month, of_month),
        "chart": chart(across=days, lines=[(words.bucket_name(bucket=key), key, row) for key, row in cells.items()]),
        "lines": _turned(days, cells),
    }


def _rolled(day: date, bucket: int, row: dict[str, Any] | None, whole: int | None) -> Cell:
    """Return the roll rate of a bucket; 0 where it had loans and none rolled, nothing where it had none."""
    if whole is None:
        return Cell(share_ppm=None)
    url = loans_url(on_day=day, bucket=bucket)
    return Cell(share_ppm=row["share_ppm"] if row else 0, part=row["loans"] if row else 0, whole=whole, url=url)


def _matrix(month: date, rows: Sequence[dict[str, Any]]) -> list[Line]:
    found = {(row["bucket"], row["to_bucket"]): row for row in rows}
    whole = _sums(rows, "business_date", "bucket")
    to_buckets = (*[bucket for bucket in BUCKETS if _is_used(bucket, rows)], LEFT)
    lines = []
    for bucket in sorted({row["bucket"] for row in rows}):
        moved = [found.get((bucket, to_bucket)) for to_bucket in to_buckets]
        cells = tuple(Cell(row["share_ppm"], row["loans"]) if row else Cell(None) for row in moved)
        url = loans_url(on_day=month, bucket=bucket)
        lines.append(Line(key=bucket, loans=whole[month, bucket], cells=cells, url=url))
    return lines


def _is_used(bucket: int, rows: Sequence[dict[str, Any]]) -> bool:
    return any(bucket in (row["bucket"], row["to_bucket"]) for row in rows)


def _cures(request: HttpRequest, rows: Rows) -> Context:
    days, buckets = _values(rows, "business_date"), _values(rows, "bucket")
    found = {(row["business_date"], row["bucket"]): row for row in rows}
    cells = {bucket: [_cured(found.get((day, bucket))) for day in days] for bucket in buckets}
    return {
        "buckets": buckets,
        "chart": chart(across=days, lines=[(words.bucket_name(bucket=key), key, row) for key, row in cells.items()]),
        "lines": _turned(days, cells),
    }


def _cured(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell(share_ppm=None)
    url = loans_url(on_day=row["business_date"], bucket=row["bucket"])
    return Cell(share_ppm=row["share_ppm"], part=row["cured"], whole=row["loans"], url=url)


def _vintages(request: HttpRequest, rows: Rows) -> Context:
    known = [row for row in rows if row["vintage"] is not None]
    return _by_age(known, key="vintage", age="months_on_book", part="past_30") if known else {}


def _cohorts(request: HttpRequest, rows: Rows) -> Context:
    return _by_age(rows, key="cohort", age="months_on", part="still_past_due")


def _by_age(rows: Sequence[dict[str, Any]], *, key: str, age: str, part: str) -> Context:
    """Return a line for each vintage or cohort, its cells by age in months."""
    keys, ages = _values(rows, key), _values(rows, age)
    found = {(row[key], row[age]): row for row in rows}
    lines = []
    for value in keys:
        of_key = [found.get((value, months)) for months in ages]
        cells = tuple(Cell(row["share_ppm"], row[part], row["loans"]) if row else Cell(None) for row in of_key)
        loans = max(row["loans"] for row in of_key if row)
        url = loans_url(on_day=value) if key == "cohort" else ""
        lines.append(Line(key=value, loans=loans, cells=cells, url=url))
    drawn = [(month_text(month=line.key), None, line.cells) for line in lines if isinstance(line.key, date)]
    return {"ages": ages, "lines": list(reversed(lines)), "chart": chart(across=ages, lines=drawn)}


def _turned(days: Sequence[date], cells: dict[int, list[Cell]]) -> list[Line]:
    """Return a line for each month, the latest first, with a cell for each bucket."""
    by_day = zip(days, zip(*cells.values(), strict=True), strict=True)
    return [Line(key=day, loans=None, cells=tuple(of_day)) for day, of_day in reversed(list(by_day))]


def _values(rows: Collection[dict[str, Any]], name: str) -> list[Any]:
    return sorted({row[name] for row in rows})


def _sums(rows: Collection[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], int]:
    """Return the number of loans by the values of some columns."""
    sums: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        sums[key] = sums.get(key, 0) + row["loans"]
    return sums


def _as_csv(*, name: str, rows: Rows) -> HttpResponse:
    titles = {
        "business_date": _("Business date"),
        "bucket": _("Bucket"),
        "to_bucket": _("Bucket a month on"),
        "loans": _("Loans"),
        "outstanding_minor": _("Principal outstanding, minor units"),
        "share_ppm": _("Share, millionths"),
        "cured": _("Cured"),
        "vintage": _("Month of disbursement"),
        "months_on_book": _("Months on book"),
        "past_30": _("More than 30 days past due"),
        "cohort": _("First seen past due"),
        "months_on": _("Months on"),
        "still_past_due": _("Still past due"),
        "left": _("Left the book"),
    }
    columns = list(rows[0]) if rows else []
    lines = ([_plain(column, row[column]) for column in columns] for row in rows)
    return csv_answer(name=name, header=[titles.get(column, column) for column in columns], rows=lines)


def _plain(column: str, value: Any) -> Any:
    """Return a value of a file: buckets by their names, everything else as it is."""
    if column not in ("bucket", "to_bucket"):
        return value
    return _("Left the book") if value == LEFT else words.bucket_name(bucket=value)
