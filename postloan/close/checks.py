"""What must hold when a day is closed. Each check has a name, two figures and an answer."""

from datetime import date
from typing import Any

from postloan.books.ledger.models import SLOT_COUNT, BookSlot
from postloan.books.loans.models import Loan
from postloan.books.payments.ties import get_ties
from postloan.close.book import is_last_of_month


def check_close(*, business_date: date) -> list[dict[str, Any]]:
    """
    Return the checks of a closed day, each {name, expected, found, holds}.

    Every night: no slot is behind, no loan is left whose date has come, unless it
    is set aside. At month end also the ties of the whole book; on other nights
    each partition has tied what it moved. Of days closed in one pass each has
    its checks, all taken when the pass is over.
    """
    behind = BookSlot.objects.filter(closed_through_date__lt=business_date).count()
    left = Loan.objects.filter(
        next_event_date__lte=business_date, slot__in=range(SLOT_COUNT), set_aside_at__isnull=True
    ).count()
    checks = [_check("slots_behind", 0, behind), _check("loans_left", 0, left)]
    if is_last_of_month(business_date):
        checks += [_check(f"tie_{tie.account}", tie.ledger_minor, tie.sub_ledger_minor) for tie in get_ties()]
    return checks


def _check(name: str, expected: int, found: int) -> dict[str, Any]:
    return {"name": name, "expected": expected, "found": found, "holds": expected == found}
