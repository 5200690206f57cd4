"""What every channel to browsers and installed apps does (Web Push). See `outside/results.py` for its answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from postloan.outside.results import SendResult


class SubscriptionMalformed(ValueError):
    """What a browser sent is no subscription."""


@dataclass(frozen=True, kw_only=True)
class OutgoingPush:
    """One notification to one subscription (the JSON a browser gave). A later one with the same `topic` replaces it."""

    message_id: str
    subscription: str
    title: str
    body: str
    url: str
    topic: str = ""
    seconds_to_live: int = 86_400


class PushChannel(Protocol):
    """A way for notifications to leave."""

    def send(self, *, messages: Sequence[OutgoingPush]) -> list[SendResult]:
        """Hand `messages` over and return one result each, in the same order."""
        ...


def checked_subscription(*, text: str, local_allowed: bool = False) -> str:
    """Return a subscription in one spelling: endpoint (https) and its two keys. Raises SubscriptionMalformed."""
    try:
        held = json.loads(text)
        endpoint, keys = str(held["endpoint"]), held["keys"]
        found = {"endpoint": endpoint, "keys": {"p256dh": str(keys["p256dh"]), "auth": str(keys["auth"])}}
    except (ValueError, KeyError, TypeError) as error:
        raise SubscriptionMalformed("endpoint and keys are needed") from error
    address = urlsplit(endpoint)
    is_local = local_allowed and address.hostname in {"127.0.0.1", "localhost"}
    if (address.scheme != "https" and not is_local) or not address.hostname or len(endpoint) > 2_000:
        raise SubscriptionMalformed("the endpoint must be an https address")
    return json.dumps(found, sort_keys=True)
