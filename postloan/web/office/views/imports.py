"""Books taken over from other systems: what each tape held and how it tied out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from postloan.books.loans.models import ImportBatch
from postloan.books.loans.queries import find_import_batches, get_import_batch
from postloan.ground.access.roles import OFFICE
from postloan.web.ui.access import for_roles
from postloan.web.ui.tables import Column, Emptiness, QueryRows, Sort, Table


@dataclass(frozen=True)
class TiedStatus:
    """One status of the tape: the figures in the books, in minor units, and how far they are from the tape's."""

    status: str
    books: Mapping[str, int]
    differences: int


IMPORTS = Table(
    name="office.imports",
    topic="imports",
    caption=_("Imports"),
    order="-imported",
    columns=(
        Column(name="tape", label=_("Tape"), value="file_name", link="office:import_batch", is_fixed=True),
        Column(name="source", label=_("Source")),
        Column(name="as_of", label=_("As of"), kind="day", value="as_of_date"),
        Column(name="product", label=_("Product"), value="product_version.product.name"),
        Column(name="read", label=_("Rows read"), kind="number", value="rows_read"),
        Column(name="loaded", label=_("Loaded"), kind="number", value="rows_loaded"),
        Column(name="rejected", label=_("Rejected"), kind="number", value="rows_rejected"),
        Column(name="imported", label=_("Imported"), kind="instant", value="imported_at"),
        Column(name="by", label=_("Imported by"), value="imported_by", is_shown=False),
    ),
    empty=Emptiness(
        title=_("Nothing has been imported yet"),
        text=_("Import a lender's tape with “postloan import-book”; its tie-out then shows here."),
    ),
)
SORTS = {
    "imported": Sort("imported_at", has_index=False),
    "as_of": Sort("as_of_date", has_index=False),
    "read": Sort("rows_read", has_index=False),
}


@for_roles(OFFICE)
def imports(request: HttpRequest) -> HttpResponseBase:
    """All tapes taken over, the latest first."""
    return IMPORTS.answer(request, rows=QueryRows(find_import_batches(), SORTS), template="office/imports.html")


@for_roles(OFFICE)
def import_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One tape: what was read, what was loaded, and the tie-out of every figure."""
    try:
        batch = get_import_batch(batch_id=batch_id)
    except ImportBatch.DoesNotExist as error:
        raise Http404 from error
    lines = batch.tie_out
    context = {
        "batch": batch,
        "currency": batch.product_version.product_terms.currency,
        "statuses": _by_status(line for line in lines if line["status"] != "ledger"),
        "ledger": [line for line in lines if line["status"] == "ledger"],
        "differences": sum(line["tape"] != line["books"] for line in lines),
        "figures": len(lines),
    }
    return render(request, "office/import_batch.html", context)


def _by_status(lines: Iterable[dict[str, Any]]) -> list[TiedStatus]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["status"], []).append(line)
    return [
        TiedStatus(
            status=status,
            books={line["figure"]: line["books"] for line in of_status},
            differences=sum(line["tape"] != line["books"] for line in of_status),
        )
        for status, of_status in found.items()
    ]
