"""Change a loan by agreement: a form, what it would do, then the change itself, or a second person's decision on it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_loan
from postloan.books.payments.servicing import LoanHasNoPlan
from postloan.books.relief import operations, queries
from postloan.books.relief.changes import KINDS
from postloan.books.relief.models import ChangeRequest
from postloan.ground.access.roles import DESK, Role
from postloan.kernel.engine import EventRefused
from postloan.web.desk.change_forms import ChangeForm
from postloan.web.ui.access import for_roles, login_of, roles_of
from postloan.web.ui.tables import Column, Emptiness, Filter, QueryRows, Sort, Table
from postloan.web.ui.words import word

CHANGERS = frozenset({Role.AGENT, Role.SUPERVISOR, Role.FINANCE})
STATES = ("proposed", "done", "refused", "withdrawn")

REQUESTS = Table(
    name="desk.changes",
    caption=gettext_lazy("Changes of loans"),
    order="-proposed",
    columns=(
        Column(name="number", label=gettext_lazy("No."), value="pk", link="desk:change_request", is_fixed=True),
        Column(name="loan", label=gettext_lazy("Loan"), value="loan.external_id", link="desk:loan", link_to="loan_id"),
        Column(name="kind", label=gettext_lazy("Change"), kind="words", words="change_kind"),
        Column(name="given_up", label=gettext_lazy("Given up"), kind="money", value="given_up_minor",
               currency="loan.currency"),
        Column(name="reason", label=gettext_lazy("Reason"), breaks=True),
        Column(name="state", label=gettext_lazy("State"), kind="chip", words="change_state"),
        Column(name="by", label=gettext_lazy("Asked for by"), value="proposed_by"),
        Column(name="proposed", label=gettext_lazy("Asked for"), kind="instant", value="proposed_at"),
        Column(name="decided_by", label=gettext_lazy("Decided by")),
    ),
    filters=(
        Filter(
            name="state",
            label=gettext_lazy("State"),
            choices=lambda: [(code, word(table="change_state", code=code)) for code in STATES],
        ),
    ),
    empty=Emptiness(
        title=gettext_lazy("No change waits"),
        text=gettext_lazy("A change beyond an agent's authority waits here for a second person."),
    ),
)  # fmt: skip


@for_roles(DESK)
def changes(request: HttpRequest) -> HttpResponseBase:
    """Every change that was asked for, the latest first."""
    asked = REQUESTS.asked(request)
    found = queries.find_requests(state=asked["state"] or "")
    rows = QueryRows(found, {"proposed": Sort("pk"), "number": Sort("pk")})
    return REQUESTS.answer(request, asked=asked, rows=rows, template="desk/changes.html")


@for_roles(CHANGERS)
def change(request: HttpRequest, loan_id: int, kind: str) -> HttpResponse:
    """The form of one kind of change; sent, it shows what would happen; confirmed, it happens or is proposed."""
    found = _loan_or_404(loan_id)
    if kind not in KINDS:
        raise Http404(kind)
    form = ChangeForm(request.POST or None, kind=kind, loan=found, business_date=get_business_date())
    context: dict[str, Any] = {"loan": found, "kind": kind, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "desk/change.html", context, status=422 if form.errors else 200)
    roles = roles_of(request=request)
    try:
        if "confirm" in request.POST:
            made = operations.propose_change(
                loan_id=loan_id,
                change=form.change,
                reason=form.cleaned_data["reason"],
                roles=roles,
                by=login_of(request=request).get_username(),
                at=timezone.now(),
            )
            return _told(request, made)
        seen = queries.preview_change(loan_id=loan_id, change=form.change)
    except (EventRefused, LoanHasNoPlan, operations.ChangeKeyReused, operations.ReasonMissing) as refusal:
        form.add_error(None, _refusal_text(refusal))
        return render(request, "desk/change.html", context, status=422)
    alone = queries.may_agree_alone(
        roles=roles, kind=kind, given_up_minor=seen.given_up_minor, periods=form.change.periods
    )
    return render(request, "desk/change.html", context | {"seen": seen, "alone": alone, "sides": _sides(seen)})


@for_roles(DESK)
def change_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One change that was asked for: what it is, and for a second person the decision."""
    found = _request_or_404(request_id)
    return render(request, "desk/change_request.html", _request_context(request, found))


@for_roles(CHANGERS)
def decide_change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve, refuse or withdraw a change that waits."""
    found = _request_or_404(request_id)
    if request.method != "POST":
        return redirect("desk:change_request", request_id)
    who: dict[str, Any] = {"by": login_of(request=request).get_username(), "at": timezone.now()}
    roles = roles_of(request=request)
    decision = request.POST.get("decision", "")
    try:
        if decision == "approve":
            operations.approve_change(request_id=request_id, roles=roles, **who)
        elif decision == "refuse":
            reason = request.POST.get("reason", "").replace("\0", "")
            operations.refuse_change(request_id=request_id, reason=reason, roles=roles, **who)
        elif decision == "withdraw":
            operations.withdraw_change(request_id=request_id, **who)
    except operations.NotTheirsToDecide:
        messages.error(request, _("This needs another person, one whose authority covers it."))
    except operations.ChangeIsDecided:
        messages.info(request, _("This was decided before."))
    except operations.ReasonMissing:
        messages.error(request, _("Please say why; it goes on record with your name."))
    except EventRefused as refusal:
        messages.error(request, _refusal_text(refusal))
    else:
        found = _request_or_404(request_id)
        messages.success(request, word(table="change_state", code=found.state))
    return redirect("desk:change_request", request_id)


def _told(request: HttpRequest, made: ChangeRequest) -> HttpResponse:
    if made.state == ChangeRequest.State.DONE:
        messages.success(request, _("Done. The new plan holds from now on; the old one is kept below it."))
        return redirect("desk:loan", made.loan_id)
    messages.info(request, _("This is beyond your authority: it waits for a second person."))
    return redirect("desk:change_request", made.pk)


def _refusal_text(refusal: Exception) -> str:
    name = refusal.name if isinstance(refusal, EventRefused) else type(refusal).__name__
    return word(table="refusal", code=name)


def _sides(seen: queries.ChangePreview) -> list[dict[str, Any]]:
    """Put old and new rows beside each other by their numbers; only those that differ or are still to pay."""
    before = {row.instalment_no: row for row in seen.before.rows}
    after = {row.instalment_no: row for row in seen.after.rows}
    pairs = [(number, before.get(number), after.get(number)) for number in sorted(before.keys() | after.keys())]
    return [
        {
            "number": number,
            "before": old,
            "after": new,
            "differs": old is None or new is None or _face(old) != _face(new),
        }
        for number, old, new in pairs
    ]


def _face(row: Any) -> tuple[Any, ...]:
    return row.due_date, row.due


def _request_context(request: HttpRequest, found: ChangeRequest) -> dict[str, Any]:
    context: dict[str, Any] = {"asked": found, "loan": found.loan}
    if found.state != ChangeRequest.State.PROPOSED:
        return context
    name = login_of(request=request).get_username()
    try:
        seen = queries.preview_change(loan_id=found.loan_id, change=found.change)
    except EventRefused as refusal:
        return context | {"refused": _refusal_text(refusal), "may_withdraw": name == found.proposed_by}
    covered = queries.may_agree_alone(
        roles=roles_of(request=request),
        kind=found.kind,
        given_up_minor=found.given_up_minor,
        periods=found.change.periods,
    )
    return context | {
        "seen": seen,
        "sides": _sides(seen),
        "may_decide": covered and name != found.proposed_by,
        "may_withdraw": name == found.proposed_by,
    }


def _request_or_404(request_id: int) -> ChangeRequest:
    try:
        return queries.get_request(request_id=request_id)
    except ChangeRequest.DoesNotExist as error:
        raise Http404 from error


def _loan_or_404(loan_id: int) -> Loan:
    try:
        return get_loan(loan_id=loan_id)
    except Loan.DoesNotExist as error:
        raise Http404 from error
