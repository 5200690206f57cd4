"""What the nights did: close runs with their steps, partitions, checks and loans set aside."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from postloan.books.loans.queries import get_book_currency
from postloan.close.models import ClosePartition, CloseRun
from postloan.close.queries import (
    find_runs,
    get_faults,
    get_neighbours,
    get_partitions_at_work,
    get_run,
    summarise,
)
from postloan.ground.access.roles import OFFICE
from postloan.web.office.watching import NightSeen, see_night
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
    run = _run_or_404(business_date)
    marks = list(run.marks.all())
    before, after = get_neighbours(business_date=business_date)
    context = {
        "run": run,
        "marks": marks,
        "checks": [check | {"is_amount": check["name"].startswith("tie_")} for check in run.checks],
        "currency": get_book_currency(),
        "summary": summarise(run=run, marks=marks),
        "night": _night(run, marks) if run.state == CloseRun.State.RUNNING else None,
        "faults": get_faults(business_date=business_date),
        "before": before,
        "after": after,
    }
    return render(request, "office/close_run.html", context)


@for_roles(OFFICE)
def close_live(request: HttpRequest, business_date: date) -> HttpResponse:
    """How far a run is: the part of its page that asks again every second; once it is finished, the whole page."""
    run = _run_or_404(business_date)
    if run.state != CloseRun.State.RUNNING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    marks = list(run.marks.all())
    context = {"run": run, "night": _night(run, marks), "summary": summarise(run=run, marks=marks)}
    return render(request, "office/parts/night.html", context)


def _night(run: CloseRun, marks: list[ClosePartition]) -> NightSeen:
    return see_night(run=run, marks=marks, at_work=get_partitions_at_work(run=run), at=timezone.now())


def _run_or_404(business_date: date) -> CloseRun:
    try:
        return get_run(business_date=business_date)
    except CloseRun.DoesNotExist as error:
        raise Http404 from error
