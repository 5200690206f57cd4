"""
The site while there is none yet.

The address answers from the first second: `/healthz` says 503 and how far the
run is, every other page shows the same to a person and reloads itself. When
the run is ready the real site takes over in the same process.
"""

import asyncio
import html
import importlib
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from postloan.config.serving.state import RunState, live_state

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

POLL_SECONDS = 0.3
GOODBYE_SECONDS = 3  # open streams are cut after this when the site is asked to end

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2"><title>Postloan</title>
<body style="font:1.1rem/1.6 system-ui,sans-serif;margin:20vh auto;max-width:32rem;padding:0 1rem">
<h1>Postloan</h1><p>Starting; this page becomes the site by itself. · 正在启动，完成后本页自动进入系统。</p>
<p><progress {value} max="100" style="width:100%"></progress><br>{step}</p>"""


class SiteWhenReady:
    """An ASGI application that waits, and then is the site."""

    def __init__(self) -> None:
        self._site: Application | None = None

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if self._site is not None:
            await self._site(scope, receive, send)
        elif scope["type"] == "http":
            await _answer_waiting(scope["path"], live_state(), send)

    async def take_over(self) -> None:
        """Wait until the run is ready, then load the site."""
        while (state := live_state()) is None or not state.ready:  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(POLL_SECONDS)
        module = await asyncio.to_thread(importlib.import_module, "postloan.config.asgi")
        self._site = module.application


async def _answer_waiting(path: str, state: RunState | None, send: Callable[[Message], Awaitable[None]]) -> None:
    step = state.step if state else "starting"
    percent = state.percent if state else None
    if path == "/healthz":
        kind, body = "application/json", json.dumps({"status": "starting", "step": step, "percent": percent})
    else:
        value = "" if percent is None else f'value="{percent}"'
        kind, body = "text/html; charset=utf-8", PAGE.format(value=value, step=html.escape(step))
    headers = [(b"content-type", kind.encode()), (b"retry-after", b"2"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


async def serve(*, listening: socket.socket) -> None:
    """Serve on `listening` until asked to end by SIGTERM."""
    application = SiteWhenReady()
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        proxy_headers=True,
        server_header=False,
    )
    taking_over = asyncio.create_task(application.take_over())
    await uvicorn.Server(config).serve(sockets=[listening])
    if taking_over.done():
        taking_over.result()
    else:
        taking_over.cancel()
