"""Questions about applications: how a product is offered today, what a draw would cost, where an application stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from postloan.books.applications.figures import figures_of, figures_sha256
from postloan.books.applications.models import (
    Application,
    ApplicationEvent,
    Decision,
    LegalText,
    LoanOffer,
    OfferRules,
)
from postloan.books.ledger.models import BookSlot, slot_of
from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.lines.models import Drawdown
from postloan.books.lines.queries import get_available, get_price
from postloan.books.loans.models import Loan
from postloan.books.loans.queries import get_days_past_due
from postloan.kernel.business_dates import local_date
from postloan.kernel.credit_rules import CreditFacts
from postloan.kernel.offers import Offer, make_offer


class ProductNotOffered(LookupError):
    """No product with this code is offered."""


class TextMissing(LookupError):
    """A text that must be acknowledged has not been published for this product."""


@dataclass(frozen=True)
class Preview:
    """An offer worked out and not made: its figures, the texts that go with it, and the hash of both."""

    offer: Offer
    texts: tuple[LegalText, ...]
    figures_sha256: str


def lenders_date(*, at: datetime) -> date:
    """Return the calendar date of an instant in the lender's time zone."""
    return local_date(at=at, zone=timezone.get_default_timezone())


def get_open_date(*, customer_id: int) -> date:
    """Return the business date of one customer's books. Refuses with BooksNotOpen."""
    slot = BookSlot.objects.filter(slot=slot_of(customer_id=customer_id)).first()
    if slot is None:
        raise BooksNotOpen("no book has been loaded yet")
    return slot.closed_through_date + timedelta(days=1)


def get_offer_rules(*, product_code: str) -> OfferRules:
    """Return the newest rules of the newest offered version of a product. Refuses with ProductNotOffered."""
    rules = (
        OfferRules.objects.filter(product_version__product__code=product_code)
        .select_related("product_version__product")
        .order_by("-product_version__version_no", "-version_no")
        .first()
    )
    if rules is None:
        raise ProductNotOffered(product_code)
    if rules.product_version.product_terms.bill is not None:
        raise ProductNotOffered(f"{product_code} is bought on a line and billed, not requested")
    return rules


def get_texts(*, rules: OfferRules, language: str) -> list[LegalText]:
    """
    Return the newest version of each text that must be acknowledged, in the language or else in Chinese.

    Refuses with TextMissing.
    """
    found = []
    for code in rules.offer_terms.texts:
        versions = LegalText.objects.filter(product_id=rules.product_version.product_id, code=code)
        text = versions.filter(language=language).order_by("-version_no").first()
        text = text or versions.filter(language="zh-hans").order_by("-version_no").first()
        if text is None:
            raise TextMissing(f"{code} of product {rules.product_version.product.code}")
        found.append(text)
    return found


def get_texts_of_offer(*, offer: LoanOffer) -> list[LegalText]:
    """Return the texts that go with an offer, in the versions it was made with."""
    return list(LegalText.objects.filter(pk__in=offer.text_ids).order_by("pk"))


def preview_offer(
    *,
    product_code: str,
    amount_minor: int,
    instalments: int,
    start_date: date,
    language: str,
    line_id: int | None = None,
) -> Preview:
    """
    Return what would be offered for a payout on `start_date`; writes nothing.

    What is left on the line is not looked at. Refusals: ProductNotOffered, TextMissing, kernel.offers.OfferRefused.
    """
    return preview_by_rules(
        rules=get_offer_rules(product_code=product_code),
        amount_minor=amount_minor,
        instalments=instalments,
        start_date=start_date,
        language=language,
        line_id=line_id,
    )


def preview_by_rules(
    *,
    rules: OfferRules,
    amount_minor: int,
    instalments: int,
    start_date: date,
    language: str,
    line_id: int | None,
) -> Preview:
    """Return the same by given rules: an application keeps those of the day on which it was submitted."""
    offer = make_offer(
        product=rules.product_version.product_terms,
        terms=rules.offer_terms,
        amount_minor=amount_minor,
        instalments=instalments,
        start_date=start_date,
        customer_rate=None if line_id is None else get_price(line_id=line_id, on_date=start_date),
    )
    texts = get_texts(rules=rules, language=language)
    figures = figures_of(offer=offer, product_version_id=rules.product_version_id, texts=texts)
    return Preview(offer, tuple(texts), figures_sha256(figures=figures))


def gather_facts(*, application: Application, on_date: date) -> CreditFacts:
    """Return what is known of the applicant on a day, in minor units, without this application."""
    loans = list(Loan.objects.filter(customer_id=application.customer_id).select_related("product_version"))
    running = [loan for loan in loans if loan.status == Loan.Status.ACTIVE]
    owed = [loan for loan in loans if loan.status != Loan.Status.CLOSED]
    reserved = Drawdown.objects.filter(line__customer_id=application.customer_id, state=Drawdown.State.RESERVED)
    line_id = application.line_id
    return CreditFacts(
        amount_minor=application.amount_minor,
        days_past_due=max((get_days_past_due(loan=loan, as_of=on_date) for loan in running), default=0),
        open_loans=len(running),
        charged_off_loans=sum(loan.status == Loan.Status.CHARGED_OFF for loan in loans),
        exposure_minor=sum(loan.principal_outstanding_minor for loan in owed)
        + (reserved.aggregate(total=Sum("amount_minor"))["total"] or 0),
        line_available_minor=None
        if line_id is None
        else get_available(line_id=line_id, on_date=get_open_date(customer_id=application.customer_id)).available_minor,
    )


def find_applications(
    *, customer_id: int | None = None, state: str = "", line_id: int | None = None
) -> QuerySet[Application]:
    """Return the applications that fit, the latest first."""
    found = Application.objects.select_related("product_version__product", "loan").order_by("-pk")
    wanted = Q()
    if customer_id is not None:
        wanted &= Q(customer_id=customer_id)
    if state:
        wanted &= Q(state=state)
    if line_id is not None:
        wanted &= Q(line_id=line_id)
    return found.filter(wanted)


def get_application(*, application_id: int) -> Application:
    """Return one application. Raises Application.DoesNotExist."""
    return find_applications().get(pk=application_id)


def get_timeline(*, application_id: int) -> list[ApplicationEvent]:
    """Return every step of an application in its order."""
    return list(ApplicationEvent.objects.filter(application_id=application_id).order_by("event_no"))


def is_expired(*, application: Application, at: datetime) -> bool:
    """Say whether the offer of an application has run out by `at`, whether that was recorded yet or not."""
    waits = application.state in {Application.State.OFFERED, Application.State.ACKNOWLEDGED}
    return application.state == Application.State.EXPIRED or (waits and at >= application.offer.expires_at)


def explain_decision(*, application_id: int) -> list[dict[str, Any]]:
    """Return each decision with its facts, reasons, decider and version, the first one first."""
    decisions = Decision.objects.filter(application_id=application_id).order_by("pk")
    return [
        {
            "outcome": decision.outcome,
            "decider": decision.decider,
            "decider_version": decision.decider_version,
            "facts": decision.facts,
            "reasons": decision.reasons,
            "decided_at": decision.decided_at,
            "by": decision.by,
        }
        for decision in decisions
    ]
