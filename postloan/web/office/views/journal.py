"""The journal: its entries, and the postings of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from postloan.books.ledger import journal_queries
from postloan.books.ledger.models import JournalEntry
from postloan.ground.access.roles import OFFICE
from postloan.web.ui import words
from postloan.web.ui.access import for_roles
from postloan.web.ui.tables import Column, Emptiness, Filter, QueryRows, Sort, Table


def _kinds() -> list[tuple[str, Any]]:
    return [(code, words.ENTRY_KIND.get(code, code)) for code in JournalEntry.Kind.values]


ENTRIES = Table(
    name="office.journal",
    caption=_("Journal"),
    key="entry.pk",
    order="-entry",
    columns=(
        Column(
            name="entry", label=_("Entry"), value="entry.pk", link="office:entry", link_to="entry.pk", is_fixed=True
        ),
        Column(name="day", label=_("Business date"), kind="day", value="entry.business_date"),
        Column(name="kind", label=_("Kind"), kind="words", words="entry_kind", value="entry.kind"),
        Column(name="postings", label=_("Postings"), kind="number", value=lambda row: row.total.postings),
        Column(
            name="amount",
            label=_("Amount"),
            kind="money",
            value=lambda row: row.total.amount_minor,
            currency="entry.currency",
        ),
        Column(name="currency", label=_("Currency"), value="entry.currency", is_shown=False),
        Column(name="recorded", label=_("Recorded"), kind="instant", value="entry.recorded_at"),
        Column(name="source", label=_("Event"), value="entry.source", is_shown=False, breaks=True),
    ),
    filters=(
        Filter(name="on", label=_("Business date"), kind="day"),
        Filter(name="kind", label=_("Kind"), choices=_kinds),
    ),
    empty=Emptiness(
        title=_("Nothing has been posted yet"), text=_("The first import or payout writes the first entry.")
    ),
    nothing_fits=Emptiness(title=_("No entry fits"), text=_("Pick another day or kind, or clear the filters.")),
)
ENTRY_SORTS = {"entry": Sort("pk"), "day": Sort("business_date", has_index=False)}


@dataclass(frozen=True)
class _EntryLine:
    entry: JournalEntry
    total: journal_queries.EntryTotal


def _with_totals(found: Sequence[JournalEntry]) -> list[_EntryLine]:
    totals = journal_queries.get_entry_totals(entry_ids=[entry.pk for entry in found])
    nothing = journal_queries.EntryTotal(postings=0, amount_minor=0)
    return [_EntryLine(entry, totals.get(entry.pk, nothing)) for entry in found]


_POSTING_COLUMNS = (
    Column(
        name="debit",
        label=_("Debit"),
        kind="words",
        words="account",
        value="debit.code",
        link="office:account",
        link_to="debit.code",
    ),
    Column(
        name="credit",
        label=_("Credit"),
        kind="words",
        words="account",
        value="credit.code",
        link="office:account",
        link_to="credit.code",
    ),
    Column(name="amount", label=_("Amount"), kind="money", value="amount_minor", currency="entry.currency"),
    Column(
        name="loan",
        label=_("Loan"),
        value="loan_id",
        link="desk:loan",
        link_to="loan_id",
        opens="desk:customers",
    ),
    Column(name="instalment", label=_("Instalment"), kind="number", value="instalment_no"),
)
POSTINGS_OF_ENTRY = Table(
    name="office.postings_of_entry",
    caption=_("Postings"),
    order="posting",
    columns=(Column(name="posting", label=_("Posting"), value="pk", is_fixed=True), *_POSTING_COLUMNS),
    empty=Emptiness(title=_("Nothing has been posted here yet")),
)
POSTING_SORTS = {"posting": Sort("pk")}


@for_roles(OFFICE)
def journal(request: HttpRequest) -> HttpResponseBase:
    """Entries by day and kind, the latest first."""
    asked = ENTRIES.asked(request)
    found = journal_queries.find_entries(business_date=asked["on"], kind=asked["kind"] or "")
    return ENTRIES.answer(
        request, asked=asked, rows=QueryRows(found, ENTRY_SORTS), present=_with_totals, template="office/journal.html"
    )


@for_roles(OFFICE)
def entry(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """One entry with its postings, each a debit and a credit."""
    try:
        found = journal_queries.get_entry(entry_id=entry_id)
    except JournalEntry.DoesNotExist as error:
        raise Http404 from error
    return POSTINGS_OF_ENTRY.answer(
        request,
        rows=QueryRows(journal_queries.find_postings(entry_id=entry_id), POSTING_SORTS),
        template="office/entry.html",
        context={"entry": found, "total": journal_queries.get_entry_totals(entry_ids=[entry_id]).get(entry_id)},
    )
