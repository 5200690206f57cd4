"""A WeChat channel in memory, for tests and for running without an account."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from postloan.outside.results import SendResult
from postloan.outside.wechat.answers import result_of
from postloan.outside.wechat.port import OutgoingWechat


@dataclass(kw_only=True)
class FakeWechatChannel:
    """Keeps accepted messages in `sent`, each once; `answers` scripts errcodes by openid, -1000 for nobody there."""

    answers: dict[str, int] = field(default_factory=dict)
    sent: dict[str, OutgoingWechat] = field(default_factory=dict)

    def send(self, *, messages: Sequence[OutgoingWechat]) -> list[SendResult]:
        """Hand `messages` over; see WechatChannel."""
        return [self._send(message) for message in messages]

    def _send(self, message: OutgoingWechat) -> SendResult:
        errcode = self.answers.get(message.openid, 0)
        if errcode == 0:
            self.sent.setdefault(message.message_id, message)
        number = list(self.sent).index(message.message_id) + 1 if errcode == 0 else 0
        return result_of(message_id=message.message_id, errcode=errcode, errmsg="scripted", msgid=str(number))
