"""Questions about the journal: entries of a day, one entry, the postings of an account or of a loan."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from postloan.books.ledger.models import Account, JournalEntry, Posting


@dataclass(frozen=True)
class EntryTotal:
    """How many postings an entry has and what they move together, in minor units."""

    postings: int
    amount_minor: int


def find_entries(*, business_date: date | None = None, kind: str = "") -> QuerySet[JournalEntry]:
    """Return the entries that fit, the latest first."""
    entries = JournalEntry.objects.order_by("-business_date", "-pk")
    if business_date is not None:
        entries = entries.filter(business_date=business_date)
    return entries.filter(kind=kind) if kind else entries


def get_entry(*, entry_id: int) -> JournalEntry:
    """Return one entry. Raises JournalEntry.DoesNotExist."""
    return JournalEntry.objects.select_related("corrects").get(pk=entry_id)


def get_entry_totals(*, entry_ids: Collection[int]) -> dict[int, EntryTotal]:
    """Return the totals of several entries in one question."""
    totals = (
        Posting.objects.filter(entry_id__in=entry_ids)
        .values("entry_id")
        .annotate(postings=Count("pk"), amount_minor=Sum("amount_minor"))
    )
    return {row["entry_id"]: EntryTotal(row["postings"], int(row["amount_minor"])) for row in totals}


def get_accounts() -> list[Account]:
    """Return the chart of accounts in the order of its numbers."""
    return list(Account.objects.order_by("pk"))


def get_account(*, code: str) -> Account:
    """Return one account by its code. Raises Account.DoesNotExist."""
    return Account.objects.get(code=code)


def find_postings(
    *,
    entry_id: int | None = None,
    account_id: int | None = None,
    loan_id: int | None = None,
    from_date: date | None = None,
    through_date: date | None = None,
) -> QuerySet[Posting]:
    """Return the postings that fit with their entries and accounts, the latest first."""
    postings = Posting.objects.select_related("entry", "debit", "credit").order_by("-pk")
    if entry_id is not None:
        postings = postings.filter(entry_id=entry_id)
    if account_id is not None:
        postings = postings.filter(Q(debit_id=account_id) | Q(credit_id=account_id))
    if loan_id is not None:
        postings = postings.filter(loan_id=loan_id)
    if from_date is not None:
        postings = postings.filter(entry__business_date__gte=from_date)
    if through_date is not None:
        postings = postings.filter(entry__business_date__lte=through_date)
    return postings
