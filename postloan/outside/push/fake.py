"""A push channel in memory, for tests and for running without a push service."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from postloan.outside.push.port import OutgoingPush
from postloan.outside.results import Failure, SendResult


@dataclass(kw_only=True)
class FakePushChannel:
    """Keeps accepted notifications in `sent`; `answers` scripts HTTP codes by endpoint, 0 for nobody there."""

    answers: dict[str, int] = field(default_factory=dict)
    sent: list[OutgoingPush] = field(default_factory=list)

    def send(self, *, messages: Sequence[OutgoingPush]) -> list[SendResult]:
        """Hand `messages` over; see PushChannel."""
        return [self._send(message) for message in messages]

    def _send(self, message: OutgoingPush) -> SendResult:
        code = self.answers.get(json.loads(message.subscription)["endpoint"], 201)
        if code == 201:
            self.sent.append(message)
        return push_result(message_id=message.message_id, code=code, reply="scripted")


def push_result(*, message_id: str, code: int, reply: str, location: str = "") -> SendResult:
    """Return what an answer of a push service means (RFC 8030): 404 and 410 are a subscription that is no more."""
    if 200 <= code < 300:
        return SendResult(message_id=message_id, code=code, carrier_ids=(location[:160],) if location else ())
    return SendResult(
        message_id=message_id,
        failure=Failure.HARD if code in {400, 404, 410, 413} else Failure.SOFT,
        code=code,
        reply=reply[:120],
        is_reached=code != 0,
        is_throttled=code == 429,
        is_gone=code in {404, 410},
    )
