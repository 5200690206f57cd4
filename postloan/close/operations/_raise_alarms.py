"""Raise an alarm for every day that was not closed by its hour: the run that silently did not happen."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.close.models import CloseAlarm, CloseRun

DAYS_AT_MOST = 31


@transaction.atomic
def raise_alarms(*, at: datetime) -> list[CloseAlarm]:
    """
    Return the alarms that are open at `at`; new ones are written, those that are put right are marked solved.

    The close of a day is to be begun and finished by settings CLOSE_STARTED_BY_HOUR
    and CLOSE_FINISHED_BY_HOUR of the day after, in the lender's time zone. A day
    whose checks failed is alarmed at once. Repeating it raises nothing twice.
    """
    wanted = _wanted(at=at)
    for business_date, kind in wanted:
        CloseAlarm.objects.get_or_create(business_date=business_date, kind=kind, defaults={"raised_at": at})
    alarms = list(CloseAlarm.objects.select_for_update().filter(solved_at__isnull=True).order_by("business_date"))
    for alarm in alarms:
        if (alarm.business_date, alarm.kind) not in wanted:
            alarm.solved_at = at
            alarm.save(update_fields=["solved_at"])
    return [alarm for alarm in alarms if alarm.solved_at is None]


def _wanted(*, at: datetime) -> set[tuple[date, str]]:
    try:
        open_date = get_business_date()
    except BooksNotOpen:
        return set()
    runs = {run.business_date: run for run in CloseRun.objects.filter(business_date__gte=open_date)}
    late: set[tuple[date, str]] = set()
    for place in range(DAYS_AT_MOST):
        day = open_date + timedelta(days=place)
        if at >= _hour_after(day, settings.CLOSE_STARTED_BY_HOUR) and day not in runs:
            late.add((day, CloseAlarm.Kind.NOT_STARTED))
        if at >= _hour_after(day, settings.CLOSE_FINISHED_BY_HOUR):
            late.add((day, CloseAlarm.Kind.NOT_FINISHED))
    unfinished = CloseRun.objects.filter(finished_at__isnull=True, business_date__lt=open_date)
    for run in unfinished:  # every slot is closed, but nobody has checked
        if at >= _hour_after(run.business_date, settings.CLOSE_FINISHED_BY_HOUR):
            late.add((run.business_date, CloseAlarm.Kind.NOT_FINISHED))
    failed = CloseRun.objects.filter(state=CloseRun.State.FAILED).values_list("business_date", flat=True)
    return late | {(day, CloseAlarm.Kind.FAILED) for day in failed}


def _hour_after(day: date, hour: int) -> datetime:
    """Return the given hour of the day after, in the lender's time zone."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time(hour)), timezone.get_default_timezone())
