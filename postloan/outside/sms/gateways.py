"""
How an HTTP gateway wants to be spoken to, as data (TOML): where, with which fields, signed how, answering what.

Two shapes are shipped (gateway_shapes/aliyun.toml, gateway_shapes/twilio.toml); a lender writes another without code. Fields may
hold places: `{recipient}`, `{text}`, `{message_id}`, `{template_code}`, `{values_json}` and whatever `credentials` name.
"""

import base64
import hashlib
import hmac
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

DIRECTORY = Path(__file__).parent / "gateway_shapes"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReceiptFields(_Part):
    """Where a receipt says what, and what its words mean. `list_at` names the list, where one call brings several."""

    signing: Literal["hmac-sha256", "twilio"] = "hmac-sha256"
    shape: Literal["form", "json"] = "json"
    list_at: str = ""
    id_field: str
    state_field: str
    code_field: str = ""
    states: dict[str, str]
    gone_codes: tuple[str, ...] = ()
    answer: str = "{}"


class Gateway(_Part):
    """One gateway. `id_at` is the dotted path of the gateway's number in its answer."""

    code: str
    url: str
    shape: Literal["form", "json"] = "form"
    signing: Literal["none", "basic", "bearer", "hmac-sha256", "aliyun-rpc"] = "hmac-sha256"
    fields: dict[str, str]
    id_at: str
    ok_at: str = ""
    ok_values: tuple[str, ...] = ()
    error_at: str = ""
    hard_codes: tuple[str, ...] = ()
    gone_codes: tuple[str, ...] = ()
    throttled_codes: tuple[str, ...] = ()
    idempotency_header: str = ""
    receipts: ReceiptFields | None = Field(default=None)


def load_gateway(*, file: Path) -> Gateway:
    """Return the gateway a file describes; pydantic's ValidationError names what is wrong."""
    return Gateway.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def shipped_gateway(*, code: str) -> Gateway:
    """Return one of the shipped gateways."""
    return load_gateway(file=DIRECTORY / f"{code}.toml")


def found_at(*, answer: object, path: str) -> str:
    """Return what lies at a dotted path of a JSON answer, '' where nothing does."""
    for name in path.split("."):
        if not isinstance(answer, Mapping):
            return ""
        answer = answer.get(name)
    return "" if answer is None else str(answer)


def signed_request(
    *, gateway: Gateway, fields: Mapping[str, str], credentials: Mapping[str, str], at: datetime, nonce: str
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a request with these fields, signed as the gateway wants it."""
    sent = dict(fields)
    if gateway.signing == "aliyun-rpc":
        sent |= {
            "AccessKeyId": credentials["key_id"],
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": nonce,
            "SignatureVersion": "1.0",
            "Timestamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        sent["Signature"] = aliyun_signature(fields=sent, secret=credentials["key_secret"])
    is_form = gateway.shape == "form"
    body = (urlencode(sent) if is_form else json.dumps(sent, ensure_ascii=False)).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded" if is_form else "application/json"}
    match gateway.signing:
        case "basic":
            pair = f"{credentials['user']}:{credentials['password']}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        case "bearer":
            headers["Authorization"] = f"Bearer {credentials['token']}"
        case "hmac-sha256":
            stamp = str(int(at.timestamp()))
            headers |= {"X-Timestamp": stamp, "X-Nonce": nonce}
            headers["X-Signature"] = body_signature(body=body, timestamp=stamp, secret=credentials["secret"])
        case _:
            pass
    return body, headers


def body_signature(*, body: bytes, timestamp: str, secret: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of `timestamp.body`: how requests and receipts of plain gateways are signed."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def aliyun_signature(*, fields: Mapping[str, str], secret: str, method: str = "POST") -> str:
    """Return the signature of an RPC request (Alibaba Cloud, signature version 1.0, HMAC-SHA1)."""
    line = "&".join(f"{_percent(name)}={_percent(fields[name])}" for name in sorted(fields))
    text = f"{method}&{_percent('/')}&{_percent(line)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def twilio_signature(*, url: str, fields: Mapping[str, str], token: str) -> str:
    """Return the signature of a status callback: HMAC-SHA1 of the address and the sorted fields."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def form_fields(*, body: bytes) -> dict[str, str]:
    """Return the fields of a form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")
