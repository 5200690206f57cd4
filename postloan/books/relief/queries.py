"""Questions about relief: what a change would do, who may agree to it, what waits for a second person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from postloan.books.ledger.chart import AccountNo
from postloan.books.loans.models import Loan
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing import hold_loan, preview
from postloan.books.relief.changes import Change
from postloan.books.relief.models import ChangeRequest
from postloan.books.relief.relieving import event_of
from postloan.ground.access.roles import Role
from postloan.kernel.annual_rates import CashFlow
from postloan.kernel.cost_cap import CostCapCheck, OpenDemand, check_cost_caps, cost_flows
from postloan.kernel.engine import InstalmentView, Replay, instalments
from postloan.kernel.relief_authority import ReliefLimit, is_covered


@dataclass(frozen=True)
class PlanSide:
    """A loan's rows, and what the customer pays for it from first to last, in minor units."""

    rows: tuple[InstalmentView, ...]
    total_minor: int
    last_due_date: date | None


@dataclass(frozen=True)
class ChangePreview:
    """
    What a change would do, nothing of it written. `legs` are what would be posted today by account, debit positive.

    `given_up_minor` is by how much the customer will pay less than before. `caps` are the checks of the all-in
    internal rate at 24 % and 36 % afterwards; empty where the loan's first flows are not known (taken over).
    """

    change: Change
    business_date: date
    before: PlanSide
    after: PlanSide
    legs: dict[AccountNo, int]
    given_up_minor: int
    caps: tuple[CostCapCheck, ...]


@transaction.atomic
def preview_change(*, loan_id: int, change: Change) -> ChangePreview:
    """Return what the change would do. Refusals as `operations.propose_change`."""
    held = hold_loan(loan_id=loan_id)
    seen = preview(held=held, new=event_of(change=change))
    before, after = _side(seen.before), _side(seen.after)
    return ChangePreview(
        change=change,
        business_date=held.business_date,
        before=before,
        after=after,
        legs={AccountNo(account): amount for account, amount in seen.difference.legs.items()},
        given_up_minor=max(before.total_minor - after.total_minor, 0),
        caps=_caps(held.loan, after.rows, held.business_date),
    )


def may_agree_alone(*, roles: Collection[Role], kind: str, given_up_minor: int, periods: int) -> bool:
    """Say whether these roles suffice for a change, by settings.RELIEF_AUTHORITY."""
    limits = [ReliefLimit(**limit) for role in roles for limit in settings.RELIEF_AUTHORITY.get(role.value, ())]
    return is_covered(limits=limits, kind=kind, given_up_minor=given_up_minor, periods=periods)


def find_requests(*, state: str = "", loan_id: int | None = None) -> QuerySet[ChangeRequest]:
    """Return requests that fit, none of it read yet."""
    found = ChangeRequest.objects.select_related("loan__product_version__product")
    if state:
        found = found.filter(state=state)
    return found if loan_id is None else found.filter(loan_id=loan_id)


def get_request(*, request_id: int) -> ChangeRequest:
    """Return one request. Raises ChangeRequest.DoesNotExist."""
    return find_requests().get(pk=request_id)


def _side(loan: Replay) -> PlanSide:
    rows = instalments(loan)
    total = sum(row.due.total_minor - row.waived.total_minor for row in rows)
    return PlanSide(rows=rows, total_minor=total, last_due_date=max((row.due_date for row in rows), default=None))


def _caps(loan: Loan, rows: Sequence[InstalmentView], as_of: date) -> tuple[CostCapCheck, ...]:
    if loan.takeover_date is not None:
        return ()
    receipts = Receipt.objects.filter(loan_id=loan.pk, reversed_date__isnull=True)
    flows = cost_flows(
        advances=[CashFlow(loan.disbursed_date, loan.principal_minor)],
        receipts=[CashFlow(each.value_date, each.refunded_minor - each.amount_minor) for each in receipts],
        open_demands=[_demand(row) for row in rows if row.open_minor > 0],
        as_of=as_of,
    )
    return check_cost_caps(flows=flows)


def _demand(row: InstalmentView) -> OpenDemand:
    def still(component: str) -> int:
        name = f"{component}_minor"
        left: int = getattr(row.due, name) - getattr(row.paid, name) - getattr(row.waived, name)
        return left

    return OpenDemand(
        due_date=row.due_date,
        principal_minor=still("principal"),
        interest_minor=still("interest"),
        fee_minor=still("fee"),
        penalty_minor=still("penalty"),
    )
