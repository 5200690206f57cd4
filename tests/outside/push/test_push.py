"""Web Push against a push service on loopback that checks the signature and opens the message with the browser's keys."""

import base64
import json
import os
from collections.abc import Iterator

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid

from postloan.outside.push.fake import FakePushChannel
from postloan.outside.push.port import OutgoingPush, SubscriptionMalformed, checked_subscription
from postloan.outside.push.vapid import public_key
from postloan.outside.push.vendors.web_push import WebPushChannel
from postloan.outside.results import Failure
from tests.outside.peers import http_peer


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Browser:
    """A browser's half: its keys, and what it reads."""

    def __init__(self) -> None:
        self.private, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.read: list[dict] = []
        self.signed: list[bool] = []

    def subscription(self, url: str, path: str = "/sub/1") -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return json.dumps({"endpoint": url + path, "keys": {"p256dh": b64(point), "auth": b64(self.auth)}})

    def __call__(self, asked):
        if asked.path == "/sub/gone":
            return 410, {}, ""
        if asked.path == "/sub/busy":
            return 429, {"Retry-After": "5"}, ""
        self.signed.append(Vapid.verify(asked.headers["authorization"]))
        assert asked.headers["ttl"] and asked.headers["content-encoding"] == "aes128gcm"
        plain = http_ece.decrypt(asked.body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        self.read.append(json.loads(plain))
        return 201, {"Location": f"/receipt/{len(self.read)}"}, ""


@pytest.fixture
def browser() -> Iterator[Browser]:
    found = Browser()
    with http_peer(found) as peer:
        found.url = peer.url
        yield found


@pytest.fixture(params=["fake", "web push"])
def channel(request, browser, tmp_path):
    if request.param == "fake":
        return FakePushChannel(answers={browser.url + "/sub/gone": 410, browser.url + "/sub/busy": 429})
    return WebPushChannel(key_file=tmp_path / "keys" / "push.pem", contact="mailto:post@lender.example")


def push(browser: Browser, path: str = "/sub/1") -> OutgoingPush:
    return OutgoingPush(
        message_id="m-1",
        subscription=browser.subscription(browser.url, path),
        title="应还",
        body="CNY 12.50",
        url="/portal/",
    )


def test_a_notification_is_taken(channel, browser):
    [result] = channel.send(messages=[push(browser)])

    assert result.accepted


def test_a_subscription_that_is_no_more_is_gone_and_a_busy_service_is_later(channel, browser):
    gone, busy, fine = channel.send(messages=[push(browser, "/sub/gone"), push(browser, "/sub/busy"), push(browser)])

    assert (gone.failure, gone.is_gone) == (Failure.HARD, True)
    assert (busy.failure, busy.is_throttled) == (Failure.SOFT, True)
    assert fine.accepted


def test_the_browser_reads_what_was_written_and_nobody_between(browser, tmp_path):
    channel = WebPushChannel(key_file=tmp_path / "push.pem", contact="mailto:post@lender.example")

    [result] = channel.send(messages=[push(browser)])

    assert browser.read == [{"title": "应还", "body": "CNY 12.50", "url": "/portal/", "id": "m-1"}]
    assert browser.signed == [True]
    assert result.carrier_ids == ("/receipt/1",)


def test_a_service_that_is_away_is_not_reached(tmp_path):
    browser = Browser()
    channel = WebPushChannel(key_file=tmp_path / "push.pem", contact="mailto:post@lender.example")
    message = OutgoingPush(
        message_id="m", subscription=browser.subscription("http://127.0.0.1:9"), title="t", body="b", url="/"
    )

    [result] = channel.send(messages=[message])

    assert (result.failure, result.is_reached) == (Failure.SOFT, False)


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path):
    file = tmp_path / "keys" / "push.pem"

    assert public_key(file=file) == public_key(file=file)
    assert file.stat().st_mode & 0o077 == 0
    assert len(base64.urlsafe_b64decode(public_key(file=file) + "=")) == 65


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"endpoint": "https://x"}', '{"endpoint": "http://x.example/1", "keys": {"p256dh": "a", "auth": "b"}}'],
)
def test_what_is_no_subscription_is_refused(text):
    with pytest.raises(SubscriptionMalformed):
        checked_subscription(text=text)
