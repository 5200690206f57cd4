"""Books taken over from other systems: what each tape held and how it tied out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.loans.models import ImportBatch
from postloan.books.loans.queries import find_import_batches, get_import_batch
from postloan.ground.access.roles import OFFICE
from postloan.web.ui.access import for_roles
from postloan.web.ui.paging import page_of


@dataclass(frozen=True)
class TiedStatus:
    """One status of the tape: the figures in the books, in minor units, and how far they are from the tape's."""

    status: str
    books: Mapping[str, int]
    differences: int


@for_roles(OFFICE)
def imports(request: HttpRequest) -> HttpResponse:
    """All tapes taken over, the latest first."""
    return render(request, "office/imports.html", {"page": page_of(request=request, rows=find_import_batches())})


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
