"""
What WeChat sends to us: is it WeChat, what does the envelope hold, and what does it say.

Signature: SHA-1 over the sorted token, timestamp, nonce and (in safe mode) the ciphertext. Envelope: AES-256-CBC, key
from the account's EncodingAESKey, sixteen random bytes, four bytes of length, the XML, the app id; padding to 32.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from postloan.outside.results import ReceiptReport, ReceiptState

BLOCK_BITS = 256
FRESH_FOR = timedelta(minutes=5)
JOB_STATES = {"success": ReceiptState.DELIVERED, "failed:user block": ReceiptState.UNDELIVERABLE}


class CallRefused(PermissionError):
    """The call is not from WeChat, not for this account, or not from now."""


class EnvelopeUnreadable(ValueError):
    """The envelope was signed and cannot be opened, or holds no message."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What WeChat and we share: the app id, the token of signatures, the key of envelopes (43 characters)."""

    app_id: str
    token: str
    aes_key: str = ""

    @property
    def key(self) -> bytes:
        """The key as AES takes it."""
        return base64.b64decode(self.aes_key + "=")


@dataclass(frozen=True, kw_only=True)
class WechatMessage:
    """Something a follower said or did, or what became of a template message. `kind` is text, or event:…"""

    openid: str
    kind: str
    text: str
    key: str  # the same call twice has the same
    occurred_at: datetime


def signature_of(*, parts: tuple[str, ...]) -> str:
    """Return the signature over these parts."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def check_address(*, account: Account, query: Mapping[str, str], at: datetime) -> str:
    """Return what WeChat wants to read when the address is set up. Raises CallRefused."""
    _check(query.get("signature", ""), (account.token, query.get("timestamp", ""), query.get("nonce", "")), query, at)
    return query.get("echostr", "")


def open_call(*, account: Account, query: Mapping[str, str], body: bytes, at: datetime) -> WechatMessage:
    """Return what one call says. Raises CallRefused or EnvelopeUnreadable."""
    outer = _xml(body)
    sealed = outer.get("Encrypt", "")
    shared = (account.token, query.get("timestamp", ""), query.get("nonce", ""))
    if account.aes_key:
        if not sealed:
            raise CallRefused("not encrypted")
        _check(query.get("msg_signature", ""), (*shared, sealed), query, at)
        return _message(_xml(unsealed(account=account, sealed=sealed)))
    _check(query.get("signature", ""), shared, query, at)
    return _message(outer)


def sealed_text(*, account: Account, text: bytes, random: bytes) -> str:
    """Return the envelope around `text`; `random` are sixteen bytes."""
    assert len(random) == 16
    plain = random + struct.pack(">I", len(text)) + text + account.app_id.encode()
    padder = padding.PKCS7(BLOCK_BITS).padder()
    cipher = Cipher(algorithms.AES(account.key), modes.CBC(account.key[:16])).encryptor()
    return base64.b64encode(cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()).decode()


def unsealed(*, account: Account, sealed: str) -> bytes:
    """Return what an envelope holds. Raises EnvelopeUnreadable, CallRefused where it is for another account."""
    cipher = Cipher(algorithms.AES(account.key), modes.CBC(account.key[:16])).decryptor()
    unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
    try:
        plain = unpadder.update(cipher.update(base64.b64decode(sealed)) + cipher.finalize()) + unpadder.finalize()
        length = struct.unpack(">I", plain[16:20])[0]
    except (ValueError, struct.error) as error:
        raise EnvelopeUnreadable("the envelope cannot be opened") from error
    if plain[20 + length :] != account.app_id.encode():
        raise CallRefused("for another account")
    return plain[20 : 20 + length]


def receipt_of(*, message: WechatMessage, raw: bytes) -> ReceiptReport | None:
    """Return the receipt that an event of a template message is, None for anything else."""
    if message.kind != "event:TEMPLATESENDJOBFINISH":
        return None
    carrier_id, _, status = message.text.partition(" ")
    return ReceiptReport(
        carrier_id=carrier_id,
        state=JOB_STATES.get(status, ReceiptState.UNDELIVERABLE),
        occurred_at=message.occurred_at,
        code=status[:40],
        raw=raw,
    )


def _check(given: str, parts: tuple[str, ...], query: Mapping[str, str], at: datetime) -> None:
    if not hmac.compare_digest(signature_of(parts=parts).encode(), given.encode()):
        raise CallRefused("signature")
    stamp = query.get("timestamp", "")
    if not stamp.isdigit() or abs(at.timestamp() - int(stamp)) > FRESH_FOR.total_seconds():
        raise CallRefused("moment")


def _xml(body: bytes) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise EnvelopeUnreadable("not XML") from error
    if root.getroottree().docinfo.doctype:
        raise EnvelopeUnreadable("a document type is not expected")
    return {str(child.tag): child.text or "" for child in root}


def _message(held: Mapping[str, str]) -> WechatMessage:
    if not held.get("FromUserName") or not held.get("CreateTime", "").isdigit():
        raise EnvelopeUnreadable("no sender or no time")
    kind, text = held.get("MsgType", ""), held.get("Content", "")
    if kind == "event":
        kind = f"event:{held.get('Event', '')}"
        text = f"{held.get('MsgID', '')} {held.get('Status', '')}".strip()
    occurred_at = datetime.fromtimestamp(int(held["CreateTime"]), tz=UTC)
    key = held.get("MsgId") or f"{held['FromUserName']}{held['CreateTime']}{kind}"
    return WechatMessage(openid=held["FromUserName"], kind=kind, text=text, key=key, occurred_at=occurred_at)
