"""Sending as a whole: what leaves by which way, what waits, what follows, what is marked as doubtful."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from postloan.books.payments import operations as payments
from postloan.care.outreach import carriers, operations
from postloan.care.outreach.models import Consent, DeliveryReceipt, Handover, Message, Route
from postloan.care.outreach.operations._ask_gate import GateAnswer
from postloan.care.outreach.sending import send_round
from postloan.ground.audit.models import AuditRecord
from postloan.ground.customers.models import ContactPoint
from postloan.outside.mail.fake import FakeMailChannel
from postloan.outside.push.fake import FakePushChannel
from postloan.outside.results import ReceiptReport, ReceiptState
from postloan.outside.sms.fake import FakeSmsChannel
from postloan.outside.sms.port import IncomingSms
from tests.factories.books import make_books
from tests.factories.sending import AT, DUE, make_waiting, number_in

pytestmark = pytest.mark.django_db
FALL_BACK = [{"channel": "sms", "after_minutes": 120, "unless": "read"}]
PUSH = '{"endpoint": "https://push.example/1", "keys": {"p256dh": "a", "auth": "b"}}'


class Ways:
    """The fakes at the other end."""

    def __init__(self) -> None:
        self.mail, self.sms, self.push = FakeMailChannel(), FakeSmsChannel(), FakePushChannel()


@pytest.fixture
def ways(monkeypatch, settings, tmp_path) -> Ways:
    found = Ways()
    settings.BOUNCES_DIR = tmp_path / "bounces"
    made = {"smtp": carriers.MailCarrier({}), "smpp": object.__new__(carriers.SmsCarrier)}
    made["smpp"].channel = found.sms
    made["webpush"] = object.__new__(carriers.PushCarrier)
    made["webpush"].channel = found.push
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: found.mail)
    for where in ("_deliver_messages", "_take_incoming"):
        monkeypatch.setattr(f"postloan.care.outreach.operations.{where}.carrier_of", lambda code: made[code])
    make_books()
    return found


def rounds(at=AT, times: int = 1):
    for _ in range(times):
        done = send_round(at=at, by="test")
    return done


def test_a_text_leaves_is_received_and_its_receipt_is_on_the_message(ways):
    message, _ = make_waiting(number=1, channel="sms")

    rounds(), rounds(AT + timedelta(minutes=1))

    message.refresh_from_db()
    assert (message.state, message.route, message.parts) == ("sent", "smpp", 1)
    assert message.delivered_at == AT + timedelta(minutes=1)
    assert number_in(ways.sms.sent[0].text) == 1
    assert Handover.objects.get().receipt_state == "delivered"
    assert message.template_version.version_no == 1


def test_the_same_receipt_twice_is_one_and_an_unknown_one_waits(ways):
    make_waiting(number=1, channel="sms")
    rounds()
    report = ReceiptReport(carrier_id="fake-1", state=ReceiptState.DELIVERED, raw=b"1")
    early = ReceiptReport(carrier_id="fake-2", state=ReceiptState.DELIVERED, raw=b"2")

    new = [operations.take_receipts(route="smpp", reports=[report, early], at=AT, by="test") for _ in range(2)]

    assert new == [2, 0]
    assert DeliveryReceipt.objects.get(carrier_id="fake-2").handover is None
    make_waiting(number=2, channel="sms", at=AT + timedelta(minutes=1))
    rounds(AT + timedelta(minutes=1))
    operations.match_receipts(at=AT + timedelta(minutes=2), by="test")
    assert DeliveryReceipt.objects.get(carrier_id="fake-2").handover is not None


def test_who_pays_after_the_gate_said_yes_gets_nothing_and_the_slot_is_given_back(ways, monkeypatch):
    message, loan = make_waiting(number=1, channel="sms")
    asked = operations._deliver_messages.ask_gate

    def asks_and_then_money_comes(**question):
        answers = asked(**question)
        assert all(answer.is_allowed for answer in answers.values())
        receipt = payments.NewReceipt("bank", "R1", loan.pk, 1_000_001, "USD", DUE - timedelta(days=9))
        payments.post_receipt(receipt=receipt, by="test", at=AT)
        return answers

    monkeypatch.setattr(operations._deliver_messages, "ask_gate", asks_and_then_money_comes)
    settled: dict = {}
    monkeypatch.setattr(operations._deliver_messages, "settle_slots", lambda outcomes, at, by: settled.update(outcomes))

    rounds()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "paid before it left")
    assert ways.sms.sent == []
    assert settled == {message.pk: "given_back"}


def test_what_the_gate_denies_waits_until_it_opens_or_is_dropped_where_it_never_does(ways, monkeypatch):
    later, never = (make_waiting(number=number, channel="sms")[0] for number in (1, 2))
    opens = AT + timedelta(hours=14)
    answers = {
        later.pk: GateAnswer(is_allowed=False, rule_ids=("CN-T1",), earliest_at=opens),
        never.pk: GateAnswer(is_allowed=False, rule_ids=("CN-P3",)),
    }
    monkeypatch.setattr(operations._deliver_messages, "ask_gate", lambda asks, at, by: answers)

    done = rounds()

    later.refresh_from_db(), never.refresh_from_db()
    assert (done.sent, done.waiting, done.dropped, ways.sms.sent) == (0, 1, 1, [])
    assert (later.state, later.reason, later.not_before_at) == ("queued", "gate: CN-T1", opens)
    assert (never.state, later.attempts) == ("dropped", 0)


def test_a_wait_that_ends_at_night_goes_on_in_the_morning(ways):
    make_waiting(number=1, channel="email", further_steps=FALL_BACK)
    rounds()

    rounds(AT + timedelta(hours=10))  # ten in the evening in New York

    text = Message.objects.get(channel="sms")
    assert text.not_before_at == AT + timedelta(hours=21)
    assert ways.sms.sent == []


def test_who_does_not_open_the_mail_gets_a_text_and_it_counts_once(ways):
    message, _ = make_waiting(number=1, channel="email", further_steps=FALL_BACK)
    rounds()

    rounds(AT + timedelta(minutes=119))
    assert ways.sms.sent == []
    rounds(AT + timedelta(minutes=121), times=2)

    assert [number_in(text.text) for text in ways.sms.sent] == [1]
    follower = Message.objects.get(channel="sms")
    assert (follower.chain, follower.step) == (message.chain, 1)


def test_who_opens_it_is_left_alone(ways):
    message, _ = make_waiting(number=1, channel="email", further_steps=FALL_BACK)
    rounds()
    operations.mark_read(message_id=message.pk, customer_id=message.customer_id, at=AT + timedelta(minutes=5))

    rounds(AT + timedelta(minutes=121))

    assert ways.sms.sent == []


def test_a_bounce_makes_the_address_stale_and_the_next_channel_follows_at_once(ways, settings):
    message, _ = make_waiting(number=1, channel="email", further_steps=FALL_BACK)
    rounds()
    report = ReceiptReport(
        carrier_id=f"message-{message.pk}@lender.example",
        state=ReceiptState.UNDELIVERABLE,
        code="5.1.1",
        raw=b"dsn",
        is_gone=True,
    )

    operations.take_receipts(route="smtp", reports=[report], at=AT + timedelta(minutes=2), by="test")
    rounds(AT + timedelta(minutes=3))

    assert ContactPoint.objects.get(customer=message.customer_id, kind="email").state == "stale"
    assert len(ways.sms.sent) == 1


def test_a_push_subscription_that_is_gone_is_used_no_more(ways):
    message, _ = make_waiting(number=1, channel="push", further_steps=FALL_BACK)
    operations.subscribe(customer_id=message.customer_id, channel="push", value=PUSH, at=AT, by="portal")
    ways.push.answers["https://push.example/1"] = 410

    rounds(), rounds(AT + timedelta(minutes=1))

    message.refresh_from_db()
    assert message.state == "failed"
    assert message.customer.subscriptions.get().is_gone
    assert len(ways.sms.sent) == 1


def test_nobody_there_opens_the_circuit_and_costs_no_attempt(ways):
    messages = [make_waiting(number=number, channel="sms")[0] for number in (1, 2, 3)]
    ways.sms.answers = {f"+1202555{100 + number:04d}": -1 for number in (1, 2, 3)}

    rounds(), rounds(AT + timedelta(seconds=6))

    route = Route.objects.get(code="smpp")
    assert (route.failures, route.opened_at) == (1, AT)  # the second round did not even try
    assert {item.attempts for item in Message.objects.filter(pk__in=[item.pk for item in messages])} == {0}
    ways.sms.answers = {}
    one = rounds(AT + timedelta(seconds=20))
    assert (one.sent, len(ways.sms.sent)) == (1, 1)  # one is tried, and the circuit closes
    rounds(AT + timedelta(seconds=21))
    assert len(ways.sms.sent) == 3
    assert Route.objects.get(code="smpp").opened_at is None


def test_the_rate_of_a_route_is_kept(ways, settings):
    settings.ROUTES = settings.ROUTES | {"smpp": settings.ROUTES["smpp"] | {"per_second": 2}}
    for number in range(1, 8):
        make_waiting(number=number, channel="sms")

    sent = [rounds(AT + timedelta(seconds=second)).sent for second in range(3)]

    assert sent == [2, 2, 2]


def test_what_is_refused_for_good_is_listed_and_leaves_when_a_person_says_so(ways):
    message, _ = make_waiting(number=1, channel="sms")
    ways.sms.answers = {"+12025550101": 0x0C}  # refused, but not for good
    for attempt in range(8):
        rounds(AT + timedelta(minutes=2 * 3**attempt if attempt < 5 else 240 + attempt))
        Message.objects.filter(state="queued").update(not_before_at=AT)
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("failed", 6)

    ways.sms.answers = {}
    with pytest.raises(operations.ReasonMissing):
        operations.redrive_messages(message_ids=[message.pk], reason=" ", by="anna", at=AT)
    again = operations.redrive_messages(message_ids=[message.pk], reason="carrier is back", by="anna", at=AT)
    rounds(AT + timedelta(minutes=5))

    message.refresh_from_db()
    assert (again, message.state, message.redriven) == (1, "sent", 1)
    assert AuditRecord.objects.filter(action="redrive_message", by="anna").count() == 1


def test_a_text_that_says_stop_stops(ways):
    message, _ = make_waiting(number=1, channel="sms")
    ways.sms.incoming = [IncomingSms(carrier_id="77", sender="+12025550101", recipient="10690", text=" Stop. ")] * 2

    rounds()

    said = Consent.objects.get(act="opt_out")
    assert (said.customer_id, said.channel, said.via) == (message.customer_id, "sms", "keyword")
    message.refresh_from_db()
    assert message.state == "dropped" and ways.sms.sent == []


def test_no_text_is_approved_by_who_drafted_it(ways):
    from postloan.care.outreach.models import TemplateVersion

    with pytest.raises(IntegrityError), transaction.atomic():
        TemplateVersion.objects.filter(pk__gt=0).update(decided_by="shipped")
