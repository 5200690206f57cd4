"""Webhooks: a signed call is taken once, any other changes nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from postloan.care.outreach.models import DeliveryReceipt, Subscription
from postloan.care.outreach.operations import wechat_link
from postloan.outside.sms.gateways import body_signature
from postloan.outside.wechat.inbound import Account, sealed_text, signature_of
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db
BODY = json.dumps([{"biz_id": "900^0", "success": True}]).encode()
WECHAT = {"app_id": "wx1", "token": "shared", "aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}


@pytest.fixture(autouse=True)
def _routes(settings):
    settings.ROUTES = settings.ROUTES | {
        "gateway": {"kind": "sms", "options": {"shape": "aliyun", "credentials": {"receipt_secret": "shh"}}}
    }
    settings.WECHAT_ACCOUNT = WECHAT


def bring(client, *, secret: str = "shh", at: datetime | None = None, route: str = "gateway"):
    stamp = str(int((at or timezone.now()).timestamp()))
    headers = {"X-Timestamp": stamp, "X-Signature": body_signature(body=BODY, timestamp=stamp, secret=secret)}
    return client.post(f"/hooks/receipts/{route}", BODY, content_type="application/json", headers=headers)


def test_receipts_are_taken_once_however_often_they_are_brought(client):
    answers = [bring(client).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert DeliveryReceipt.objects.get().carrier_id == "900^0"


def test_a_call_unsigned_stale_or_for_another_route_is_refused(client):
    stale = datetime.now(UTC) - timedelta(minutes=6)

    answers = [
        bring(client, secret="guess"),
        bring(client, at=stale),
        bring(client, route="smpp"),
        client.get("/hooks/receipts/gateway"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404, 405]
    assert DeliveryReceipt.objects.count() == 0


def wechat(client, xml: str):
    account, stamp = Account(**WECHAT), str(int(timezone.now().timestamp()))
    sealed = sealed_text(account=account, text=xml.encode(), random=b"0123456789abcdef")
    signature = signature_of(parts=("shared", stamp, "n", sealed))
    query = f"timestamp={stamp}&nonce=n&msg_signature={signature}"
    return client.post(f"/hooks/wechat?{query}", f"<xml><Encrypt>{sealed}</Encrypt></xml>", content_type="text/xml")


def said(text: str, key: int = 1) -> str:
    moment = int(timezone.now().timestamp())
    return (
        f"<xml><FromUserName>follower</FromUserName><CreateTime>{moment}</CreateTime><MsgType>text</MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{key}</MsgId></xml>"
    )


def test_a_follower_links_their_account_by_the_words_of_the_portal(client):
    customer = make_customer()

    answer = wechat(client, said(wechat_link(customer_id=customer.pk)))
    wechat(client, said("12:guess:guess", key=2))

    assert (answer.status_code, answer.content) == (200, b"success")
    held = Subscription.objects.get()
    assert (held.customer_id, held.channel) == (customer.pk, "wechat")


def test_who_leaves_the_account_is_written_to_no_more(client):
    customer = make_customer()
    wechat(client, said(wechat_link(customer_id=customer.pk)))
    moment = int(timezone.now().timestamp())

    wechat(
        client,
        f"<xml><FromUserName>follower</FromUserName><CreateTime>{moment}</CreateTime><MsgType>event</MsgType>"
        "<Event>unsubscribe</Event></xml>",
    )

    assert Subscription.objects.get().is_gone


def test_somebody_who_is_not_wechat_is_refused(client):
    assert (
        client.post("/hooks/wechat?timestamp=1&nonce=n&msg_signature=x", "<xml/>", content_type="text/xml").status_code
        == 403
    )
