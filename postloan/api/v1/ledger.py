"""The ledger over HTTP: trial balance, entries, postings."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from postloan.api.v1.doors import PageIn, PageOut, needs, page_of
from postloan.books.ledger import journal_queries, queries
from postloan.books.ledger.models import Account, JournalEntry, Posting
from postloan.ground.access.scopes import Scope

router = Router(tags=["ledger"])


class BalanceOut(Schema):
    """One account of the trial balance, minor units. The sums of debits and of credits agree over all accounts."""

    code: str
    kind: str
    debit_minor: int
    credit_minor: int


class EntryOut(Schema):
    entry_id: int
    kind: str
    source: str
    business_date: date
    recorded_at: datetime

    @staticmethod
    def resolve_entry_id(entry: JournalEntry) -> int:
        return entry.pk


class PostingOut(Schema):
    """One amount moved from the account it credits to the account it debits."""

    posting_id: int
    entry_id: int
    loan_id: int | None
    debit: str
    credit: str
    amount_minor: int
    instalment_no: int | None

    @staticmethod
    def resolve_posting_id(posting: Posting) -> int:
        return posting.pk

    @staticmethod
    def resolve_debit(posting: Posting) -> str:
        return posting.debit.code

    @staticmethod
    def resolve_credit(posting: Posting) -> str:
        return posting.credit.code


class EntriesIn(PageIn):
    business_date: date | None = None
    kind: str = ""


class PostingsIn(PageIn):
    account: str = ""
    entry_id: int | None = None
    loan_id: int | None = None


@router.get(
    "/trial-balance", response=list[BalanceOut], auth=needs(Scope.LEDGER_READ), operation_id="get_trial_balance"
)
def get_trial_balance(request: HttpRequest, through_date: date | None = None) -> list[BalanceOut]:
    """Return debits and credits of every account up to the end of `through_date`, or as things stand."""
    return [
        BalanceOut(code=each.code, kind=each.kind, debit_minor=each.debit_minor, credit_minor=each.credit_minor)
        for each in queries.get_trial_balance(through_date=through_date)
    ]


@router.get("/entries", response=PageOut[EntryOut], auth=needs(Scope.LEDGER_READ), operation_id="list_entries")
def list_entries(request: HttpRequest, asked: Query[EntriesIn]) -> dict[str, Any]:
    """Return journal entries, the newest first."""
    found = journal_queries.find_entries(business_date=asked.business_date, kind=asked.kind)
    return page_of(found, asked=asked, spell=lambda entry: entry)


@router.get("/postings", response=PageOut[PostingOut], auth=needs(Scope.LEDGER_READ), operation_id="list_postings")
def list_postings(request: HttpRequest, asked: Query[PostingsIn]) -> dict[str, Any]:
    """Return postings of an account, an entry or a loan, the newest first."""
    found = journal_queries.find_postings(
        entry_id=asked.entry_id, loan_id=asked.loan_id, account_id=_account_id(asked.account)
    )
    return page_of(found, asked=asked, spell=lambda posting: posting)


def _account_id(code: str) -> int | None:
    if not code:
        return None
    try:
        return journal_queries.get_account(code=code).pk
    except Account.DoesNotExist:
        raise Http404 from None
