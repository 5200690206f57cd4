"""Give a loan that was set aside back to the close: the next night looks at it again."""

from datetime import datetime

from django.db import connection, transaction

from postloan.books.loans.models import Loan
from postloan.close.models import FaultyLoan
from postloan.ground.audit import operations as audit


class UnknownFault(LookupError):
    """No fault with this id."""


class FaultIsSolved(ValueError):
    """The fault was solved before."""


@transaction.atomic
def release_fault(*, fault_id: int, by: str, at: datetime, reason: str) -> FaultyLoan:
    """
    Return the fault, solved by a person; its loan is closed again from the open business date on.

    Nothing is lost by the nights it was left out of: what fell due meanwhile is
    raised, penalties and interest are counted exactly, on the day of the next close.
    Still faulty, it is set aside again with a new fault. Refusals: UnknownFault, FaultIsSolved.
    """
    fault = FaultyLoan.objects.select_for_update().filter(pk=fault_id).first()
    if fault is None:
        raise UnknownFault(f"fault {fault_id}")
    if fault.solved_at is not None:
        raise FaultIsSolved(f"fault {fault_id} was solved at {fault.solved_at:%Y-%m-%d %H:%M}")
    _hold_slot(loan_id=fault.loan_id)
    loan = Loan.objects.select_for_update().get(pk=fault.loan_id)
    loan.set_aside_at = None
    if loan.status == Loan.Status.ACTIVE:
        loan.next_event_date = min(loan.next_event_date or fault.business_date, fault.business_date)
    loan.save(update_fields=["set_aside_at", "next_event_date"])
    fault.solved_at, fault.solved_by, fault.resolution = at, by, f"released: {reason}"[:200]
    fault.save(update_fields=["solved_at", "solved_by", "resolution"])
    audit.record_act(
        by=by,
        action="release_fault",
        subject_kind="loan",
        subject_id=fault.loan_id,
        at=at,
        details={"fault": fault.pk, "reason": reason},
    )
    return fault


def _hold_slot(*, loan_id: int) -> None:
    """Wait for a close that works on the loan's partition (docs/decisions/0031-the-slot-is-the-lock.md)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slot FROM ledger_bookslot WHERE slot = (SELECT slot FROM loans_loan WHERE id = %s) FOR SHARE",
            [loan_id],
        )
