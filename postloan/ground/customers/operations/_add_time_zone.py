"""Note a further time zone a customer may be in, or that they are there no more."""

from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from postloan.ground.audit import operations as audit
from postloan.ground.customers.models import CustomerTimeZone


class NotATimeZone(ValueError):
    """The name is no zone of the time zone database."""


@transaction.atomic
def add_time_zone(*, customer_id: int, zone: str, source: str, by: str, at: datetime) -> CustomerTimeZone:
    """
    Return the zone as held now; the same zone twice is held once.

    Contact is then decent only where it is decent in every zone held. `source` says how we know: address, phone,
    workplace, told. Refuses names that are no time zone (NotATimeZone).
    """
    if zone not in available_timezones():
        raise NotATimeZone(zone)
    held, is_new = CustomerTimeZone.objects.get_or_create(
        customer_id=customer_id, zone=zone, until_at=None, defaults={"source": source, "since_at": at, "by": by}
    )
    if is_new:
        _record(held, "add_time_zone", by=by, at=at)
    return held


@transaction.atomic
def end_time_zone(*, customer_id: int, zone: str, by: str, at: datetime) -> None:
    """Note that the customer is in this zone no more; harmless where they were not."""
    for held in CustomerTimeZone.objects.select_for_update().filter(
        customer_id=customer_id, zone=zone, until_at__isnull=True
    ):
        held.until_at = at
        held.save(update_fields=["until_at"])
        _record(held, "end_time_zone", by=by, at=at)


def _record(held: CustomerTimeZone, action: str, *, by: str, at: datetime) -> None:
    audit.record_act(
        by=by,
        action=action,
        subject_kind="customer",
        subject_id=held.customer_id,
        at=at,
        details={"zone": held.zone, "source": held.source},
    )
