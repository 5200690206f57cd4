"""Change what draws on a line cost, from a day on."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.lines.holding import hold_path, refuse_past, refuse_without_reason
from postloan.books.lines.models import PriceChange
from postloan.ground.audit import operations as audit
from postloan.kernel.rates import Rate


@transaction.atomic
def change_price(*, line_id: int, rate: Rate, from_date: date, reason: str, by: str, at: datetime) -> PriceChange:
    """
    Return the change: draws from `from_date` on cost `rate`, as quoted. Loans drawn before keep theirs.

    Refusals: UnknownLine, ChangeInThePast, ReasonMissing.
    """
    refuse_without_reason(reason=reason)
    refuse_past(from_date=from_date)
    line = hold_path(line_id=line_id)[0]
    change = PriceChange.objects.create(
        line=line, from_date=from_date, rate_ppm=rate.ppm, rate_per=rate.per, reason=reason, by=by, recorded_at=at
    )
    audit.record_act(
        by=by,
        action="change_price",
        subject_kind="credit_line",
        subject_id=line.pk,
        at=at,
        details={"from_date": from_date.isoformat(), "rate": str(rate)},
    )
    return change
