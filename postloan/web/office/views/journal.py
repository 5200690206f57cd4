"""The journal and the accounts: from the trial balance to an account, to an entry, to a loan."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.ledger import journal_queries
from postloan.books.ledger.models import Account, JournalEntry
from postloan.books.ledger.queries import BooksNotOpen, get_business_date, get_trial_balance
from postloan.books.loans.queries import get_book_currency
from postloan.ground.access.roles import OFFICE
from postloan.web.ui.access import for_roles
from postloan.web.ui.asking import asked_choice, asked_day
from postloan.web.ui.paging import page_of

KINDS = tuple(JournalEntry.Kind.values)


@for_roles(OFFICE)
def journal(request: HttpRequest) -> HttpResponse:
    """Entries by day and kind, the latest first."""
    on_day = asked_day(request=request, name="on")
    kind = asked_choice(request=request, name="kind", choices=KINDS)
    page = page_of(request=request, rows=journal_queries.find_entries(business_date=on_day, kind=kind))
    totals = journal_queries.get_entry_totals(entry_ids=[found.pk for found in page])
    context = {
        "page": page,
        "rows": [{"entry": found, "total": totals.get(found.pk)} for found in page],
        "on_day": on_day,
        "kind": kind,
        "kinds": KINDS,
    }
    return render(request, "office/journal.html", context)


@for_roles(OFFICE)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with its postings, each a debit and a credit."""
    try:
        found = journal_queries.get_entry(entry_id=entry_id)
    except JournalEntry.DoesNotExist as error:
        raise Http404 from error
    page = page_of(request=request, rows=journal_queries.find_postings(entry_id=entry_id).order_by("pk"))
    total = journal_queries.get_entry_totals(entry_ids=[entry_id]).get(entry_id)
    return render(request, "office/entry.html", {"entry": found, "page": page, "total": total})


@for_roles(OFFICE)
def accounts(request: HttpRequest) -> HttpResponse:
    """The trial balance at the end of a day."""
    through = asked_day(request=request, name="on") or _open_day()
    balances = get_trial_balance(through_date=through)
    context = {
        "balances": balances,
        "debits_minor": sum(balance.debit_minor for balance in balances),
        "credits_minor": sum(balance.credit_minor for balance in balances),
        "difference_minor": sum(balance.balance_minor for balance in balances),
        "through": through,
        "currency": get_book_currency(),
    }
    return render(request, "office/accounts.html", context)


@for_roles(OFFICE)
def account(request: HttpRequest, code: str) -> HttpResponse:
    """The postings of one account, the latest first."""
    try:
        found = journal_queries.get_account(code=code)
    except Account.DoesNotExist as error:
        raise Http404 from error
    through = asked_day(request=request, name="on")
    page = page_of(request=request, rows=journal_queries.find_postings(account_id=found.pk, through_date=through))
    balance = next(row for row in get_trial_balance(through_date=through) if row.account_id == found.pk)
    context = {"account": found, "page": page, "balance": balance, "through": through, "currency": get_book_currency()}
    return render(request, "office/account.html", context)


def _open_day() -> date | None:
    try:
        return get_business_date()
    except BooksNotOpen:
        return None
