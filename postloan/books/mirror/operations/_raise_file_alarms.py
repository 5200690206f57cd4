"""Raise an alarm for every file that another core should have sent by now: the silence nobody would notice."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from postloan.books.mirror.models import Core, FileAlarm, SyncFile

DAYS_AT_MOST = 31


@transaction.atomic
def raise_file_alarms(*, at: datetime) -> list[FileAlarm]:
    """
    Return the alarms that are open at `at`; new ones are written, those whose file has come are marked solved.

    The files of a day are expected by the core's hour of the day after, in the lender's time zone, from the
    first day it was followed. Repeating it raises nothing twice.
    """
    for core in Core.objects.select_for_update().order_by("pk"):
        first = max(core.followed_from_date, timezone.localdate(at) - timedelta(days=DAYS_AT_MOST))
        came = set(SyncFile.objects.filter(core=core, as_of_date__gte=first).values_list("kind", "as_of_date"))
        for kind in core.expected_kinds:
            for day in _expected_days(core, first, at):
                if (kind, day) not in came:
                    FileAlarm.objects.get_or_create(core=core, kind=kind, business_date=day, defaults={"raised_at": at})
        for alarm in FileAlarm.objects.filter(core=core, solved_at=None):
            if (alarm.kind, alarm.business_date) in came or alarm.kind not in core.expected_kinds:
                alarm.solved_at = at
                alarm.save(update_fields=["solved_at"])
    return list(FileAlarm.objects.filter(solved_at=None).select_related("core").order_by("business_date", "kind"))


def _expected_days(core: Core, first: date, at: datetime) -> list[date]:
    """Return the days whose files should be here at `at`."""
    days = []
    day = first
    while timezone.make_aware(_due(day, core.due_by_hour), timezone.get_default_timezone()) <= at:
        days.append(day)
        day += timedelta(days=1)
    return days


def _due(day: date, hour: int) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(hour))
