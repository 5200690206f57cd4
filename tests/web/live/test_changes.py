"""The stream of changes, over a real ASGI server and a real connection that listens."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import httpx
import pytest
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import Client

from postloan.close.models import CloseRun
from postloan.ground.access.roles import Role
from postloan.web.live import hub as hub_module
from postloan.web.live import views
from tests.factories.messages import make_message
from tests.factories.nights import make_close_run
from tests.factories.people import make_customer, make_login

PATIENCE = httpx.Timeout(20.0)


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: str
    name: str
    topics: list[str]


@dataclass
class Site:
    """A site served by uvicorn in a thread of the test, and a person who is logged in."""

    url: str
    cookies: dict[str, str]
    loop: asyncio.AbstractEventLoop

    def follow(self, topics: str, *, last: str = "") -> "Iterator[httpx.Response]":
        headers = {"Last-Event-ID": last} if last else {}
        return httpx.stream(
            "GET", f"{self.url}/live/changes", params={"topics": topics}, cookies=self.cookies, headers=headers,
            timeout=PATIENCE,
        )  # fmt: skip

    def watchers(self) -> int:
        hub = hub_module._hubs.get(id(self.loop))
        return len(hub.watchers) if hub else 0


def events(response: httpx.Response) -> Iterator[Event]:
    """Return the events of a stream as they come."""
    held: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            held[name] = value
        elif not line and "event" in held:
            yield Event(held["id"], held["event"], json.loads(held["data"])["topics"])
            held = {}


@pytest.fixture
def site(transactional_db) -> Iterator[Site]:
    client = Client()
    client.force_login(make_login(username="watcher", roles=[Role.RISK]))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    application = get_asgi_application()
    server = uvicorn.Server(
        uvicorn.Config(application, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    )
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    name = settings.SESSION_COOKIE_NAME
    yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", {name: client.cookies[name].value}, loops[0])
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


def test_a_close_that_moves_on_is_told_and_a_page_that_comes_back_is_told_what_it_missed(site):
    with site.follow("close,imports") as response:
        told = events(response)
        first = next(told)
        run = CloseRun.objects.create(business_date=date(2018, 7, 1), partitions=[[0, 64]], started_at=views_now())
        second = next(told)
    run.marks.create(
        partition_no=0, from_slot=0, to_slot=64, finished_at=views_now(), counts={"loans": 1}, step_seconds={}
    )
    with site.follow("close,imports", last=second.id) as response:
        missed = next(events(response))
    with site.follow("close,imports", last=missed.id) as response:
        nothing = next(events(response))

    assert (first.name, first.topics) == ("here", [])
    assert (second.name, second.topics) == ("changed", ["close"])
    assert (missed.name, missed.topics) == ("changed", ["close"])
    assert (nothing.name, nothing.topics) == ("here", [])


def views_now():
    from django.utils import timezone

    return timezone.now()


def test_what_nobody_calls_out_is_seen_by_looking(site):
    customer = make_customer()

    with site.follow("outbox") as response:
        told = events(response)
        next(told)
        make_message(customer=customer)
        changed = next(told)

    assert changed.topics == ["outbox"]


def test_a_listener_whose_connection_is_cut_listens_again(site):
    with site.follow("close") as response:
        told = events(response)
        next(told)
        cut = 0
        while not cut:  # it listens a moment after the stream has begun
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = %s",
                    [hub_module.LISTENER],
                )
                [cut] = cursor.fetchone()
        make_close_run()
        changed = next(told)

    assert cut == 1
    assert changed.topics == ["close"]


def test_a_stream_holds_no_connection_and_leaves_nothing_when_its_reader_goes(site):
    with site.follow("close") as one, site.follow("close") as two:
        told = [events(one), events(two)]  # held: a stream that nobody reads is closed
        assert [next(each).name for each in told] == ["here", "here"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            [connections] = cursor.fetchone()
        watching = site.watchers()

    deadline = time.monotonic() + 15
    while site.watchers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert watching == 2
    assert connections <= 3  # the test's, the listener's, one that looks just then
    assert site.watchers() == 0


def test_one_person_holds_only_so_many_streams(site, monkeypatch):
    monkeypatch.setattr(views, "STREAMS_OF_ONE", 1)

    with site.follow("close") as one:
        told = events(one)
        assert next(told).name == "here"
        with site.follow("close") as two:
            refused = two.status_code, two.headers["Retry-After"]

    assert refused == (503, "30")


def test_a_stream_ends_after_a_while_so_that_its_reader_is_asked_who_it_is(site, monkeypatch):
    monkeypatch.setattr(views, "STREAM_SECONDS", 0.2)
    monkeypatch.setattr(views, "PING_SECONDS", 0.1)

    with site.follow("close") as response:
        lines = list(response.iter_lines())

    assert ": still here" in lines


@pytest.mark.parametrize(
    ("roles", "topics", "status"),
    [
        ([Role.RISK], "close", 204),
        ([Role.RISK], "nothing", 204),
        ([Role.AGENT], "close", 403),
        ([Role.BORROWER], "close", 403),
    ],
)
def test_where_nothing_can_be_streamed_the_page_is_told_to_ask_and_others_are_refused(
    client, login_as, roles, topics, status
):
    login_as(*roles)

    assert client.get("/live/changes", {"topics": topics}).status_code == status


def test_strangers_are_sent_to_log_in(client, db):
    assert client.get("/live/changes", {"topics": "close"}).status_code == 302


@pytest.mark.parametrize("text", ["", "close", "close:", ":x,::", "x:y", "a" * 900])
def test_an_id_that_makes_no_sense_was_not_seen(text):
    assert set(views._seen(text)) <= {"close"}
