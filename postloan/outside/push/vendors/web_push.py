"""Web Push: encrypted for the one subscription (RFC 8291), signed by the lender's key (VAPID, RFC 8292)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests
from pywebpush import WebPushException, webpush

from postloan.outside.push.fake import push_result
from postloan.outside.push.port import OutgoingPush
from postloan.outside.push.vapid import key_of
from postloan.outside.results import Failure, SendResult


@dataclass(kw_only=True)
class WebPushChannel:
    """Push services of all browsers; each subscription names its own. `contact` is whom they write to (mailto:…)."""

    key_file: Path
    contact: str
    timeout_seconds: float = 15.0
    _session: requests.Session | None = field(default=None, init=False, repr=False)

    def send(self, *, messages: Sequence[OutgoingPush]) -> list[SendResult]:
        """Hand `messages` over; see PushChannel. Each push service is its own peer: one that is away holds up no other."""
        self._session = self._session or requests.Session()
        return [self._send(self._session, message) for message in messages]

    def _send(self, session: requests.Session, message: OutgoingPush) -> SendResult:
        payload = {"title": message.title, "body": message.body, "url": message.url, "id": message.message_id}
        headers = {"Content-Type": "application/octet-stream", "Urgency": "normal"}
        if message.topic:
            headers["Topic"] = message.topic[:32]
        try:
            answer = webpush(
                subscription_info=json.loads(message.subscription),
                data=json.dumps(payload, ensure_ascii=False),
                vapid_private_key=key_of(file=self.key_file),
                vapid_claims={"sub": self.contact},
                ttl=message.seconds_to_live,
                headers=headers,
                timeout=self.timeout_seconds,
                requests_session=session,
            )
        except WebPushException as refused:
            code = getattr(refused.response, "status_code", 0) or 400
            return push_result(message_id=message.message_id, code=code, reply=f"push service answered {code}")
        except requests.ConnectionError as error:
            return push_result(message_id=message.message_id, code=0, reply=type(error).__name__)
        except requests.RequestException as error:
            return SendResult(
                message_id=message.message_id, failure=Failure.SOFT, reply=type(error).__name__, in_doubt=True
            )
        except ValueError as error:  # keys that are none
            return push_result(message_id=message.message_id, code=410, reply=type(error).__name__)
        location = answer.headers.get("Location", "") if not isinstance(answer, str) else ""
        return push_result(message_id=message.message_id, code=201, reply="", location=location)
