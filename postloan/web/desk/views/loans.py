"""One loan: its terms, where it stands, its schedule and money, and why each number is what it is."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from postloan.books.ledger import journal_queries
from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.loans import queries
from postloan.books.loans.explaining import Explanation, LoanFigures, explain_loan
from postloan.books.loans.models import Loan
from postloan.books.payments.explaining import explain_receipt
from postloan.books.payments.queries import get_receipts, get_unapplied_minor
from postloan.books.relief.changes import KINDS
from postloan.care.reminders.queries import get_reminders_of_loan
from postloan.close.explaining import NeverClosed, explain_close
from postloan.ground.access.roles import DESK
from postloan.web.desk.nights import worded_night
from postloan.web.desk.timeline import loan_timeline
from postloan.web.desk.views.changes import CHANGERS
from postloan.web.desk.views.money import CASHIERS
from postloan.web.ui.access import for_roles, roles_of
from postloan.web.ui.asking import asked_day
from postloan.web.ui.explanations import worded

POSTINGS_SHOWN = 200


@for_roles(DESK)
def loan(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Everything about one loan on one page."""
    found = _loan_or_404(loan_id)
    as_of = _last_closed()
    versions = queries.get_schedule_versions(loan=found)
    instalments = queries.get_instalments(loan=found)
    receipts = get_receipts(loan_id=loan_id)
    rows = queries.plan_rows(loan=found, versions=versions, instalments=instalments, as_of=as_of)
    reminders = get_reminders_of_loan(loan_id=loan_id)
    context = {
        "loan": found,
        "terms": found.product_version.product_terms,
        "as_of": as_of,
        "first_night": found.takeover_date + timedelta(days=1) if found.takeover_date else found.disbursed_date,
        "standing": queries.get_standing(loan=found, rows=rows, instalments=instalments, as_of=as_of),
        "rows": rows,
        "row_totals": _row_totals(rows),
        "has_fees": any(row.fee_minor for row in rows),
        "older_versions": [
            {"version": version, "lines": queries.version_lines(version=version)} for version in versions[1:]
        ],
        "receipts": receipts,
        "unapplied_minor": get_unapplied_minor(loan_id=loan_id),
        "change_kinds": [] if roles_of(request=request).isdisjoint(CHANGERS) else KINDS,
        "may_post": not roles_of(request=request).isdisjoint(CASHIERS),
        "postings": journal_queries.find_postings(loan_id=loan_id)[:POSTINGS_SHOWN],
        "timeline": loan_timeline(loan=found, instalments=instalments, receipts=receipts, reminders=reminders),
    }
    return render(request, "desk/loan.html", context)


@for_roles(DESK)
def why(request: HttpRequest, loan_id: int, figure: str) -> HttpResponse:
    """Why one figure of the loan is what it is: a page of its own, or the fragment beside the figure."""
    found = _loan_or_404(loan_id)
    explanation = _explanations(found).get(figure)
    if explanation is None:
        raise Http404(f"loan {loan_id} has no figure {figure}")
    context = {"loan": found, "explanation": worded(explanation=explanation, currency=found.currency)}
    return _fragment_or_page(request, context)


@for_roles(DESK)
def receipt(request: HttpRequest, loan_id: int, receipt_id: int) -> HttpResponse:
    """Where one receipt went and why."""
    found = _loan_or_404(loan_id)
    receipts = get_receipts(loan_id=loan_id)
    wanted = next((row for row in receipts if row.pk == receipt_id), None)
    if wanted is None:
        raise Http404(f"loan {loan_id} has no receipt {receipt_id}")
    explained = explain_receipt(
        loan=found,
        receipt=wanted,
        receipts=receipts,
        instalments=queries.get_instalments(loan=found),
        postings=list(journal_queries.find_postings(loan_id=loan_id)),
    )
    parts = [
        {"allocation": part.allocation, "left_minor": part.step.values["left"], "open_minor": part.step.values["open"]}
        for part in explained.parts
    ]
    rest = worded(explanation=explained.rest, currency=found.currency)
    context = {"loan": found, "receipt": wanted, "explained": explained, "parts": parts, "rest": rest}
    return _fragment_or_page(request, context)


@for_roles(DESK)
def night(request: HttpRequest, loan_id: int) -> HttpResponse:
    """What the close of the day `?on=` did with a loan: a page of its own, or the fragment beside the timeline."""
    found = _loan_or_404(loan_id)
    on_day = asked_day(request=request, name="on") or _last_closed()
    context: dict[str, Any] = {"loan": found, "on_day": on_day}
    with suppress(NeverClosed):
        explained = explain_close(loan_id=loan_id, business_date=on_day)
        context["told"] = worded_night(night=explained, currency=found.currency)
    return _fragment_or_page(request, context, template="desk/night")


def _fragment_or_page(request: HttpRequest, context: dict[str, Any], template: str = "desk/why") -> HttpResponse:
    is_fragment = bool(request.headers.get("HX-Request"))
    answer = render(request, f"{template}_fragment.html" if is_fragment else f"{template}.html", context)
    answer.headers["Vary"] = "HX-Request, Cookie, Accept-Language"
    return answer


def _explanations(found: Loan) -> dict[str, Explanation]:
    as_of = _last_closed()
    versions = queries.get_schedule_versions(loan=found)
    instalments = queries.get_instalments(loan=found)
    return explain_loan(
        figures=LoanFigures(
            loan=found,
            versions=versions,
            rows=queries.plan_rows(loan=found, versions=versions, instalments=instalments, as_of=as_of),
            instalments=instalments,
            postings=list(journal_queries.find_postings(loan_id=found.pk)),
            as_of=as_of,
        )
    )


def _row_totals(rows: Sequence[queries.PlanRow]) -> dict[str, int] | None:
    """Return the sums of the plan; None where rows of two versions stand below each other and sum to neither."""
    if len({row.version_no for row in rows}) > 1:
        return None
    return {
        "principal": sum(row.principal_minor for row in rows),
        "interest": sum(row.interest_minor for row in rows),
        "fee": sum(row.fee_minor for row in rows),
        "total": sum(row.total_minor for row in rows),
    }


def _loan_or_404(loan_id: int) -> Loan:
    try:
        return queries.get_loan(loan_id=loan_id)
    except Loan.DoesNotExist as error:
        raise Http404 from error


def _last_closed() -> date:
    try:
        return get_business_date() - timedelta(days=1)
    except BooksNotOpen as error:
        raise Http404 from error
