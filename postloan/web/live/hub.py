"""
One listener for each process of the site, however many pages look.

It holds one connection on which PostgreSQL calls out (LISTEN), reads the versions of the topics that somebody
follows when it is called and every few seconds besides, and wakes the streams whose topic has another version.
No stream holds a connection to the database. It begins with the first page that looks and ends with the last.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, connections

from postloan.web.live.topics import versions_of

CHANNEL = "postloan_live"
LISTENER = "postloan live"  # what the connection is called in the database
LOOK_SECONDS = 2.0  # a call may be missed, or nobody calls: then it is seen this much later
CALM_SECONDS = 0.3  # several calls in a moment are one
AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Watcher:
    """One stream: the topics it follows and what it has told of them."""

    topics: frozenset[str]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Hub:
    """The listener of one event loop, and those who look."""

    watchers: set[Watcher] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)
    listening: "asyncio.Task[None] | None" = None

    @asynccontextmanager
    async def watching(self, topics: frozenset[str]) -> AsyncIterator[Watcher]:
        """Follow some topics for as long as the block lasts; their versions are known when it begins."""
        watcher = Watcher(topics=topics)
        self.watchers.add(watcher)
        try:
            if not topics <= self.versions.keys():
                self.versions |= await read_versions(topics)
            if self.listening is None or self.listening.done():
                self.listening = asyncio.get_running_loop().create_task(self._listen())
            yield watcher
        finally:
            self.watchers.discard(watcher)
            if not self.watchers and self.listening is not None:
                self.listening.cancel()
                self.listening = None
                self.versions.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_address(), autocommit=True) as calls:
                    await calls.execute(f"LISTEN {CHANNEL}")
                    while True:
                        await self._look()
                        await _called(calls)
            except (psycopg.Error, OSError) as error:
                log.warning("live pages: the database does not answer (%s); trying again", type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self) -> None:
        """Read the versions of what is followed, and wake those who follow what has changed."""
        followed = frozenset().union(*(watcher.topics for watcher in self.watchers))
        found = await read_versions(followed)
        changed = {name for name, version in found.items() if self.versions.get(name) != version}
        self.versions |= found
        for watcher in self.watchers:
            if not watcher.topics.isdisjoint(changed):
                watcher.woken.set()


async def read_versions(topics: Collection[str]) -> dict[str, str]:
    """Read versions in a thread of their own, whose connection is closed again."""

    def read() -> dict[str, str]:
        try:
            return versions_of(topics)
        finally:
            connections.close_all()

    return await asyncio.to_thread(read)


async def _called(calls: "psycopg.AsyncConnection[Any]") -> None:
    """Wait until somebody calls, or for a while; take all calls of a moment together."""
    async for _call in calls.notifies(timeout=LOOK_SECONDS, stop_after=1):
        await asyncio.sleep(CALM_SECONDS)
    async for _call in calls.notifies(timeout=0):
        pass


def _address() -> Mapping[str, Any]:
    """Return the parameters of a connection of its own: a pooler between would swallow the calls."""
    ours = ("cursor_factory", "context", "prepare_threshold")
    given = {name: value for name, value in connection.get_connection_params().items() if name not in ours}
    return given | {"application_name": LISTENER}


_hubs: "dict[int, Hub]" = {}


def hub_of_loop() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    return _hubs.setdefault(id(loop), Hub())


async def wait_for(watcher: Watcher, *, seconds: float) -> bool:
    """Wait until the watcher is woken, at most so long; say whether it was."""
    with suppress(TimeoutError):
        await asyncio.wait_for(watcher.woken.wait(), timeout=seconds)
    was_woken = watcher.woken.is_set()
    watcher.woken.clear()
    return was_woken
