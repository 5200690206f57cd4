"""Post money by hand, and take it back."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_loan
from postloan.books.payments import operations
from postloan.books.payments.queries import get_receipts
from postloan.ground.access.roles import Role
from postloan.kernel.engine import EventRefused
from postloan.web.desk.change_forms import ReceiptForm, ReversalForm
from postloan.web.ui.access import for_roles, login_of
from postloan.web.ui.words import word

CASHIERS = frozenset({Role.FINANCE, Role.SUPERVISOR})


@for_roles(CASHIERS)
def new_receipt(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Post money that stands on the account's statement."""
    found = _loan_or_404(loan_id)
    form = ReceiptForm(request.POST or None, loan=found, business_date=get_business_date())
    if request.method == "POST" and form.is_valid():
        try:
            posted = operations.post_receipt(
                receipt=operations.NewReceipt(
                    bank_account=settings.DEBIT_CREDITOR["code"],
                    loan_id=loan_id,
                    currency=found.currency,
                    **form.cleaned_data,
                ),
                by=login_of(request=request).get_username(),
                at=timezone.now(),
            )
        except operations.ValueDateInFuture:
            form.add_error("value_date", _("The books are not open for that day yet."))
        except operations.BankReferenceReused:
            form.add_error("bank_reference", _("This reference is on another receipt already."))
        else:
            messages.success(request, _("Posted. See below what it paid."))
            return redirect("desk:receipt", loan_id, posted.pk)
    status = 422 if form.errors else 200
    return render(request, "desk/new_receipt.html", {"loan": found, "form": form}, status=status)


@for_roles(CASHIERS)
def reverse_receipt(request: HttpRequest, loan_id: int, receipt_id: int) -> HttpResponse:
    """Take a receipt back: the loan stands as if it had never come in."""
    found = _loan_or_404(loan_id)
    receipt = next((row for row in get_receipts(loan_id=loan_id) if row.pk == receipt_id), None)
    if receipt is None:
        raise Http404(f"loan {loan_id} has no receipt {receipt_id}")
    form = ReversalForm(request.POST or None, initial={"value_date": get_business_date()})
    if request.method == "POST" and form.is_valid():
        try:
            operations.reverse_receipt(
                receipt_id=receipt_id,
                by=login_of(request=request).get_username(),
                at=timezone.now(),
                **form.cleaned_data,
            )
        except operations.ReceiptWasRefunded:
            form.add_error(None, _("A part of it was paid back to the customer: that money is gone."))
        except EventRefused as refusal:
            form.add_error(None, word(table="refusal", code=refusal.name))
        else:
            messages.success(request, _("Taken back. What it had paid is owed again."))
            return redirect("desk:loan", loan_id)
    context = {"loan": found, "receipt": receipt, "form": form}
    return render(request, "desk/reverse_receipt.html", context, status=422 if form.errors else 200)


def _loan_or_404(loan_id: int) -> Loan:
    try:
        return get_loan(loan_id=loan_id)
    except Loan.DoesNotExist as error:
        raise Http404 from error
