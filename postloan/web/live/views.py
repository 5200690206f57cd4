"""The stream: which topics have changed since the page last looked."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from postloan.ground.access.roles import OFFICE
from postloan.web.live.hub import hub_of_loop, wait_for
from postloan.web.live.topics import TOPICS
from postloan.web.ui.access import for_roles, login_of, roles_of

PING_SECONDS = 15.0
STREAM_SECONDS = 300.0  # then the page comes back, and is asked who it is once more
RETRY_MILLISECONDS = 2_000
STREAMS_MOST = 400  # of one process
STREAMS_OF_ONE = 12  # of one person

_open: Counter[int] = Counter()


@for_roles(OFFICE)
def changes(request: HttpRequest) -> HttpResponseBase:
    """
    Stream `?topics=close,outbox` as server-sent events; each names the topics that have changed.

    The id of an event holds the versions it told of. A page that comes back with it (Last-Event-ID) is told at once
    what it has missed. Where nothing can be streamed (no ASGI) or too many look, the page asks for itself instead.
    """
    asked = frozenset(request.GET.get("topics", "").split(",")) & TOPICS.keys()
    topics = frozenset(name for name in asked if not TOPICS[name].roles.isdisjoint(roles_of(request=request)))
    if not topics or not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)  # ends the stream for good; the page asks now and then
    user_id = login_of(request=request).pk
    if _open.total() >= STREAMS_MOST or _open[user_id] >= STREAMS_OF_ONE:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    seen = _seen(request.headers.get("Last-Event-ID", ""))
    answer = StreamingHttpResponse(_told(topics, seen, user_id), content_type="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    connections.close_all()  # or the request would hold its own for as long as the page looks
    return answer


async def _told(topics: frozenset[str], seen: dict[str, str], user_id: int) -> AsyncIterator[str]:
    hub = hub_of_loop()
    _open[user_id] += 1
    try:
        async with hub.watching(topics) as watcher:
            ends_at = time.monotonic() + STREAM_SECONDS
            told = {name: seen.get(name, hub.versions[name]) for name in topics}
            yield f"retry: {RETRY_MILLISECONDS}\n{_event(told, hub.versions, topics, is_first=True)}"
            told = {name: hub.versions[name] for name in topics}
            while time.monotonic() < ends_at:
                if not await wait_for(watcher, seconds=PING_SECONDS):
                    yield ": still here\n\n"
                    continue
                now = {name: hub.versions[name] for name in topics}
                if now != told:
                    yield _event(told, now, topics)
                    told = now
    finally:
        _open[user_id] -= 1
        if not _open[user_id]:
            del _open[user_id]


def _event(told: dict[str, str], now: dict[str, str], topics: frozenset[str], *, is_first: bool = False) -> str:
    """Return an event with the topics that have changed; the first one only says where the page stands."""
    changed = sorted(name for name in topics if told[name] != now[name])
    name = "changed" if changed or not is_first else "here"
    here = ",".join(f"{topic}:{now[topic]}" for topic in sorted(topics))
    return f"id: {here}\nevent: {name}\ndata: {json.dumps({'topics': changed})}\n\n"


def _seen(text: str) -> dict[str, str]:
    """Return the versions a page saw last; what makes no sense was not seen."""
    pairs = (part.split(":") for part in text[:400].split(",") if part.count(":") == 1)
    return {name: version for name, version in pairs if name in TOPICS}
