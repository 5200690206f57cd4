"""
Template messages of a WeChat official account, as its interface is published.

The access token is fetched once and used until shortly before it ends; a token that WeChat calls wrong is fetched anew,
once a call. `client_msg_id` makes a second handing over of the same message none.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from postloan.outside.results import Failure, SendResult
from postloan.outside.wechat.answers import NOBODY, TOKEN_WRONG, result_of
from postloan.outside.wechat.port import OutgoingWechat

EARLY_SECONDS = 300


class TokenRefused(RuntimeError):
    """WeChat gave no access token; the message says its number for why."""


@dataclass(kw_only=True)
class OfficialAccountChannel:
    """An official account, by its app id and secret."""

    app_id: str
    app_secret: str = field(repr=False)
    api: str = "https://api.weixin.qq.com"
    timeout_seconds: float = 15.0
    now: Callable[[], float] = time.monotonic
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _token: str = field(default="", init=False, repr=False)
    _until: float = field(default=0.0, init=False, repr=False)

    def send(self, *, messages: Sequence[OutgoingWechat]) -> list[SendResult]:
        """Hand `messages` over; see WechatChannel."""
        results: list[SendResult] = []
        is_away, why = False, ""
        for message in messages:
            if is_away:
                result = result_of(message_id=message.message_id, errcode=NOBODY, errmsg=f"not tried: {why}")
            else:
                result = self._send(message)
                is_away, why = not result.is_reached, result.reply
            results.append(result)
        return results

    def _send(self, message: OutgoingWechat) -> SendResult:
        body = {
            "touser": message.openid,
            "template_id": message.template_id,
            "data": {name: {"value": value} for name, value in message.values.items()},
            "client_msg_id": message.message_id[:32],
        }
        if message.url:
            body["url"] = message.url
        try:
            held = self._call(body)
            if int(held.get("errcode", 0)) in TOKEN_WRONG:
                self._token = ""
                held = self._call(body)
        except (httpx.ConnectError, TokenRefused) as error:
            return result_of(message_id=message.message_id, errcode=NOBODY, errmsg=f"{type(error).__name__} {error}")
        except (httpx.HTTPError, ValueError) as error:
            return SendResult(
                message_id=message.message_id, failure=Failure.SOFT, reply=type(error).__name__, in_doubt=True
            )
        return result_of(
            message_id=message.message_id,
            errcode=int(held.get("errcode", 0)),
            errmsg=str(held.get("errmsg", "")),
            msgid=str(held.get("msgid", "")),
        )

    def _call(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http().post(
            f"{self.api}/cgi-bin/message/template/send", params={"access_token": self._access_token()}, json=body
        )
        answer.raise_for_status()
        held: dict[str, Any] = answer.json()
        return held

    def _access_token(self) -> str:
        if self._token and self.now() < self._until:
            return self._token
        wanted = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.app_secret}
        answer = self._http().post(f"{self.api}/cgi-bin/stable_token", json=wanted)
        answer.raise_for_status()
        held = answer.json()
        if "access_token" not in held:
            raise TokenRefused(str(held.get("errcode")))
        self._token = str(held["access_token"])
        self._until = self.now() + max(int(held.get("expires_in", 0)) - EARLY_SECONDS, 0)
        return self._token

    def _http(self) -> httpx.Client:
        self._client = self._client or httpx.Client(timeout=self.timeout_seconds)
        return self._client
