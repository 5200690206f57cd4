"""
A sender is killed while it hands messages over; the carriers are away for a while. Nothing is lost, and nothing is
doubled but what is marked as doubtful.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from postloan.care.outreach.models import Message
from tests.factories.books import make_books
from tests.factories.sending import AT, make_waiting, number_in
from tests.outside.mail.smtp_servers import smtp_server
from tests.outside.sms.smpp_centres import RunningCentre, running_centre

pytestmark = pytest.mark.django_db(transaction=True)
SENDER = Path(__file__).parent / "senders" / "sender.py"
MESSAGES, CHUNK = 60, 20
LATER = AT + timedelta(minutes=1)


class SlowMailbox:
    """A mail server that takes a moment for each message, so that a kill falls between two."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def handle_DATA(self, server, session, envelope):
        import asyncio
        from email import message_from_bytes, policy

        await asyncio.sleep(0.01)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.numbers.append(number_in(mail["Subject"]))
        return "250 kept"


def sender(database_url: str, *, lease_seconds: float = 600, at=AT, **environment: object) -> "subprocess.Popen[bytes]":
    more = {name: str(value) for name, value in environment.items()}
    return subprocess.Popen(
        [sys.executable, str(SENDER), at.isoformat(), str(lease_seconds), str(CHUNK)],
        env=os.environ
        | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "postloan.config.settings"}
        | {"PYTHONPATH": os.environ.get("PYTHONPATH", str(Path.cwd()))}
        | more,
    )


def await_more_than(wanted: int, numbers: list) -> None:
    deadline = time.monotonic() + 60
    while len(numbers) <= wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    assert len(numbers) > wanted


def check(numbers: list[int]) -> Counter:
    """Everything has arrived; what arrived twice is marked, and that is no more than a chunk."""
    arrived = Counter(numbers)
    assert set(arrived) == set(range(MESSAGES))
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    marked = set(Message.objects.filter(doubts__gt=0).values_list("customer__external_id", flat=True))
    doubled = {f"C{number}" for number, times in arrived.items() if times > 1}
    assert doubled <= marked
    assert len(marked) <= CHUNK
    return arrived


def test_a_sender_of_texts_is_killed(database_url):
    make_books()
    for number in range(MESSAGES):
        make_waiting(number=number, channel="sms")
    with running_centre() as centre:
        centre.centre.faults.slow_seconds = 0.01
        first = sender(database_url, POSTLOAN_SMPP_PORT=centre.port)
        await_more_than(MESSAGES // 2, centre.texts)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert Message.objects.filter(state="sending").exists()

        assert sender(database_url, at=LATER, lease_seconds=0, POSTLOAN_SMPP_PORT=centre.port).wait(60) == 0

        check([number_in(text.text) for text in centre.texts])


def test_a_sender_of_mail_is_killed(database_url):
    make_books()
    for number in range(MESSAGES):
        make_waiting(number=number, channel="email")
    mailbox = SlowMailbox()
    with smtp_server(handler=mailbox) as port:
        first = sender(database_url, POSTLOAN_SMTP_PORT=port)
        await_more_than(MESSAGES // 2, mailbox.numbers)
        first.send_signal(signal.SIGKILL)
        first.wait()

        assert sender(database_url, at=LATER, lease_seconds=0, POSTLOAN_SMTP_PORT=port).wait(60) == 0

        check(mailbox.numbers)


def test_a_centre_is_away_for_a_while_and_everything_leaves_afterwards(database_url):
    make_books()
    for number in range(MESSAGES):
        make_waiting(number=number, channel="sms")
    with running_centre() as before:
        port = before.port
    assert sender(database_url, POSTLOAN_SMPP_PORT=port).wait(60) == 0
    assert not Message.objects.exclude(state="queued").exists()
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}

    after = RunningCentre(port=port)
    for minutes in (1, 2):
        later = sender(database_url, at=AT + timedelta(minutes=minutes), POSTLOAN_SMPP_PORT=port)
        assert later.wait(60) == 0
    after.stop()

    assert check([number_in(text.text) for text in after.texts]).total() == MESSAGES
