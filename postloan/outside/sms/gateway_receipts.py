"""
Receipts that a gateway brings by itself: is it really the gateway, is it fresh, and what does it say.

The signature is checked over the very bytes that came. A signed moment older than five minutes is refused, so that a
recorded call cannot be played again later; played again at once it brings receipts that are held already, and these
are one (`outreach.take_receipts`).
"""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from postloan.outside.results import ReceiptReport, ReceiptState
from postloan.outside.sms.gateways import Gateway, ReceiptFields, body_signature, form_fields, twilio_signature

FRESH_FOR = timedelta(minutes=5)


class SignatureWrong(PermissionError):
    """The call is not signed as the gateway signs, or its moment is not now."""


class ReceiptUnreadable(ValueError):
    """The call is signed, and holds no receipt of the gateway's shape."""


def read_gateway_receipts(
    *,
    gateway: Gateway,
    credentials: Mapping[str, str],
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    at: datetime,
) -> list[ReceiptReport]:
    """Return the receipts of one call. Raises SignatureWrong or ReceiptUnreadable; header names are in lower case."""
    shape = gateway.receipts
    if shape is None:
        raise ReceiptUnreadable(f"{gateway.code} brings no receipts")
    _check(shape, credentials, url, headers, body, at)
    try:
        held = form_fields(body=body) if shape.shape == "form" else json.loads(body)
    except ValueError as error:
        raise ReceiptUnreadable("not the shape of a receipt") from error
    if shape.list_at == ".":
        items = held
    else:
        items = held.get(shape.list_at, []) if shape.list_at and isinstance(held, dict) else [held]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ReceiptUnreadable("not a list of receipts")
    return [_report(shape, item, body) for item in items]


def _check(
    shape: ReceiptFields,
    credentials: Mapping[str, str],
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    at: datetime,
) -> None:
    if shape.signing == "twilio":
        expected = twilio_signature(url=url, fields=form_fields(body=body), token=credentials["password"])
        if not hmac.compare_digest(expected.encode(), headers.get("x-twilio-signature", "").encode()):
            raise SignatureWrong("signature")
        return
    stamp = headers.get("x-timestamp", "")
    expected = body_signature(body=body, timestamp=stamp, secret=credentials["receipt_secret"])
    if not hmac.compare_digest(expected.encode(), headers.get("x-signature", "").encode()):
        raise SignatureWrong("signature")
    if not stamp.isdigit() or abs(at.timestamp() - int(stamp)) > FRESH_FOR.total_seconds():
        raise SignatureWrong("moment")


def _report(shape: ReceiptFields, item: Mapping[str, object], body: bytes) -> ReceiptReport:
    carrier_id, word = str(item.get(shape.id_field) or ""), str(item.get(shape.state_field))
    if not carrier_id:
        raise ReceiptUnreadable(f"no {shape.id_field}")
    code = str(item.get(shape.code_field) or "") if shape.code_field else ""
    return ReceiptReport(
        carrier_id=carrier_id,
        state=ReceiptState(shape.states.get(word, "unknown")),
        code=f"{word} {code}".strip()[:40],
        raw=body,
        is_gone=code in shape.gone_codes,
    )
