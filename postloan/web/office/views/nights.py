"""What the nights did: close runs with their steps, partitions, checks and loans set aside."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.loans.queries import get_book_currency
from postloan.close.models import CloseRun
from postloan.close.queries import find_runs, get_faults, get_neighbours, get_run, summarise
from postloan.ground.access.roles import OFFICE
from postloan.web.ui.access import for_roles
from postloan.web.ui.paging import page_of


@for_roles(OFFICE)
def close_runs(request: HttpRequest) -> HttpResponse:
    """All closed days, the latest first."""
    page = page_of(request=request, rows=find_runs())
    rows = [{"run": run, "elapsed": run.finished_at - run.started_at if run.finished_at else None} for run in page]
    return render(request, "office/close_runs.html", {"page": page, "rows": rows, "faults": get_faults(only_open=True)})


@for_roles(OFFICE)
def close_run(request: HttpRequest, business_date: date) -> HttpResponse:
    """One night: its steps with their seconds, partitions, counts, checks and loans set aside."""
    try:
        run = get_run(business_date=business_date)
    except CloseRun.DoesNotExist as error:
        raise Http404 from error
    marks = list(run.marks.all())
    before, after = get_neighbours(business_date=business_date)
    context = {
        "run": run,
        "marks": marks,
        "checks": [check | {"is_amount": check["name"].startswith("tie_")} for check in run.checks],
        "currency": get_book_currency(),
        "summary": summarise(run=run, marks=marks),
        "faults": get_faults(business_date=business_date),
        "before": before,
        "after": after,
    }
    return render(request, "office/close_run.html", context)
