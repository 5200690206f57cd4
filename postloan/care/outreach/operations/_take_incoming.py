"""
Take in what comes back by each route: receipts are kept and matched, a text that says stop stops.

What is taken is confirmed to the carrier only after it is committed, so that a killed worker loses nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction

from postloan.care.outreach.carriers import carrier_of
from postloan.care.outreach.models import Consent, Subscription
from postloan.care.outreach.operations._record_consent import record_consent
from postloan.care.outreach.operations._subscribe import subscribe
from postloan.care.outreach.operations._take_receipts import take_receipts
from postloan.ground.customers.cipher import field_cipher
from postloan.ground.customers.queries import find_customer_ids
from postloan.outside.results import ReceiptReport
from postloan.outside.sms.gateway_receipts import read_gateway_receipts
from postloan.outside.sms.gateways import load_gateway, shipped_gateway
from postloan.outside.sms.port import Incoming, IncomingSms
from postloan.outside.wechat.inbound import Account, WechatMessage, open_call, receipt_of

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "td", "t", "退订", "停止"})
LINK_SALT, LINK_SECONDS = "wechat.link", 15 * 60


class RouteHasNoReceipts(LookupError):
    """No receipts come in for this route from outside."""


def take_incoming(*, route: str, at: datetime, by: str) -> int:
    """Take in what waits on the connection of a route, and return how much it was."""

    def keep(items: Sequence[Incoming]) -> None:
        with transaction.atomic():
            reports = [item for item in items if isinstance(item, ReceiptReport)]
            take_receipts(route=route, reports=reports, at=at, by=by)
            for item in items:
                if isinstance(item, IncomingSms):
                    _take_text(route, item, at, by)

    return carrier_of(code=route).take_incoming(keep=keep)


def take_gateway_call(
    *, route: str, url: str, headers: Mapping[str, str], body: bytes, at: datetime, by: str
) -> tuple[int, str]:
    """
    Take receipts that a gateway brings, and return how many were new and what it wants to read.

    Refuses a call that is unsigned or stale (SignatureWrong), unreadable (ReceiptUnreadable), or of a route that takes
    none (RouteHasNoReceipts). The same call again brings nothing new.
    """
    chosen: dict[str, Any] = settings.ROUTES.get(route, {})
    shape = chosen.get("options", {}).get("shape", "")
    if not shape:
        raise RouteHasNoReceipts(route)
    gateway = load_gateway(file=settings.BASE_DIR / shape) if shape.endswith(".toml") else shipped_gateway(code=shape)
    reports = read_gateway_receipts(
        gateway=gateway,
        credentials=chosen["options"]["credentials"],
        url=url,
        headers=headers,
        body=body,
        at=at,
    )
    answer = gateway.receipts.answer if gateway.receipts else ""
    return take_receipts(route=route, reports=reports, at=at, by=by), answer


def wechat_account() -> Account:
    """Return what WeChat and we share. Raises RouteHasNoReceipts where no account is set."""
    if not settings.WECHAT_ACCOUNT["app_id"]:
        raise RouteHasNoReceipts("wechat")
    return Account(**settings.WECHAT_ACCOUNT)


@transaction.atomic
def take_wechat_call(*, query: Mapping[str, str], body: bytes, at: datetime, by: str) -> WechatMessage:
    """
    Take one call of WeChat: the end of a template message, a follower who leaves, links their account or says stop.

    Refuses what is not WeChat's (CallRefused) or cannot be read (EnvelopeUnreadable); the same call again changes
    nothing.
    """
    message = open_call(account=wechat_account(), query=query, body=body, at=at)
    if (receipt := receipt_of(message=message, raw=body)) is not None:
        take_receipts(route="wechat", reports=[receipt], at=at, by=by)
    elif message.kind == "event:unsubscribe":
        followers = Subscription.objects.filter(channel="wechat", value_hash=_hash(message.openid), is_gone=False)
        followers.update(is_gone=True, gone_at=at)
    elif message.kind == "text":
        _take_wechat_text(message, at, by)
    return message


def wechat_link(*, customer_id: int) -> str:
    """Return the words by which a follower says to the official account which customer they are; good for 15 minutes."""
    return signing.TimestampSigner(salt=LINK_SALT).sign(str(customer_id))


def _take_wechat_text(message: WechatMessage, at: datetime, by: str) -> None:
    follower = Subscription.objects.filter(channel="wechat", value_hash=_hash(message.openid)).first()
    if _says_stop(message.text) and follower is not None:
        _opt_out(follower.customer_id, "wechat", f"wechat:{message.key}", at, by)
        return
    try:
        signer = signing.TimestampSigner(salt=LINK_SALT)
        customer_id = int(signer.unsign(message.text.strip(), max_age=LINK_SECONDS))
    except signing.BadSignature:
        return  # a conversation, which is not ours to answer
    subscribe(customer_id=customer_id, channel="wechat", value=message.openid, at=at, by=by)


def _take_text(route: str, text: IncomingSms, at: datetime, by: str) -> None:
    if not _says_stop(text.text):
        return
    for customer_id in find_customer_ids(text=text.sender):
        _opt_out(customer_id, "sms", f"{route}:{text.carrier_id}", at, by)


def _opt_out(customer_id: int, channel: str, key: str, at: datetime, by: str) -> None:
    record_consent(
        customer_id=customer_id,
        act=Consent.Act.OPT_OUT,
        channel=channel,
        via="keyword",
        key=f"{key}:{customer_id}"[:160],
        at=at,
        by=by,
    )


def _says_stop(text: str) -> bool:
    return text.strip().strip("。.!！").casefold() in STOP_WORDS


def _hash(value: str) -> bytes:
    return field_cipher().lookup_hash(value=value)
