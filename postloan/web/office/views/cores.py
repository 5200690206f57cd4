"""Other cores: what came from them, what is missing, and how each night tied out."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.loans.queries import get_book_currency
from postloan.books.mirror import queries
from postloan.books.mirror.models import TieOut
from postloan.ground.access.roles import OFFICE
from postloan.kernel.currencies import plain_amount
from postloan.web.ui.access import for_roles
from postloan.web.ui.paging import csv_answer, page_of, wants_csv

NIGHTS_SHOWN = 31


@for_roles(OFFICE)
def cores(request: HttpRequest) -> HttpResponse:
    """Each core with its nights, the files that are missing, and what came."""
    context = {
        "cores": [
            {
                "core": core,
                "loans": queries.count_followed(core_id=core.pk),
                "nights": queries.find_tie_outs(core_id=core.pk)[:NIGHTS_SHOWN],
            }
            for core in queries.get_cores()
        ],
        "alarms": queries.get_open_file_alarms(),
        "page": page_of(request=request, rows=queries.find_files()),
    }
    return render(request, "office/cores.html", context)


@for_roles(OFFICE)
def core_night(request: HttpRequest, core_id: int, business_date: date) -> HttpResponse:
    """One night of a core: its figures and ours by status and bucket, and the loans in which we differ."""
    try:
        found = queries.get_tie_out(core_id=core_id, business_date=business_date)
    except TieOut.DoesNotExist as error:
        raise Http404 from error
    if wants_csv(request):
        return _as_csv(found)
    context = {"found": found, "currency": get_book_currency(), "shown": len(found.differences)}
    return render(request, "office/core_night.html", context)


def _as_csv(found: TieOut) -> HttpResponse:
    """The loans that differ; days as they are, amounts in major units."""
    currency = get_book_currency()

    def written(figure: str, value: int | None) -> object:
        is_days = figure == "days_past_due"
        return value if is_days or value is None else plain_amount(amount_minor=value, currency=currency)

    rows = [
        (row["external_id"], row["figure"], written(row["figure"], row["theirs"]), written(row["figure"], row["ours"]))
        for row in found.differences
    ]
    name = f"{found.core.source}-{found.business_date}"
    return csv_answer(name=name, header=("loan", "figure", "theirs", "ours"), rows=rows)
