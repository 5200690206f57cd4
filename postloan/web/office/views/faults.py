"""Loans the close set aside: what was wrong, the data it was wrong with, and the two ways back."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from postloan.books.loans.models import COMPONENTS
from postloan.books.loans.queries import get_instalments, get_loan
from postloan.books.payments.queries import get_unapplied_minor
from postloan.close import operations
from postloan.close.models import FaultyLoan
from postloan.close.queries import STEP_ORDER, find_faults, get_fault, get_faults_of_loan
from postloan.ground.access.roles import OFFICE, Role
from postloan.web.ui import words
from postloan.web.ui.access import for_roles, login_of, roles_of
from postloan.web.ui.asking import way_back
from postloan.web.ui.tables import BulkAction, Column, Emptiness, Filter, QueryRows, Sort, Table

MENDERS = frozenset({Role.SUPERVISOR, Role.FINANCE, Role.ENGINEER})
MOST_AT_ONCE = 100


def _which() -> list[tuple[str, Any]]:
    return [(code, words.FAULT_STATE[code]) for code in ("open", "solved", "all")]


def _steps() -> list[tuple[str, Any]]:
    return [(code, words.CLOSE_STEP.get(code, code)) for code in STEP_ORDER]


FAULTS = Table(
    name="office.faults",
    topic="close",
    caption=_("Loans set aside"),
    order="-found",
    columns=(
        Column(name="loan", label=_("Loan"), value="loan.external_id", link="office:fault", is_fixed=True),
        Column(name="day", label=_("Business date"), kind="day", value="business_date"),
        Column(name="product", label=_("Product"), value="loan.product_version.product.code", is_shown=False),
        Column(name="step", label=_("Step"), kind="words", words="close_step"),
        Column(name="reason", label=_("Reason"), breaks=True),
        Column(name="found", label=_("Set aside at"), kind="instant", value="found_at", is_shown=False),
        Column(
            name="solved", label=_("Solved"), kind="instant", value="solved_at", template="office/cells/solved.html"
        ),
        Column(name="solved_by", label=_("Solved by"), is_shown=False),
        Column(name="resolution", label=_("How it ended"), is_shown=False, breaks=True),
    ),
    filters=(
        Filter(name="only", label=_("State"), choices=_which, default="open", is_required=True),
        Filter(name="step", label=_("Step"), choices=_steps),
        Filter(name="text", label=_("Loan number"), kind="text"),
    ),
    actions=(
        BulkAction(label=_("Try again"), url_name="office:retry_faults", tone="primary"),
        BulkAction(
            label=_("Release"),
            url_name="office:release_faults",
            asks=_("Release without trying: why"),
        ),
    ),
    empty=Emptiness(title=_("No loan is set aside"), text=_("Every loan was worked out by the last close.")),
    nothing_fits=Emptiness(title=_("No loan fits"), text=_("Widen the filters, or clear them.")),
)


@for_roles(OFFICE)
def faults(request: HttpRequest) -> HttpResponseBase:
    """Loans set aside, those that wait for a person unless others are asked for."""
    asked = FAULTS.asked(request)
    found = find_faults(only=asked["only"], step=asked["step"] or "", text=asked["text"] or "")
    may_mend = not MENDERS.isdisjoint(roles_of(request=request))
    return FAULTS.answer(
        request,
        asked=asked,
        rows=QueryRows(found, {"found": Sort("pk"), "day": Sort("business_date", has_index=False)}),
        template="office/faults.html",
        actions=FAULTS.actions if may_mend else (),
    )


@for_roles(MENDERS)
def retry_faults(request: HttpRequest) -> HttpResponse:
    """Work out once more the loans that were selected; those that go well are given back to the close."""
    if request.method == "POST":
        well = failed = 0
        for fault_id in _selected(request):
            with suppress(operations.FaultIsSolved, operations.UnknownFault):
                retry = operations.retry_fault(
                    fault_id=fault_id, by=login_of(request=request).get_username(), at=timezone.now()
                )
                well, failed = well + retry.is_released, failed + (not retry.is_released)
        _say_how_it_went(request, well=well, failed=failed)
    return redirect(way_back(request) if request.POST.get("next") else "office:faults")


@for_roles(MENDERS)
def release_faults(request: HttpRequest) -> HttpResponse:
    """Give the loans that were selected back to the close, for one stated reason."""
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:150]
    if request.method == "POST" and not reason:
        messages.error(request, _("Please say why; it goes on record with your name."))
    elif request.method == "POST":
        released = 0
        for fault_id in _selected(request):
            with suppress(operations.FaultIsSolved, operations.UnknownFault):
                operations.release_fault(
                    fault_id=fault_id, by=login_of(request=request).get_username(), at=timezone.now(), reason=reason
                )
                released += 1
        _say_how_it_went(request, well=released, failed=0)
    return redirect(way_back(request) if request.POST.get("next") else "office:faults")


def _selected(request: HttpRequest) -> list[int]:
    keys = [key for key in request.POST.getlist("key") if key.isdecimal() and len(key) < 18]
    return [int(key) for key in keys[:MOST_AT_ONCE]]


def _say_how_it_went(request: HttpRequest, *, well: int, failed: int) -> None:
    if well:
        said = ngettext(
            "%(loans)d loan is given back to the close.", "%(loans)d loans are given back to the close.", well
        )
        messages.success(request, said % {"loans": well})
    if failed:
        said = ngettext(
            "%(loans)d loan still fails; open it to see why.",
            "%(loans)d loans still fail; open one to see why.",
            failed,
        )
        messages.warning(request, said % {"loans": failed})
    if not well and not failed:
        messages.info(request, _("Nothing was left to do for the selected rows."))


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
