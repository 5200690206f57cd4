"""What every channel to followers of a WeChat official account does. See `outside/results.py` for its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from postloan.outside.results import SendResult


@dataclass(frozen=True, kw_only=True)
class OutgoingWechat:
    """One template message to one follower. `values` are the template's keywords, `message_id` stays the same."""

    message_id: str
    openid: str
    template_id: str
    values: Mapping[str, str]
    url: str = ""


class WechatChannel(Protocol):
    """A way for template messages to leave."""

    def send(self, *, messages: Sequence[OutgoingWechat]) -> list[SendResult]:
        """Hand `messages` over and return one result each, in the same order."""
        ...
