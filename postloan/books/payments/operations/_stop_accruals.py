"""
Stop earning on loans that are so late that their interest is no income until it is paid.

The product says after how many days past due (`non_accrual_after_days`). From the day after the
night that finds them, the engine's `non_accrual` counts: what was earned stays, rows go on falling
due off the books, and what pays them is income on the day it comes. Rule: docs/rules/accrual.md.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from postloan.books.loans.models import Loan, LoanEvent
from postloan.books.payments.servicing import LoanHasNoPlan, NewEvent, happen, hold_loan
from postloan.books.products.models import ProductVersion
from postloan.kernel.engine import EventRefused
from postloan.kernel.product_terms import ProductTerms

log = logging.getLogger(__name__)
KEY = "non_accrual"


@dataclass(frozen=True)
class Stopped:
    """How many loans stopped earning, and those for which the engine refused it; these are tried again every night."""

    loans: int
    refused: tuple[int, ...]


@transaction.atomic
def stop_accruals(*, closed_date: date, by: str, at: datetime) -> Stopped:
    """
    Stop the accrual of every active loan that is late enough when `closed_date` has closed; once for each loan.

    The event is dated the open day, so `closed_date` is the last day that is earned. Its postings are those of the
    engine. The cost grows with the loans that cross the line, not with the book.
    """
    stopped, refused = 0, []
    for loan_id in _late_enough(closed_date):
        try:
            with transaction.atomic():
                held = hold_loan(loan_id=loan_id)
                new = NewEvent(kind="non_accrual", key=KEY, value_date=held.business_date, reason="days past due")
                stopped += happen(held=held, new=new, by=by, at=at).is_new
        except (EventRefused, LoanHasNoPlan) as refusal:
            log.warning("accrual not stopped: loan %s: %s", loan_id, type(refusal).__name__)
            refused.append(loan_id)
    return Stopped(loans=stopped, refused=tuple(refused))


def _late_enough(closed_date: date) -> Iterator[int]:
    """Yield the loans in id order, product version by product version; a loan that stopped before is not among them."""
    stopped = LoanEvent.objects.filter(kind="non_accrual", key=KEY).values("loan_id")
    for version in ProductVersion.objects.filter(terms__non_accrual_after_days__isnull=False).order_by("pk"):
        since = _past_due_since_at_latest(terms=version.product_terms, closed_date=closed_date)
        if since is not None:
            late = Loan.objects.filter(
                product_version=version,
                status=Loan.Status.ACTIVE,
                kept_elsewhere=False,
                bucket__gt=0,
                past_due_since_date__lte=since,
            )
            yield from late.exclude(pk__in=stopped).order_by("pk").values_list("pk", flat=True)


def _past_due_since_at_latest(*, terms: ProductTerms, closed_date: date) -> date | None:
    """Return the latest due date that is old enough when `closed_date` closes; None where the product sets no limit."""
    days = terms.non_accrual_after_days
    if days is None:
        return None
    ageing = terms.ageing
    grace = ageing.ageing_grace_days
    days = days + grace if ageing.counted_from == "after_grace" else max(days, grace + 1)
    return closed_date - timedelta(days=days)
