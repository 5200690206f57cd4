"""A request is taken once, checked, decided with its reasons, and offered with every figure; each step is on the timeline."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from postloan.books.applications import operations, queries
from postloan.books.applications.deciding import DecisionAnswer, DecisionRequest
from postloan.books.applications.models import Acknowledgement, Application, LoanOffer, Transfer
from postloan.books.lines import operations as lines
from postloan.books.products.packs import pack_files, read_pack
from postloan.ground.audit.models import AuditRecord
from postloan.ground.customers.cipher import field_cipher
from postloan.kernel.credit_rules import Reason
from postloan.kernel.offers import AmountNotOffered, TermNotOffered
from postloan.kernel.rates import Rate
from tests.factories.applications import CASH, SEEN, load_packs, make_account, make_applicant, new_request, see
from tests.factories.lines import AT, TODAY, draw, make_line

pytestmark = pytest.mark.django_db


def requested(request: operations.NewApplication, **more: object) -> Application:
    return operations.request_money(request=request, by="customer", at=AT, **more)


def kinds(application: Application) -> list[str]:
    return [event.kind for event in queries.get_timeline(application_id=application.pk)]


def acknowledge(application: Application, **changes: object) -> Application:
    given = {
        "application_id": application.pk,
        "figures_sha256": application.offer.figures_sha256,
        "text_ids": application.offer.text_ids,
        "channel": "app",
        "evidence": SEEN,
        "by": "customer",
        "at": AT,
    }
    return operations.acknowledge_offer(**(given | changes))


def test_a_request_within_the_line_is_offered_with_every_figure():
    line, account = make_applicant()

    application = requested(new_request(line, account))

    offer = application.offer
    assert application.state == Application.State.OFFERED
    assert (offer.paid_out_minor, offer.principal_minor, offer.cost_minor) == (600_000, 600_000, 14_780)
    assert offer.due_dates == [date(2024, 4, 4), date(2024, 5, 4), date(2024, 6, 4)]
    assert (offer.annual_rate_method, offer.annual_rate_ppm) == ("china_nominal", 147_202)
    assert set(offer.annual_rates) == {"china_nominal", "china_compounded", "eu_effective", "us_actuarial"}
    assert kinds(application) == ["submitted", "checked", "approved", "offered"]


def test_the_customer_s_own_price_is_offered():
    line, account = make_applicant()
    lines.change_price(line_id=line.pk, rate=Rate(250, "day"), from_date=TODAY, reason="good payer", by="risk", at=AT)

    assert requested(new_request(line, account)).offer.rate_ppm == 250


def test_the_same_request_twice_is_one_application():
    line, account = make_applicant()

    first, again = requested(new_request(line, account)), requested(new_request(line, account))

    assert first.pk == again.pk
    assert LoanOffer.objects.count() == 1
    with pytest.raises(operations.RequestReused):
        requested(new_request(line, account, amount_minor=700_000))


def test_a_decision_keeps_its_facts_and_gives_the_same_answer_again():
    line, account = make_applicant(limit_minor=500_000)

    application = requested(new_request(line, account))

    [decision] = queries.explain_decision(application_id=application.pk)
    assert application.state == Application.State.REFUSED
    assert (decision["decider"], decision["decider_version"]) == ("rules", "cn-cash-1")
    assert decision["reasons"] == [{"rule": "line_exhausted", "found": 600_000, "bound": 500_000}]
    assert decision["facts"]["line_available_minor"] == 500_000
    assert kinds(application)[-1] == "refused"
    assert not hasattr(application, "offer")


def test_who_is_late_is_refused_with_the_days():
    line, account = make_applicant()
    loan = draw(line, 100_000, reference="late")
    loan.past_due_since_date = TODAY - timedelta(days=4)
    loan.save()

    application = requested(new_request(line, account))

    [decision] = queries.explain_decision(application_id=application.pk)
    assert decision["reasons"] == [{"rule": "past_due", "found": 4, "bound": 1}]


def test_a_referred_request_waits_for_a_person_who_says_why():
    line, account = make_applicant()

    class Careful:
        def decide(self, *, request: DecisionRequest) -> DecisionAnswer:
            reason = Reason("large_amount", request.facts.amount_minor, 500_000)
            return DecisionAnswer("refer", (reason,), decider="careful", decider_version="7")

    application = requested(new_request(line, account), decider=Careful())
    assert application.state == Application.State.REFERRED
    with pytest.raises(operations.DecisionNeedsAReason):
        operations.decide_by_hand(application_id=application.pk, outcome="approve", reason=" ", by="ann", at=AT)

    decided = operations.decide_by_hand(
        application_id=application.pk, outcome="approve", reason="income shown", by="ann", at=AT
    )

    assert decided.state == Application.State.OFFERED
    assert [each["decider"] for each in queries.explain_decision(application_id=application.pk)] == [
        "careful",
        "person",
    ]
    with pytest.raises(operations.NotTheNextStep):
        operations.decide_by_hand(application_id=application.pk, outcome="refuse", reason="late", by="ann", at=AT)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"customer_id": 0}, operations.ApplicantUnknown),
        ({"product_code": "nothing"}, queries.ProductNotOffered),
        ({"amount_minor": 1}, AmountNotOffered),
        ({"amount_minor": -600_000}, AmountNotOffered),
        ({"instalments": 5}, TermNotOffered),
        ({"line_id": 0}, lines.UnknownLine),
        ({"payout_account_id": 0}, operations.PayoutAccountDoesNotFit),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_changes_nothing(wish, refusal):
    line, account = make_applicant()
    before = AuditRecord.objects.count()

    with pytest.raises(refusal):
        requested(replace(new_request(line, account), **wish))

    assert (Application.objects.count(), AuditRecord.objects.count()) == (0, before)


def test_a_line_or_account_of_another_is_refused():
    line, account = make_applicant()
    other = make_line(product_code=CASH)

    with pytest.raises(operations.LineDoesNotFit):
        requested(new_request(line, account, line_id=other.pk))
    with pytest.raises(operations.PayoutAccountDoesNotFit):
        requested(new_request(line, make_account(line=other, number="6200000000002")))
    with pytest.raises(operations.PayoutAccountDoesNotFit):
        requested(new_request(line, make_account(merchant="SHOP-1", number="6200000000003")))
    with pytest.raises(operations.LineDoesNotFit):
        requested(new_request(line, account, product_code="cn_bullet_loan"))


def test_an_account_lies_encrypted_and_is_known_once():
    line, account = make_applicant(number="6222 0212 3456 7890")

    again = make_account(line=line, number="6222-0212-3456-7890")

    account.refresh_from_db()
    assert again.pk == account.pk
    assert b"6222" not in bytes(account.number_encrypted)
    number = field_cipher().decrypt(
        ciphertext=account.number_encrypted, field="payout_account.number", row_id=account.pk
    )
    assert (number, account.last_digits) == ("6222021234567890", "7890")
    with pytest.raises(operations.NotAnAccount):
        make_account(line=line, number="no!")


def test_an_acknowledgement_keeps_version_time_channel_and_evidence():
    line, account = make_applicant()
    application = requested(new_request(line, account))

    acknowledge(application)

    kept = Acknowledgement.objects.select_related("text").order_by("text__code")
    assert [(each.text.code, each.text.version_no, each.channel, each.acknowledged_at) for each in kept] == [
        ("risks", 1, "app", AT),
        ("terms", 1, "app", AT),
    ]
    evidence = field_cipher().decrypt(
        ciphertext=kept[0].evidence_encrypted, field="acknowledgement.evidence", row_id=application.offer.pk
    )
    assert '"session": "s-1"' in evidence
    assert b"phone" not in bytes(kept[0].evidence_encrypted)


def test_nothing_is_acknowledged_that_was_not_shown():
    line, account = make_applicant()
    application = requested(new_request(line, account))

    with pytest.raises(operations.FiguresDiffer):
        acknowledge(application, figures_sha256="0" * 64)
    with pytest.raises(operations.TextNotAcknowledged) as refusal:
        acknowledge(application, text_ids=application.offer.text_ids[:1])

    assert refusal.value.text_ids == {application.offer.text_ids[1]}
    assert Acknowledgement.objects.count() == 0


def test_new_figures_or_a_new_text_are_another_thing_to_acknowledge():
    line, account = make_applicant()
    seen = see(new_request(line, account))

    lines.change_price(line_id=line.pk, rate=Rate(350, "day"), from_date=TODAY, reason="r", by="risk", at=AT)
    repriced = see(new_request(line, account))
    text = seen.texts[0]
    operations.publish_text(
        product=text.product, code=text.code, language=text.language, title=text.title, body="new", by="law", at=AT
    )
    reworded = see(new_request(line, account))

    assert len({seen.figures_sha256, repriced.figures_sha256, reworded.figures_sha256}) == 3


def test_an_offer_ends_at_its_instant_and_with_its_day():
    line, account = make_applicant()
    application = requested(new_request(line, account))
    ends = application.offer.expires_at

    # 5 March, midnight in Shanghai: on another day the same request has other figures.
    assert ends == datetime(2024, 3, 4, 16, tzinfo=UTC)
    with pytest.raises(operations.OfferExpired):
        acknowledge(application, at=ends)
    assert not queries.is_expired(application=application, at=ends - timedelta(seconds=1))
    assert queries.is_expired(application=application, at=ends)
    assert operations.expire_offers(by="clock", at=ends) == 1
    assert operations.expire_offers(by="clock", at=ends) == 0
    application.refresh_from_db()
    assert application.state == Application.State.EXPIRED
    with pytest.raises(operations.NotTheNextStep):
        acknowledge(application)


def test_a_customer_cancels_until_money_is_on_its_way():
    line, account = make_applicant()
    application = requested(new_request(line, account))
    acknowledge(application)

    operations.cancel_application(application_id=application.pk, reason="no need", by="customer", at=AT)
    again = operations.cancel_application(application_id=application.pk, reason="no need", by="customer", at=AT)

    assert again.state == Application.State.CANCELLED
    assert kinds(again)[-1] == "cancelled"
    with pytest.raises(operations.NotTheNextStep):
        operations.pay_out(application_id=application.pk, by="customer", at=AT)
    assert Transfer.objects.count() == 0


def test_the_database_keeps_what_was_decided_offered_and_acknowledged():
    line, account = make_applicant()
    acknowledge(requested(new_request(line, account)))

    for table in ("decision", "loanoffer", "acknowledgement", "legaltext", "applicationevent", "offerrules"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE applications_{table} SET id = id")


def test_a_pack_loaded_again_writes_nothing_and_a_changed_one_is_a_new_version():
    load_packs()
    pack = read_pack(file=next(file for file in pack_files(name="cn") if file.stem == "instalment_cash_loan"))

    again = operations.load_pack(pack=pack, by="test", at=AT)
    offer = pack.offer.model_copy(update={"cost_cap_ppm": 180_000})
    changed = operations.load_pack(pack=pack.model_copy(update={"offer": offer}), by="test", at=AT)

    assert (again.product_version.version_no, again.offer_rules.version_no) == (1, 1)
    assert (changed.product_version.version_no, changed.offer_rules.version_no) == (1, 2)
    assert {text.version_no for text in changed.texts} == {1}
    with pytest.raises(operations.PackTextMissing):
        operations.load_pack(pack=pack.model_copy(update={"texts": pack.texts[:2]}), by="test", at=AT)
