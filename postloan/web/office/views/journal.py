"""The journal: its entries, and the postings of one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.ledger import journal_queries
from postloan.books.ledger.models import JournalEntry
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
