"""Decide an application through the port, or by a person where it was referred; approved, the offer is made at once."""

from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from postloan.books.applications.deciding import Decider, DecisionAnswer, DecisionRequest, chosen_decider
from postloan.books.applications.models import Application, Decision, LoanOffer
from postloan.books.applications.queries import Preview, gather_facts, lenders_date, preview_by_rules
from postloan.books.applications.timeline import hold_application, move_to, refuse_unless, tell
from postloan.kernel.credit_rules import CreditFacts, Reason
from postloan.kernel.offers import OfferRefused


class DecisionNeedsAReason(ValueError):
    """A person who decides says why."""


@transaction.atomic
def decide_application(*, application_id: int, by: str, at: datetime, decider: Decider | None = None) -> Application:
    """
    Return the application, now offered, refused or referred; one that was decided before comes back as it stands.

    The facts are gathered under the application's lock and kept with the answer. Refuses with UnknownApplication.
    """
    application = hold_application(application_id=application_id)
    if application.state != Application.State.SUBMITTED:
        return application
    facts = gather_facts(application=application, on_date=lenders_date(at=at))
    tell(application=application, kind="checked", by=by, at=at, details=asdict(facts))
    answer = (decider or chosen_decider()).decide(
        request=DecisionRequest(
            application_id=application.pk,
            product_code=application.product_version.product.code,
            currency=application.currency,
            instalments=application.instalments,
            terms=application.offer_rules.offer_terms,
            facts=facts,
        )
    )
    return _record(application=application, answer=answer, facts=facts, by=by, at=at)


@transaction.atomic
def decide_by_hand(
    *, application_id: int, outcome: Literal["approve", "refuse"], reason: str, by: str, at: datetime
) -> Application:
    """
    Return an application that was referred, decided by a person.

    Refusals: UnknownApplication, NotTheNextStep, DecisionNeedsAReason.
    """
    application = hold_application(application_id=application_id)
    if application.state != Application.State.REFERRED:
        refuse_unless(application=application, may_become=Application.State.REFERRED)
    if not reason.strip():
        raise DecisionNeedsAReason("say why")
    facts = gather_facts(application=application, on_date=lenders_date(at=at))
    answer = DecisionAnswer(
        outcome=outcome, reasons=(Reason(reason, None, None),), decider="person", decider_version=""
    )
    return _record(application=application, answer=answer, facts=facts, by=by, at=at)


def _record(
    *, application: Application, answer: DecisionAnswer, facts: CreditFacts, by: str, at: datetime
) -> Application:
    preview: Preview | None = None
    if answer.outcome == "approve":
        try:
            preview = _preview(application=application, at=at)
        except (
            OfferRefused
        ) as refusal:  # the price moved since: what is not offered any more is refused with its reason
            reason = Reason(type(refusal).__name__, None, None)
            answer = DecisionAnswer("refuse", (reason,), answer.decider, answer.decider_version)
    Decision.objects.create(
        application=application,
        outcome=answer.outcome,
        decider=answer.decider,
        decider_version=answer.decider_version,
        facts=asdict(facts),
        reasons=[asdict(reason) for reason in answer.reasons],
        grade=answer.grade,
        decided_at=at,
        by=by,
    )
    details = {"decider": answer.decider, "reasons": [asdict(reason) for reason in answer.reasons]}
    match answer.outcome:
        case "refuse":
            move_to(application=application, state=Application.State.REFUSED)
            tell(application=application, kind="refused", by=by, at=at, details=details)
        case "refer":
            move_to(application=application, state=Application.State.REFERRED)
            tell(application=application, kind="referred", by=by, at=at, details=details)
        case "approve":
            assert preview is not None
            tell(application=application, kind="approved", by=by, at=at, details=details)
            _make_offer(application=application, preview=preview, by=by, at=at)
    return application


def _preview(*, application: Application, at: datetime) -> Preview:
    return preview_by_rules(
        rules=application.offer_rules,
        amount_minor=application.amount_minor,
        instalments=application.instalments,
        start_date=lenders_date(at=at),
        language=application.language,
        line_id=application.line_id,
    )


def _make_offer(*, application: Application, preview: Preview, by: str, at: datetime) -> LoanOffer:
    """Keep the figures as they are shown. The offer ends with its start date: another day has other figures."""
    terms, offer = application.offer_rules.offer_terms, preview.offer
    day_after = timezone.make_aware(
        datetime.combine(offer.agreed.start_date + timedelta(days=1), time.min), timezone.get_default_timezone()
    )
    made = LoanOffer.objects.create(
        application=application,
        requested_minor=offer.requested_minor,
        charge_minor=offer.charge_minor,
        paid_out_minor=offer.paid_out_minor,
        principal_minor=offer.agreed.principal_minor,
        cost_minor=offer.cost_minor,
        rate_ppm=offer.rate.ppm,
        rate_per=offer.rate.per,
        start_date=offer.agreed.start_date,
        due_dates=list(offer.schedule.due_dates),
        row_principal_minor=[row.principal_minor for row in offer.schedule.rows],
        row_interest_minor=[row.interest_minor for row in offer.schedule.rows],
        row_fee_minor=[row.fee_minor for row in offer.schedule.rows] if offer.schedule.fee_minor else [],
        annual_rate_method=terms.annual_rate,
        annual_rate_ppm=getattr(offer.annual_rates, terms.annual_rate),
        annual_rates=asdict(offer.annual_rates),
        text_ids=[text.pk for text in preview.texts],
        figures_sha256=preview.figures_sha256,
        made_at=at,
        expires_at=min(at + timedelta(minutes=terms.valid_minutes), day_after),
    )
    move_to(application=application, state=Application.State.OFFERED)
    details = {
        "paid_out_minor": made.paid_out_minor,
        "principal_minor": made.principal_minor,
        "cost_minor": made.cost_minor,
        "annual_rate_ppm": made.annual_rate_ppm,
        "figures_sha256": made.figures_sha256,
        "expires_at": made.expires_at.isoformat(),
    }
    tell(application=application, kind="offered", by=by, at=at, details=details)
    return made
