"""Find a customer and see all that concerns them, masked until a purpose is given."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from postloan.books.loans.queries import find_loans
from postloan.books.payments.queries import get_receipts_of_customer
from postloan.care.outreach.queries import get_messages_of_customer
from postloan.ground.access.roles import DESK
from postloan.ground.customers import operations
from postloan.ground.customers.models import Customer
from postloan.ground.customers.queries import find_customer_ids, get_customers, get_masked_customer
from postloan.web.desk.timeline import customer_timeline
from postloan.web.ui.access import for_roles, login_of, never_stored

FOUND = "desk_found_customers"  # ids only: what was typed in is not kept


@for_roles(DESK)
def customers(request: HttpRequest) -> HttpResponse:
    """
    Find customers by phone, e-mail or external id; a single one opens at once.

    The text is sent by POST and forgotten; the ids found wait in the session, so the page
    can be loaded again and no address, log or history holds personal data.
    """
    if request.method == "POST":
        found = find_customer_ids(text=request.POST.get("text", "").replace("\0", "")[:200])
        if len(found) == 1:
            return redirect("desk:customer", found[0])
        request.session[FOUND] = found
        return redirect(f"{request.path}?found")
    has_searched = "found" in request.GET
    found = request.session.get(FOUND, []) if has_searched else []
    rows = [get_masked_customer(customer=row) for row in get_customers(customer_ids=found)]
    return render(request, "desk/customers.html", {"has_searched": has_searched, "rows": rows})


@for_roles(DESK)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer, masked: loans, what is due, and the timeline of messages and receipts."""
    return render(request, "desk/customer.html", _facts_of(customer_id))


@for_roles(DESK)
def reveal_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The same page with name and contact points in the clear, for a purpose; the reading goes on record."""
    if request.method != "POST":
        return redirect("desk:customer", customer_id)
    context = _facts_of(customer_id)
    try:
        context["revealed"] = operations.reveal_customer(
            customer_id=customer_id,
            purpose=request.POST.get("purpose", "")[:200],
            by=login_of(request=request).get_username(),
            at=timezone.now(),
        )
    except operations.PurposeMissing:
        context["purpose_missing"] = True
    return never_stored(render(request, "desk/customer.html", context))


def _facts_of(customer_id: int) -> dict[str, Any]:
    found = get_customers(customer_ids=[customer_id])
    if not found:
        raise Http404(f"no customer {customer_id}") from Customer.DoesNotExist()
    loans = list(find_loans(customer_id=customer_id))
    messages = get_messages_of_customer(customer_id=customer_id)
    receipts = get_receipts_of_customer(customer_id=customer_id)
    return {
        "customer": found[0],
        "masked": get_masked_customer(customer=found[0]),
        "loans": loans,
        "timeline": customer_timeline(loans=loans, messages=messages, receipts=receipts),
    }
