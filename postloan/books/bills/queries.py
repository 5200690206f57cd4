"""Questions about accounts that are billed by the month."""

from postloan.books.bills.models import Bill, BillAccount, Conversion, Purchase


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
