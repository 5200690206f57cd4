"""SMS through an HTTP gateway that a TOML file describes (see `gateways.py`)."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from postloan.outside.results import Failure, SendResult
from postloan.outside.sms.gateways import Gateway, found_at, load_gateway, shipped_gateway, signed_request
from postloan.outside.sms.port import Keep, OutgoingSms, check_text

BROKEN_MAX = 3  # calls in a row that did not come about; the rest is left for later untried


@dataclass(kw_only=True)
class HttpGatewayChannel:
    """A gateway. `shape` names a shipped one or a file; `url` may replace the one it names."""

    shape: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = ""
    timeout_seconds: float = 20.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _client: httpx.Client | None = field(default=None, init=False, repr=False)

    @property
    def gateway(self) -> Gateway:
        """The gateway as its file describes it."""
        path = Path(self.shape)
        return load_gateway(file=path) if path.suffix == ".toml" else shipped_gateway(code=self.shape)

    def send(self, *, messages: Sequence[OutgoingSms]) -> list[SendResult]:
        """Hand `messages` over; see SmsChannel."""
        for message in messages:
            check_text(message=message)
        gateway, broken, last = self.gateway, 0, ""
        client = self._client = self._client or httpx.Client(timeout=self.timeout_seconds)
        results = []
        for message in messages:
            if broken >= BROKEN_MAX:
                results.append(_soft(message, f"not tried: {last}"))
                continue
            result = self._send(client, gateway, message)
            broken, last = (0, "") if result.code else (broken + 1, result.reply)
            results.append(result)
        return results

    def take_incoming(self, *, keep: Keep) -> int:
        """A gateway calls us: nothing comes in here."""
        return 0

    def _send(self, client: httpx.Client, gateway: Gateway, message: OutgoingSms) -> SendResult:
        values = {
            "recipient": message.recipient,
            "text": message.text,
            "message_id": message.message_id,
            "template_code": message.template_code,
            "values_json": json.dumps(dict(message.values), ensure_ascii=False),
        } | dict(self.credentials)
        fields = {name: form.format_map(values) for name, form in gateway.fields.items()}
        body, headers = signed_request(
            gateway=gateway,
            fields=fields,
            credentials=self.credentials,
            at=self.clock(),
            nonce=secrets.token_hex(16),
        )
        if gateway.idempotency_header:
            headers[gateway.idempotency_header] = message.message_id
        try:
            answer = client.post((self.url or gateway.url).format_map(values), content=body, headers=headers)
        except httpx.ConnectError as error:
            return _soft(message, type(error).__name__)
        except httpx.HTTPError as error:  # it may have been taken
            return SendResult(
                message_id=message.message_id, failure=Failure.SOFT, reply=type(error).__name__, in_doubt=True
            )
        return _understood(gateway, message, answer)


def _soft(message: OutgoingSms, reply: str) -> SendResult:
    return SendResult(message_id=message.message_id, failure=Failure.SOFT, reply=reply, is_reached=False)


def _understood(gateway: Gateway, message: OutgoingSms, answer: httpx.Response) -> SendResult:
    try:
        held: Any = answer.json()
    except ValueError:
        held = {}
    carrier_id = found_at(answer=held, path=gateway.id_at)
    is_ok = answer.is_success and (not gateway.ok_at or found_at(answer=held, path=gateway.ok_at) in gateway.ok_values)
    if is_ok and carrier_id:
        return SendResult(message_id=message.message_id, code=answer.status_code, carrier_ids=(carrier_id,))
    error = found_at(answer=held, path=gateway.error_at) if gateway.error_at else ""
    is_throttled = answer.status_code == 429 or error in gateway.throttled_codes
    is_hard = not is_throttled and error in gateway.hard_codes
    return SendResult(
        message_id=message.message_id,
        failure=Failure.HARD if is_hard else Failure.SOFT,
        code=answer.status_code,
        reply=error[:120],
        is_throttled=is_throttled,
        is_gone=error in gateway.gone_codes,
        in_doubt=answer.status_code >= 500,
    )
