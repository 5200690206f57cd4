"""Questions about accounts that are billed by the month."""

from dataclasses import dataclass
from datetime import date

from postloan.books.bills.models import Bill, BillAccount, Conversion, Purchase
from postloan.books.loans.models import COMPONENTS
from postloan.books.loans.queries import get_open_instalments


@dataclass(frozen=True)
class MinimumDue:
    """What is still missing of the minimum of a bill, in minor units, and the day by which it is asked."""

    amount_minor: int
    due_date: date


def get_account(*, loan_id: int) -> BillAccount:
    """Return the account with its loan. Raises BillAccount.DoesNotExist."""
    return BillAccount.objects.select_related("loan").get(pk=loan_id)


def get_bills(*, loan_id: int) -> list[Bill]:
    """Return all bills of an account in their order, the open one last."""
    return list(Bill.objects.filter(loan_id=loan_id).order_by("bill_no"))


def get_purchases(*, loan_id: int, bill_no: int | None = None) -> list[Purchase]:
    """Return the purchases of an account, or of one of its bills, the first posted first."""
    found = Purchase.objects.filter(loan_id=loan_id).order_by("posted_date", "pk")
    return list(found if bill_no is None else found.filter(bill_no=bill_no))


def get_conversions(*, loan_id: int) -> list[Conversion]:
    """Return what was turned into instalments, the first one first."""
    return list(Conversion.objects.filter(loan_id=loan_id).select_related("new_loan").order_by("pk"))


def get_minimum_due(*, loan_id: int) -> MinimumDue | None:
    """Return what the bill cut last still asks at least; None where no bill waits for its due date."""
    bill = Bill.objects.filter(loan_id=loan_id, bill_date__isnull=False).order_by("-bill_no").first()
    if bill is None or bill.due_date is None or bill.carried_minor is not None:
        return None
    rows = get_open_instalments(loan_ids=[loan_id]).get(loan_id, [])
    asked = sum(row.open_minor(name) for row in rows for name in COMPONENTS if name != "principal")
    for row in rows:
        missing = row.open_minor("principal")
        if row.instalment_no == bill.instalment_no:
            missing = min(missing, max(bill.demanded_from_minor - row.principal_paid_minor, 0))
        asked += missing
    return MinimumDue(amount_minor=asked, due_date=bill.due_date)
