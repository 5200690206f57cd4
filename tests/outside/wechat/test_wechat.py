"""Template messages against a peer that behaves as published, and what comes back through signed envelopes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from postloan.outside.results import Failure, ReceiptState
from postloan.outside.wechat.fake import FakeWechatChannel
from postloan.outside.wechat.inbound import (
    Account,
    CallRefused,
    EnvelopeUnreadable,
    check_address,
    open_call,
    receipt_of,
    sealed_text,
    signature_of,
)
from postloan.outside.wechat.port import OutgoingWechat
from postloan.outside.wechat.vendors.official_account import OfficialAccountChannel
from tests.outside.peers import http_peer

AT = datetime(2026, 7, 10, 1, tzinfo=UTC)
ACCOUNT = Account(app_id="wx1", token="shared", aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")


def message(no: int, openid: str = "follower") -> OutgoingWechat:
    return OutgoingWechat(message_id=f"m-{no}", openid=openid, template_id="T", values={"amount2": "CNY 12.50"})


class Tencent:
    """The two calls of the interface, as published."""

    def __init__(self) -> None:
        self.token, self.tokens, self.errors = "tok-0", 0, {}
        self.sent: dict[str, int] = {}

    def __call__(self, asked):
        held = json.loads(asked.body)
        if asked.path == "/cgi-bin/stable_token":
            if held["secret"] != "secret":
                return 200, {}, {"errcode": 40125, "errmsg": "invalid appsecret"}
            self.tokens += 1
            self.token = f"tok-{self.tokens}"
            return 200, {}, {"access_token": self.token, "expires_in": 7200}
        if parse_qs(asked.query)["access_token"] != [self.token]:
            return 200, {}, {"errcode": 40001, "errmsg": "invalid credential"}
        if code := self.errors.get(held["touser"]):
            return 200, {}, {"errcode": code, "errmsg": "scripted"}
        number = self.sent.setdefault(held["client_msg_id"], 1000 + len(self.sent))
        return 200, {}, {"errcode": 0, "errmsg": "ok", "msgid": number}


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    answers = Tencent()
    with http_peer(answers) as peer:
        answers.url = peer.url
        yield answers


@pytest.fixture(params=["fake", "official account"])
def channel(request, tencent):
    scripted = {"gone": 43004, "busy": 45009}
    if request.param == "fake":
        return FakeWechatChannel(answers=scripted)
    tencent.errors = scripted
    return OfficialAccountChannel(app_id="wx1", app_secret="secret", api=tencent.url)


def test_a_message_is_taken_once_however_often_it_is_handed_over(channel, tencent):
    [first], [again] = (channel.send(messages=[message(1)]) for _ in range(2))

    assert first.accepted and first.carrier_ids == again.carrier_ids
    assert len(channel.sent if isinstance(channel, FakeWechatChannel) else tencent.sent) == 1


def test_who_follows_no_more_is_gone_and_a_full_quota_is_later(channel):
    gone, busy, other = channel.send(messages=[message(1, "gone"), message(2, "busy"), message(3)])

    assert (gone.failure, gone.is_gone) == (Failure.HARD, True)
    assert (busy.failure, busy.is_throttled) == (Failure.SOFT, True)
    assert other.accepted


def test_one_token_serves_many_messages_and_a_withdrawn_one_is_fetched_anew(tencent):
    channel = OfficialAccountChannel(app_id="wx1", app_secret="secret", api=tencent.url)
    channel.send(messages=[message(no) for no in range(5)])
    tencent.token = "somebody fetched another"

    [result] = channel.send(messages=[message(9)])

    assert result.accepted and tencent.tokens == 2


def test_a_token_is_renewed_before_it_ends(tencent):
    now = [0.0]
    channel = OfficialAccountChannel(app_id="wx1", app_secret="secret", api=tencent.url, now=lambda: now[0])
    channel.send(messages=[message(1)])
    now[0] = 7_000

    channel.send(messages=[message(2)])

    assert tencent.tokens == 2


def test_without_token_nothing_is_reached_and_nothing_in_doubt(tencent):
    channel = OfficialAccountChannel(app_id="wx1", app_secret="wrong", api=tencent.url)

    results = channel.send(messages=[message(1), message(2)])

    assert {(result.failure, result.is_reached, result.in_doubt) for result in results} == {
        (Failure.SOFT, False, False)
    }


def call(xml: str, *, at: datetime = AT, account: Account = ACCOUNT, sign_as: Account = ACCOUNT):
    sealed = sealed_text(account=account, text=xml.encode(), random=b"0123456789abcdef")
    query = {"timestamp": str(int(at.timestamp())), "nonce": "n1"}
    query["msg_signature"] = signature_of(parts=(sign_as.token, query["timestamp"], "n1", sealed))
    return {"query": query, "body": f"<xml><ToUserName>gh</ToUserName><Encrypt>{sealed}</Encrypt></xml>".encode()}


TEXT = (
    "<xml><ToUserName>gh</ToUserName><FromUserName>follower</FromUserName><CreateTime>1783645200</CreateTime>"
    "<MsgType>text</MsgType><Content><![CDATA[退订]]></Content><MsgId>77</MsgId></xml>"
)
FINISHED = (
    "<xml><ToUserName>gh</ToUserName><FromUserName>follower</FromUserName><CreateTime>1783645200</CreateTime>"
    "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1000</MsgID><Status>{}</Status></xml>"
)


def test_a_sealed_message_is_opened():
    found = open_call(account=ACCOUNT, at=AT, **call(TEXT))

    assert (found.openid, found.kind, found.text, found.key) == ("follower", "text", "退订", "77")


@pytest.mark.parametrize(
    ("status", "state"),
    [("success", ReceiptState.DELIVERED), ("failed:user block", ReceiptState.UNDELIVERABLE)],
)
def test_the_end_of_a_template_message_is_its_receipt(status, state):
    found = open_call(account=ACCOUNT, at=AT, **call(FINISHED.format(status)))

    receipt = receipt_of(message=found, raw=b"")
    assert (receipt.carrier_id, receipt.state) == ("1000", state)


def test_a_call_of_somebody_else_of_yesterday_or_in_the_clear_is_refused():
    wrong = Account(app_id="wx1", token="guessed", aes_key=ACCOUNT.aes_key)
    other = Account(app_id="wx2", token="shared", aes_key=ACCOUNT.aes_key)
    for refused in (
        call(TEXT, sign_as=wrong),
        call(TEXT, account=other),
        call(TEXT, at=AT - timedelta(minutes=6)),
        {"query": {}, "body": TEXT.encode()},
    ):
        with pytest.raises(CallRefused):
            open_call(account=ACCOUNT, at=AT, **refused)


def test_an_envelope_with_a_document_type_or_no_sender_is_not_read():
    for xml in ("<!DOCTYPE x [<!ENTITY e 'x'>]><xml><FromUserName>&e;</FromUserName></xml>", "<xml></xml>", "no"):
        with pytest.raises(EnvelopeUnreadable):
            open_call(account=ACCOUNT, at=AT, **call(xml))


def test_the_address_answers_only_who_knows_the_token():
    query = {"timestamp": str(int(AT.timestamp())), "nonce": "n", "echostr": "hello"}
    query["signature"] = signature_of(parts=("shared", query["timestamp"], "n"))

    assert check_address(account=ACCOUNT, query=query, at=AT) == "hello"
    with pytest.raises(CallRefused):
        check_address(account=ACCOUNT, query=query | {"nonce": "m"}, at=AT)
