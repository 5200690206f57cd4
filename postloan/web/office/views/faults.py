"""Loans the close set aside: what was wrong, the data it was wrong with, and the two ways back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from postloan.books.loans.models import COMPONENTS
from postloan.books.loans.queries import get_instalments, get_loan
from postloan.books.payments.queries import get_unapplied_minor
from postloan.close import operations
from postloan.close.models import FaultyLoan
from postloan.close.queries import STEP_ORDER, find_faults, get_fault, get_faults_of_loan
from postloan.ground.access.roles import OFFICE, Role
from postloan.web.ui.access import for_roles, login_of, roles_of
from postloan.web.ui.asking import asked_choice, asked_text
from postloan.web.ui.paging import MOST_ROWS_IN_FILE, csv_answer, page_of, wants_csv

MENDERS = frozenset({Role.SUPERVISOR, Role.FINANCE, Role.ENGINEER})
WHICH = ("open", "solved", "all")


@for_roles(OFFICE)
def faults(request: HttpRequest) -> HttpResponse:
    """Loans set aside, those that wait for a person first."""
    asked = {
        "only": asked_choice(request=request, name="only", choices=WHICH) or "open",
        "step": asked_choice(request=request, name="step", choices=STEP_ORDER),
        "text": asked_text(request=request, name="text"),
    }
    found = find_faults(**asked)
    if wants_csv(request):
        return _as_csv(list(found[:MOST_ROWS_IN_FILE]))
    context = asked | {"page": page_of(request=request, rows=found), "which": WHICH, "steps": STEP_ORDER}
    return render(request, "office/faults.html", context)


@for_roles(OFFICE)
def fault(request: HttpRequest, fault_id: int) -> HttpResponse:
    """One fault: the step, the reason, and the loan as the close meets it."""
    return render(request, "office/fault.html", _facts_of(request, _fault_or_404(fault_id)))


@for_roles(MENDERS)
def retry_fault(request: HttpRequest, fault_id: int) -> HttpResponse:
    """Work the loan out once more without writing; where that goes well the close gets it back."""
    if request.method != "POST":
        return redirect("office:fault", fault_id)
    try:
        retry = operations.retry_fault(
            fault_id=fault_id, by=login_of(request=request).get_username(), at=timezone.now()
        )
    except operations.UnknownFault as error:
        raise Http404 from error
    except operations.FaultIsSolved:
        messages.info(request, _("This was put right before."))
        return redirect("office:fault", fault_id)
    if retry.is_released:
        messages.success(request, _("The loan can be worked out now. The next close takes it up again."))
        return redirect("office:fault", fault_id)
    context = _facts_of(request, _fault_or_404(fault_id)) | {"failure": retry.failure}
    return render(request, "office/fault.html", context)


@for_roles(MENDERS)
def release_fault(request: HttpRequest, fault_id: int) -> HttpResponse:
    """Give the loan back to the close for a stated reason, whether it can be worked out yet or not."""
    if request.method != "POST":
        return redirect("office:fault", fault_id)
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:150]
    if not reason:
        return render(
            request, "office/fault.html", _facts_of(request, _fault_or_404(fault_id)) | {"reason_missing": True}
        )
    try:
        operations.release_fault(
            fault_id=fault_id, by=login_of(request=request).get_username(), at=timezone.now(), reason=reason
        )
    except operations.UnknownFault as error:
        raise Http404 from error
    except operations.FaultIsSolved:
        messages.info(request, _("This was put right before."))
    else:
        messages.success(request, _("Released. The next close takes the loan up again."))
    return redirect("office:fault", fault_id)


def _facts_of(request: HttpRequest, found: FaultyLoan) -> dict[str, Any]:
    loan = get_loan(loan_id=found.loan_id)
    return {
        "fault": found,
        "loan": loan,
        "may_mend": not MENDERS.isdisjoint(roles_of(request=request)),
        "components": COMPONENTS,
        "instalments": [row for row in get_instalments(loan=loan) if row.settled_date is None],
        "unapplied_minor": get_unapplied_minor(loan_id=loan.pk),
        "others": [other for other in get_faults_of_loan(loan_id=loan.pk) if other.pk != found.pk],
    }


def _fault_or_404(fault_id: int) -> FaultyLoan:
    try:
        return get_fault(fault_id=fault_id)
    except FaultyLoan.DoesNotExist as error:
        raise Http404 from error


def _as_csv(found: list[FaultyLoan]) -> HttpResponse:
    header = [
        _("Loan"),
        _("External id"),
        _("Product"),
        _("Business date"),
        _("Step"),
        _("Reason"),
        _("Set aside at"),
        _("Solved"),
        _("Solved by"),
        _("How it ended"),
    ]
    rows = (
        (
            row.loan_id,
            row.loan.external_id,
            row.loan.product_version.product.code,
            row.business_date,
            row.step,
            row.reason,
            row.found_at,
            row.solved_at or "",
            row.solved_by,
            row.resolution,
        )
        for row in found
    )
    return csv_answer(name="loans_set_aside", header=header, rows=rows)
