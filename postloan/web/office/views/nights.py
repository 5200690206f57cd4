"""What the nights did: close runs with their steps, partitions, checks and loans set aside."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from postloan.books.loans.queries import get_book_currency
from postloan.close.models import CloseRun
from postloan.close.queries import (
    find_runs,
    get_faults,
    get_neighbours,
    get_run,
    summarise,
)
from postloan.close.reporting import report_of
from postloan.close.watching import get_progress
from postloan.ground.access.roles import OFFICE
from postloan.web.office.alarms import get_alarms
from postloan.web.ui.access import for_roles
from postloan.web.ui.tables import Column, Emptiness, QueryRows, Sort, Table

SILENT_AFTER = timedelta(minutes=2)


def _partitions(run: CloseRun) -> str:
    done, total = getattr(run, "partitions_done", 0), len(run.partitions)
    return gettext("%(done)s of %(total)s") % {"done": done, "total": total}


def _seconds(run: CloseRun) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


RUNS = Table(
    name="office.close_runs",
    topic="close",
    caption=_("Close runs"),
    key="business_date",
    order="-day",
    columns=(
        Column(
            name="day",
            label=_("Business date"),
            kind="day",
            value="business_date",
            link="office:close_run",
            link_to="business_date",
            is_fixed=True,
        ),
        Column(name="state", label=_("State"), kind="chip", words="close_state"),
        Column(name="partitions", label=_("Partitions"), css_class="number", value=_partitions),
        Column(name="started", label=_("Started"), kind="instant", value="started_at"),
        Column(name="took", label=_("Took"), kind="seconds", value=_seconds),
    ),
    empty=Emptiness(title=_("No day has been closed yet"), text=_("Close the first with “postloan close-day”.")),
)


@for_roles(OFFICE)
def close_runs(request: HttpRequest) -> HttpResponseBase:
    """All closed days, the latest first, with what is not as it should be above them."""
    rows = QueryRows(find_runs(), {"day": Sort("business_date"), "started": Sort("started_at", has_index=False)})
    return RUNS.answer(request, rows=rows, template="office/close_runs.html", context={"alarms": get_alarms()})


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
        "night": _night(run) if run.state == CloseRun.State.RUNNING else None,
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
    context = {"run": run, "night": _night(run), "summary": summarise(run=run, marks=marks)}
    return render(request, "office/parts/night.html", context)


@for_roles(OFFICE)
def close_report(request: HttpRequest, business_date: date) -> HttpResponse:
    """The report of a run as a file."""
    report = report_of(run=_run_or_404(business_date))
    answer = JsonResponse(report, json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="close-{business_date}.json"'
    return answer


def _night(run: CloseRun) -> dict[str, Any]:
    """Return what those who watch see. Workers report to the last day of a pass."""
    last_day = run.pass_through_date or run.business_date
    at = timezone.now()
    progress = get_progress(run=run if last_day == run.business_date else _run_or_404(last_day), at=at)
    heard_at = max([progress.run.started_at, *(row.since_at for row in progress.partitions if row.since_at)])
    return {
        "progress": progress,
        "total": len(progress.partitions),
        "at_work": [row for row in progress.partitions if row.state not in ("waiting", "done")],
        "waiting": sum(row.state == "waiting" for row in progress.partitions),
        "silent_for": at - heard_at if at - heard_at > SILENT_AFTER else None,
    }


def _run_or_404(business_date: date) -> CloseRun:
    try:
        return get_run(business_date=business_date)
    except CloseRun.DoesNotExist as error:
        raise Http404 from error
