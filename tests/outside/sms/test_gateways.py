"""HTTP gateways: signed as published, read as configured, receipts refused unless they are signed and fresh."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from postloan.outside.results import Failure, ReceiptState
from postloan.outside.sms.gateway_receipts import ReceiptUnreadable, SignatureWrong, read_gateway_receipts
from postloan.outside.sms.gateways import (
    aliyun_signature,
    body_signature,
    form_fields,
    shipped_gateway,
    twilio_signature,
)
from postloan.outside.sms.port import OutgoingSms
from postloan.outside.sms.vendors.http_gateway import HttpGatewayChannel
from tests.outside.peers import http_peer

AT = datetime(2026, 7, 10, 1, tzinfo=UTC)
ALIYUN = {"key_id": "testid", "key_secret": "testsecret", "sign_name": "示例", "receipt_secret": "shh"}
TWILIO = {"user": "AC1", "password": "token", "sender": "+12025550100", "callback": "https://lender.example/hook"}


def sms(no: int) -> OutgoingSms:
    return OutgoingSms(
        message_id=f"m-{no}",
        recipient=f"+86138000{no:05d}",
        text="今日应还 CNY 12.50",
        template_code="SMS_1",
        values={"total": "CNY 12.50"},
    )


def test_a_signature_is_the_one_of_the_published_example():
    published = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }

    assert aliyun_signature(fields=published, secret="testsecret", method="GET") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_aliyun_gets_the_registered_text_and_its_values_signed():
    with http_peer(lambda asked: (200, {}, {"Code": "OK", "BizId": "900^0", "RequestId": "r"})) as peer:
        channel = HttpGatewayChannel(shape="aliyun", credentials=ALIYUN, url=peer.url, clock=lambda: AT)
        [result] = channel.send(messages=[sms(1)])
        fields = form_fields(body=peer.asked[0].body)

    assert result.carrier_ids == ("900^0",)
    assert (fields["TemplateCode"], json.loads(fields["TemplateParam"])) == ("SMS_1", {"total": "CNY 12.50"})
    signature = fields.pop("Signature")
    assert signature == aliyun_signature(fields=fields, secret="testsecret")


def test_twilio_gets_the_text_with_the_account_and_a_key_against_doubles():
    with http_peer(lambda asked: (201, {}, {"sid": "SM1", "status": "queued"})) as peer:
        [result] = HttpGatewayChannel(shape="twilio", credentials=TWILIO, url=peer.url).send(messages=[sms(1)])
        [asked] = peer.asked

    assert result.carrier_ids == ("SM1",)
    assert base64.b64decode(asked.headers["authorization"].split()[1]) == b"AC1:token"
    assert asked.headers["i-twilio-idempotency-token"] == "m-1"
    assert form_fields(body=asked.body)["Body"] == "今日应还 CNY 12.50"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}), (Failure.HARD, False, True, False)),
        ((200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}), (Failure.SOFT, True, False, False)),
        ((429, {}), (Failure.SOFT, True, False, False)),
        ((503, {}), (Failure.SOFT, False, False, True)),
        ((200, {"Code": "isv.OUT_OF_SERVICE"}), (Failure.SOFT, False, False, False)),
    ],
)
def test_what_an_answer_means_is_configuration(answer, expected):
    with http_peer(lambda asked: (answer[0], {}, answer[1])) as peer:
        [result] = HttpGatewayChannel(shape="aliyun", credentials=ALIYUN, url=peer.url).send(messages=[sms(1)])

    assert (result.failure, result.is_throttled, result.is_gone, result.in_doubt) == expected


def test_a_gateway_that_is_away_is_tried_three_times_for_ten_messages():
    results = HttpGatewayChannel(shape="twilio", credentials=TWILIO, url="http://127.0.0.1:9").send(
        messages=[sms(no) for no in range(10)]
    )

    assert not any(result.is_reached for result in results)
    assert sum(result.reply.startswith("not tried") for result in results) == 7


def receipts(shape: str, body: bytes, headers: dict[str, str], at: datetime = AT):
    credentials = ALIYUN if shape == "aliyun" else TWILIO
    return read_gateway_receipts(
        gateway=shipped_gateway(code=shape),
        credentials=credentials,
        url=TWILIO["callback"],
        headers=headers,
        body=body,
        at=at,
    )


def signed(body: bytes, *, secret: str = "shh", at: datetime = AT) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {"x-timestamp": stamp, "x-signature": body_signature(body=body, timestamp=stamp, secret=secret)}


REPORT = json.dumps(
    [{"biz_id": "900^0", "success": True}, {"biz_id": "901^0", "success": False, "err_code": "MOBILE_NOT_EXIST"}]
).encode()


def test_a_signed_list_of_receipts_is_read():
    first, second = receipts("aliyun", REPORT, signed(REPORT))

    assert (first.carrier_id, first.state) == ("900^0", ReceiptState.DELIVERED)
    assert (second.state, second.is_gone) == (ReceiptState.UNDELIVERABLE, True)


def test_twilios_own_signature_is_checked_over_address_and_fields():
    body = b"MessageSid=SM1&MessageStatus=delivered"
    fields = form_fields(body=body)
    signature = twilio_signature(url=TWILIO["callback"], fields=fields, token="token")

    [report] = receipts("twilio", body, {"x-twilio-signature": signature})

    assert (report.carrier_id, report.state) == ("SM1", ReceiptState.DELIVERED)
    with pytest.raises(SignatureWrong):
        receipts("twilio", body.replace(b"SM1", b"SM2"), {"x-twilio-signature": signature})


def test_a_call_unsigned_changed_or_played_again_later_is_refused():
    for headers, body in (
        ({}, REPORT),
        (signed(REPORT, secret="guess"), REPORT),
        (signed(REPORT), REPORT + b" "),
        (signed(REPORT, at=AT - timedelta(minutes=6)), REPORT),
    ):
        with pytest.raises(SignatureWrong):
            receipts("aliyun", body, headers)


def test_a_signed_call_that_is_no_receipt_is_not_read():
    for body in (b"nonsense", b"[1]", b'[{"success": true}]'):
        with pytest.raises(ReceiptUnreadable):
            receipts("aliyun", body, signed(body))
