"""Take a request for money in: once, with everything it names checked."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from postloan.books.applications.models import Application, OfferRules, PayoutAccount
from postloan.books.applications.queries import get_offer_rules, lenders_date, preview_by_rules
from postloan.books.applications.timeline import tell
from postloan.books.lines.models import CreditLine
from postloan.books.lines.operations import UnknownLine
from postloan.ground.customers.models import Customer


class ApplicantUnknown(LookupError):
    """No customer with this id."""


class LineDoesNotFit(ValueError):
    """The line is another customer's, of another product or in another currency."""


class PayoutAccountDoesNotFit(ValueError):
    """The account is not the customer's own (or, for a purchase, not a merchant's)."""


class RequestReused(ValueError):
    """The asker's reference is already on an application with other facts."""


@dataclass(frozen=True)
class NewApplication:
    """A request: so much of a product in so many instalments. `client_reference` is the asker's own and asks once."""

    customer_id: int
    client_reference: str
    product_code: str
    amount_minor: int
    instalments: int
    payout_account_id: int
    channel: str
    language: str = "zh-hans"
    line_id: int | None = None
    purpose: str = ""


@transaction.atomic
def submit_application(*, request: NewApplication, by: str, at: datetime) -> Application:
    """
    Return the application, made now or by the same request before.

    Refusals: ApplicantUnknown, RequestReused, ProductNotOffered, TextMissing, UnknownLine, LineDoesNotFit,
    PayoutAccountDoesNotFit, and kernel.offers.OfferRefused for an amount or term that is not offered.
    """
    # One request at a time for each customer: a doubled one finds the first.
    if not Customer.objects.select_for_update(no_key=True).filter(pk=request.customer_id).exists():
        raise ApplicantUnknown(f"customer {request.customer_id}")
    known = Application.objects.filter(
        customer_id=request.customer_id, client_reference=request.client_reference
    ).first()
    if known is not None:
        _refuse_other_facts(known=known, request=request)
        return known
    rules = get_offer_rules(product_code=request.product_code)
    _refuse_line(request=request, rules=rules)
    _refuse_account(request=request, rules=rules)
    preview_by_rules(
        rules=rules,
        amount_minor=request.amount_minor,
        instalments=request.instalments,
        start_date=lenders_date(at=at),
        language=request.language,
        line_id=request.line_id,
    )
    application = Application.objects.create(
        customer_id=request.customer_id,
        product_version=rules.product_version,
        offer_rules=rules,
        line_id=request.line_id,
        payout_account_id=request.payout_account_id,
        client_reference=request.client_reference,
        amount_minor=request.amount_minor,
        currency=rules.product_version.product_terms.currency,
        instalments=request.instalments,
        purpose=request.purpose,
        channel=request.channel,
        language=request.language,
        requested_at=at,
    )
    details = {"amount_minor": request.amount_minor, "instalments": request.instalments, "line": request.line_id}
    tell(application=application, kind="submitted", by=by, at=at, details=details)
    return application


def _refuse_other_facts(*, known: Application, request: NewApplication) -> None:
    facts = (known.amount_minor, known.instalments, known.line_id, known.payout_account_id)
    asked = (request.amount_minor, request.instalments, request.line_id, request.payout_account_id)
    if facts != asked or known.product_version.product.code != request.product_code:
        raise RequestReused(request.client_reference)


def _refuse_line(*, request: NewApplication, rules: OfferRules) -> None:
    if request.line_id is None:
        return
    line = CreditLine.objects.filter(pk=request.line_id).first()
    if line is None:
        raise UnknownLine(f"line {request.line_id}")
    is_other_product = line.product_id not in {None, rules.product_version.product_id}
    is_other_currency = line.currency != rules.product_version.product_terms.currency
    if line.customer_id != request.customer_id or is_other_product or is_other_currency:
        raise LineDoesNotFit(f"line {request.line_id}")


def _refuse_account(*, request: NewApplication, rules: OfferRules) -> None:
    account = PayoutAccount.objects.filter(pk=request.payout_account_id).first()
    to_merchant = rules.offer_terms.pays == "merchant"
    owner = None if to_merchant else request.customer_id
    if account is None or account.customer_id != owner:
        raise PayoutAccountDoesNotFit(f"payout account {request.payout_account_id}")
