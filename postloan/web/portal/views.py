"""The portal: what a borrower owes, when and how to pay it, and what we have told them. Their own only."""

from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from postloan.books.bills.queries import get_minimum_due
from postloan.books.ledger import journal_queries
from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans import queries
from postloan.books.loans.explaining import LoanFigures, explain_loan
from postloan.books.loans.models import Loan
from postloan.care.outreach import operations as outreach
from postloan.care.outreach.models import Message
from postloan.care.outreach.queries import get_notice, get_notices, push_key
from postloan.ground.access.queries import get_customer_id
from postloan.ground.access.roles import Role
from postloan.web.portal.dues import to_pay
from postloan.web.ui.access import for_roles, login_of, never_stored
from postloan.web.ui.explanations import worded

BORROWER = frozenset({Role.BORROWER})
BEHIND = ("paid", "taken_over")


@for_roles(BORROWER)
def home(request: HttpRequest) -> HttpResponse:
    """What is due next, by when, and how to pay."""
    customer_id = _own_customer_id(request)
    loans = list(queries.find_loans(customer_id=customer_id))
    as_of = _last_closed()
    asked = to_pay(loans=loans, today=as_of + timedelta(days=1)) if as_of else []
    context = {
        "loans": loans,
        "asked": asked,
        "as_of": as_of,
        "unread": sum(1 for notice in get_notices(customer_id=customer_id) if notice.read_at is None),
        "lender": settings.LENDER_NAME,
        "lender_phone": settings.LENDER_PHONE,
    }
    return never_stored(render(request, "portal/home.html", context))


@for_roles(BORROWER)
def loan(request: HttpRequest, loan_id: int) -> HttpResponse:
    """One loan with its schedule."""
    found = _own_loan_or_404(request, loan_id)
    as_of = _last_closed() or found.disbursed_date
    versions = queries.get_schedule_versions(loan=found)
    instalments = queries.get_instalments(loan=found)
    rows = queries.plan_rows(loan=found, versions=versions, instalments=instalments, as_of=as_of)
    context = {
        "loan": found,
        "standing": queries.get_standing(loan=found, rows=rows, instalments=instalments, as_of=as_of),
        "earlier_rows": [row for row in rows if row.state in BEHIND],
        "rows_ahead": [row for row in rows if row.state not in BEHIND],
        "asked": to_pay(loans=[found], today=as_of + timedelta(days=1)),
        "minimum": get_minimum_due(loan_id=loan_id),
        "lender": settings.LENDER_NAME,
        "lender_phone": settings.LENDER_PHONE,
    }
    return never_stored(render(request, "portal/loan.html", context))


@for_roles(BORROWER)
def why(request: HttpRequest, loan_id: int, figure: str) -> HttpResponse:
    """Why one figure of the borrower's loan is what it is."""
    found = _own_loan_or_404(request, loan_id)
    as_of = _last_closed() or found.disbursed_date
    versions = queries.get_schedule_versions(loan=found)
    instalments = queries.get_instalments(loan=found)
    explanations = explain_loan(
        figures=LoanFigures(
            loan=found,
            versions=versions,
            rows=queries.plan_rows(loan=found, versions=versions, instalments=instalments, as_of=as_of),
            instalments=instalments,
            postings=list(journal_queries.find_postings(loan_id=loan_id)),
            as_of=as_of,
        )
    )
    if figure not in explanations:
        raise Http404(f"no figure {figure}")
    context = {"loan": found, "explanation": worded(explanation=explanations[figure], currency=found.currency)}
    is_fragment = bool(request.headers.get("HX-Request"))
    answer = render(request, "ui/parts/explanation.html" if is_fragment else "portal/why.html", context)
    answer.headers["Vary"] = "HX-Request, Cookie, Accept-Language"
    return never_stored(answer)


@for_roles(BORROWER)
def notices(request: HttpRequest) -> HttpResponse:
    """What we have told the borrower, the latest first."""
    found = get_notices(customer_id=_own_customer_id(request))
    return never_stored(render(request, "portal/notices.html", {"notices": found, "push_key": push_key()}))


@for_roles(BORROWER)
def notice(request: HttpRequest, message_id: int) -> HttpResponse:
    """One notice; opening it marks it as read."""
    customer_id = _own_customer_id(request)
    try:
        found = get_notice(message_id=message_id, customer_id=customer_id)
    except Message.DoesNotExist as error:
        raise Http404 from error
    outreach.mark_read(message_id=message_id, customer_id=customer_id, at=timezone.now())
    return never_stored(render(request, "portal/notice.html", {"notice": found}))


def _own_customer_id(request: HttpRequest) -> int:
    customer_id = get_customer_id(user=login_of(request=request))
    if customer_id is None:
        raise Http404("this login belongs to no customer")
    return customer_id


def _own_loan_or_404(request: HttpRequest, loan_id: int) -> Loan:
    """Another customer's loan is not there: it answers like a number that was never given."""
    customer_id = _own_customer_id(request)
    try:
        found = queries.get_loan(loan_id=loan_id)
    except Loan.DoesNotExist as error:
        raise Http404 from error
    if found.customer_id != customer_id:
        raise Http404
    return found


def _last_closed() -> date | None:
    try:
        return get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return None
