"""What every SMS channel keeps to: the fake, and SMPP against a centre on loopback."""

import time
from collections.abc import Iterator

import pytest

from postloan.outside.results import Failure, ReceiptReport, ReceiptState
from postloan.outside.sms.demo_centre import Faults
from postloan.outside.sms.fake import FakeSmsChannel
from postloan.outside.sms.port import IncomingSms, OutgoingSms, TextMalformed
from postloan.outside.sms.vendors.smpp import SmppChannel
from tests.outside.sms.smpp_centres import RunningCentre, running_centre

CHINESE = "您有 CNY 1,234.56 将于2026年7月10日到期，可登录还款。😀如已还款请忽略。" * 3
THROTTLED, BAD_NUMBER = 0x58, 0x0B


def sms(no: int, text: str = "CNY 12.50 is due", **more) -> OutgoingSms:
    return OutgoingSms(message_id=f"m-{no}", recipient=f"+86138000{no:05d}", text=text, **more)


OPENED: list[SmppChannel] = []


def smpp(centre: RunningCentre, **more) -> SmppChannel:
    options = {"system_id": "lender", "password": "secret", "timeout_seconds": 2, "sleep": lambda seconds: None}
    OPENED.append(SmppChannel(host="127.0.0.1", port=centre.port, **options | more))
    return OPENED[-1]


@pytest.fixture(autouse=True)
def _close_channels() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def incoming(channel, wanted: int) -> list:
    kept: list = []
    deadline = time.monotonic() + 5
    while len(kept) < wanted and time.monotonic() < deadline:
        channel.take_incoming(keep=kept.extend)
    return kept


@pytest.fixture
def centre() -> Iterator[RunningCentre]:
    with running_centre() as running:
        yield running


@pytest.fixture(params=["fake", "smpp"])
def channel(request, centre):
    if request.param == "fake":
        found = FakeSmsChannel(answers={"+8613800000066": BAD_NUMBER}, lost={"+8613800000077"})
        found.read = lambda: [message.text for message in found.sent]
        yield found
        return
    centre.centre.faults.statuses["8613800000066"] = BAD_NUMBER
    centre.centre.faults.lost.add("8613800000077")
    found = smpp(centre)
    found.read = lambda: [message.text for message in centre.texts]
    yield found


def test_texts_arrive_whole_in_every_alphabet(channel):
    texts = ["plain", "€[x]~|^{}" * 20, CHINESE, "é" * 200, "a" * 161]

    results = channel.send(messages=[sms(no, text) for no, text in enumerate(texts)])

    assert [result.accepted for result in results] == [True] * len(texts)
    assert channel.read() == texts


def test_each_part_has_a_number_and_each_number_its_receipt(channel):
    [short, long] = channel.send(messages=[sms(1), sms(2, CHINESE)])

    assert len(short.carrier_ids) == 1 and len(long.carrier_ids) > 1
    receipts = incoming(channel, len(short.carrier_ids) + len(long.carrier_ids))
    assert {item.carrier_id for item in receipts} == {*short.carrier_ids, *long.carrier_ids}
    assert {item.state for item in receipts} == {ReceiptState.DELIVERED}


def test_a_number_that_is_none_fails_for_good_and_the_others_leave(channel):
    results = channel.send(messages=[sms(1), sms(66), sms(2)])

    assert [result.failure for result in results] == [None, Failure.HARD, None]
    assert results[1].is_gone


def test_a_receipt_can_say_that_the_text_was_lost(channel):
    [result] = channel.send(messages=[sms(77)])

    [receipt] = incoming(channel, 1)
    assert (receipt.carrier_id, receipt.state) == (result.carrier_ids[0], ReceiptState.UNDELIVERABLE)


def test_what_is_no_number_or_no_text_is_a_mistake_of_the_caller(channel):
    for wrong in (OutgoingSms(message_id="m", recipient="13800138000", text="x"), sms(1, " ")):
        with pytest.raises(TextMalformed):
            channel.send(messages=[wrong])


def test_a_centre_that_throttles_is_given_time_and_gets_everything_once(centre):
    centre.centre.faults.throttled = 40
    pauses: list[float] = []

    results = smpp(centre, sleep=pauses.append).send(messages=[sms(no) for no in range(30)])

    assert all(result.accepted for result in results)
    assert len(centre.texts) == 30
    assert pauses and pauses == sorted(pauses)


def test_a_centre_that_goes_on_throttling_has_its_texts_later(centre):
    centre.centre.faults.throttled = 1_000

    [result] = smpp(centre).send(messages=[sms(1)])

    assert (result.failure, result.is_throttled, result.in_doubt) == (Failure.SOFT, True, False)


def test_what_was_submitted_and_not_answered_is_in_doubt_and_nothing_else_is(centre):
    centre.centre.faults.silent_after = 3

    results = smpp(centre, window=2).send(messages=[sms(no) for no in range(10)])

    assert [result.accepted for result in results[:3]] == [True] * 3
    doubtful = [result.in_doubt for result in results[3:]]
    assert 1 <= sum(doubtful) <= 2  # no more than the window
    assert all(result.failure == Failure.SOFT for result in results[3:])


def test_a_centre_that_is_away_is_not_reached_and_costs_no_doubt(centre):
    centre.stop()

    [result] = smpp(centre).send(messages=[sms(1)])

    assert (result.failure, result.is_reached, result.in_doubt) == (Failure.SOFT, False, False)


def test_a_connection_that_broke_is_made_again(centre):
    channel = smpp(centre)
    channel.send(messages=[sms(1)])
    port = centre.port
    centre.stop()
    [while_away] = channel.send(messages=[sms(2)])

    with running_centre(port=port) as again:
        [after] = channel.send(messages=[sms(2)])

        assert not while_away.accepted and after.accepted
        assert [text.recipient for text in again.texts] == ["8613800000002"]


def test_a_receipt_that_was_not_kept_comes_again(centre):
    channel = smpp(centre)
    [sent] = channel.send(messages=[sms(1)])

    class Killed(BaseException):
        pass

    def dies(reports) -> None:
        raise Killed

    def until_it_dies() -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            channel.take_incoming(keep=dies)

    with pytest.raises(Killed):
        until_it_dies()
    channel._drop()
    deadline = time.monotonic() + 5
    while not centre.centre.receipts.get("lender") and time.monotonic() < deadline:
        pass

    [receipt] = incoming(smpp(centre), 1)
    assert receipt.carrier_id == sent.carrier_ids[0]


def test_a_text_from_a_phone_is_handed_on(centre):
    channel = smpp(centre)
    channel.take_incoming(keep=lambda reports: None)

    centre.say(sender="8613800138000", text="退订")

    [text] = incoming(channel, 1)
    assert isinstance(text, IncomingSms)
    assert (text.sender, text.text) == ("+8613800138000", "退订")


def test_parts_are_told_by_parameters_where_a_carrier_wants_them(centre):
    smpp(centre, concatenation="sar").send(messages=[sms(1, CHINESE)])

    assert [text.text for text in centre.texts] == [CHINESE]


def test_a_quiet_connection_is_asked_whether_it_stands(centre):
    channel = smpp(centre, enquire_seconds=0)

    channel.send(messages=[sms(1)])
    [second] = channel.send(messages=[sms(2)])

    assert second.accepted and len(centre.centre.sessions) == 1


def test_a_wrong_password_is_soft_for_it_can_be_mended(centre):
    centre.centre.password = "other"

    [result] = smpp(centre).send(messages=[sms(1)])

    assert (result.failure, result.code) == (Failure.SOFT, 0x0E)


def test_receipts_in_decimal_find_numbers_in_hexadecimal():
    from smpplib.command import DeliverSM

    from postloan.outside.sms.smpp_texts import read_receipt

    pdu = DeliverSM("deliver_sm", esm_class=4, need_sequence=False)
    pdu.short_message = (
        b"id:255 sub:001 dlvrd:001 submit date:2607100900 done date:2607100901 stat:DELIVRD err:000 text:"
    )

    receipt = read_receipt(pdu=pdu, ids="hex_then_decimal", offset_hours=8)

    assert isinstance(receipt, ReceiptReport)
    assert receipt.carrier_id == "ff"
    assert receipt.occurred_at.isoformat() == "2026-07-10T01:01:00+00:00"


def test_faults_are_off_unless_scripted():
    off = Faults(statuses={}, throttled=0, silent_after=None, lost=set(), without_receipt=set(), slow_seconds=0)
    assert Faults() == off
