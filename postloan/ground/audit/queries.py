"""Questions about who did what to whom."""

from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from postloan.ground.audit.models import AuditRecord


def find_records(
    *, action: str = "", by: str = "", subject_kind: str = "", subject_id: str = "", on_date: date | None = None
) -> QuerySet[AuditRecord]:
    """
    Return the records that fit, none of it read yet; `on_date` is a day in the lender's time zone.

    `by` is the beginning of a login's name; kind and id of the subject are whole.
    """
    found = AuditRecord.objects.all()
    if action:
        found = found.filter(action=action)
    if by:
        found = found.filter(by__startswith=by)
    if subject_kind:
        found = found.filter(subject_kind=subject_kind)
    if subject_id:
        found = found.filter(subject_id=subject_id)
    if on_date is not None:
        begins_at = timezone.make_aware(datetime.combine(on_date, time.min))
        found = found.filter(recorded_at__gte=begins_at, recorded_at__lt=begins_at + timedelta(days=1))
    return found


def get_actions() -> list[str]:
    """Return the actions on record, in the order of the alphabet; found by hopping from one to the next."""
    actions: list[str] = []
    last = ""
    while True:
        following = AuditRecord.objects.filter(action__gt=last).order_by("action").values_list("action", flat=True)
        last = following.first() or ""
        if not last:
            return actions
        actions.append(last)


def get_subject_kinds() -> list[str]:
    """Return the kinds of subject on record, in the order of the alphabet."""
    kinds: list[str] = []
    last = ""
    while True:
        following = AuditRecord.objects.filter(subject_kind__gt=last).order_by("subject_kind")
        last = following.values_list("subject_kind", flat=True).first() or ""
        if not last:
            return kinds
        kinds.append(last)
