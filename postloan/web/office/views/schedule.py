"""What the queue does every day: when, how it went last, when it is done next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from postloan.close.schedule import get_schedule
from postloan.ground.access.roles import OFFICE
from postloan.web.office.alarms import get_alarms
from postloan.web.ui.access import for_roles


@for_roles(OFFICE)
def schedule(request: HttpRequest) -> HttpResponse:
    """Every work of the schedule, with its last and its next time."""
    works = get_schedule(at=timezone.now())
    context = {"works": works, "is_on": any(work.hours for work in works), "alarms": get_alarms()}
    return render(request, "office/schedule.html", context)
