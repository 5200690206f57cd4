"""
The palette: to a customer, a loan or a page by a few keys.

What is typed is sent by POST and forgotten, for it may be a phone number. What is found of a customer is masked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from postloan.books.loans.queries import find_loans
from postloan.ground.access.roles import DESK, STAFF
from postloan.ground.customers.queries import find_customer_ids, get_customers, get_masked_customer
from postloan.web.ui import words
from postloan.web.ui.access import for_roles, never_stored, roles_of
from postloan.web.ui.navigation import places_for

MOST_OF_A_KIND = 6


@dataclass(frozen=True)
class Found:
    """Somewhere to go: what kind of thing, its name, what tells it apart, its address."""

    kind: str | Promise
    name: str | Promise
    hint: str | Promise
    url: str


@for_roles(STAFF)
def find(request: HttpRequest) -> HttpResponse:
    """Return what fits the text as entries of the palette: pages at once, loans and customers by their numbers."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    text = request.POST.get("text", "").replace("\0", "").strip()[:200]
    found = list(_pages(request, text))
    if text and not DESK.isdisjoint(roles_of(request=request)):
        found = [*_loans(text), *_customers(text), *found]
    return never_stored(render(request, "ui/parts/found.html", {"found": found, "text": text}))


def _pages(request: HttpRequest, text: str) -> Iterator[Found]:
    wanted = text.casefold()
    for place in places_for(roles=roles_of(request=request)):
        if wanted in str(place.label).casefold():
            yield Found(kind=_("Page"), name=place.label, hint="", url=place.url)


def _loans(text: str) -> Iterator[Found]:
    for loan in find_loans(text=text)[:MOST_OF_A_KIND]:
        yield Found(
            kind=_("Loan"),
            name=loan.external_id,
            hint=f"{loan.product_version.product.name} · {words.word(table='loan_status', code=loan.status)}",
            url=reverse("desk:loan", args=[loan.pk]),
        )


def _customers(text: str) -> Iterator[Found]:
    for customer in get_customers(customer_ids=find_customer_ids(text=text)[:MOST_OF_A_KIND]):
        masked = get_masked_customer(customer=customer)
        yield Found(
            kind=_("Customer"),
            name=masked.name or customer.external_id,
            hint=" · ".join(part for part in (customer.external_id, *masked.phones[:1]) if part),
            url=reverse("desk:customer", args=[customer.pk]),
        )
