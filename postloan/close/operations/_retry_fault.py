"""Try whether a loan that was set aside can be worked out now, and give it back to the close if so."""

from dataclasses import dataclass
from datetime import datetime

from postloan.books.ledger.queries import get_business_date
from postloan.close.models import FaultyLoan
from postloan.close.operations._release_fault import FaultIsSolved, UnknownFault, release_fault
from postloan.close.passes import Fault
from postloan.close.rehearsal import rehearse_loan


@dataclass(frozen=True)
class Retry:
    """Whether the loan was released; where not, in which step it fails, and why."""

    fault: FaultyLoan
    is_released: bool
    failure: Fault | None


def retry_fault(*, fault_id: int, by: str, at: datetime) -> Retry:
    """
    Rehearse the close of the open business date for the loan alone, writing nothing, and release it where that goes well.

    A loan that still fails stays set aside, the fault open. Refusals: UnknownFault, FaultIsSolved.
    """
    fault = FaultyLoan.objects.filter(pk=fault_id).first()
    if fault is None:
        raise UnknownFault(f"fault {fault_id}")
    if fault.solved_at is not None:
        raise FaultIsSolved(f"fault {fault_id} was solved at {fault.solved_at:%Y-%m-%d %H:%M}")
    rehearsal = rehearse_loan(loan_id=fault.loan_id, business_date=get_business_date())
    if rehearsal.failure is not None:
        return Retry(fault=fault, is_released=False, failure=rehearsal.failure)
    released = release_fault(fault_id=fault_id, by=by, at=at, reason="it can be worked out now")
    return Retry(fault=released, is_released=True, failure=None)
