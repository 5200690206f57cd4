"""Questions about money that came in: a loan's receipts with what they paid, and what waits unapplied."""

from django.db.models import Prefetch, QuerySet, Sum

from postloan.books.payments.models import Allocation, Receipt


def get_receipts(*, loan_id: int) -> list[Receipt]:
    """Return the loan's receipts, the latest first, each with its allocations in the order they were paid."""
    allocations = Prefetch("allocations", queryset=Allocation.objects.order_by("pk"))
    return list(_newest_first(Receipt.objects.filter(loan_id=loan_id)).prefetch_related(allocations))


def get_receipts_of_customer(*, customer_id: int, limit: int = 50) -> list[Receipt]:
    """Return the customer's latest receipts."""
    return list(_newest_first(Receipt.objects.filter(customer_id=customer_id))[:limit])


def get_unapplied_minor(*, loan_id: int) -> int:
    """Return what was received for the loan and is not allocated yet, in minor units."""
    found = Receipt.objects.filter(loan_id=loan_id, unapplied_minor__gt=0).aggregate(total=Sum("unapplied_minor"))
    return int(found["total"] or 0)


def _newest_first(receipts: "QuerySet[Receipt]") -> "QuerySet[Receipt]":
    return receipts.order_by("-booked_date", "-pk")
