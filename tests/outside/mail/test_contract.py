"""What every mail channel must do: the same tests for the one in memory and for SMTP against a real server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from postloan.outside.mail import (
    Failure,
    FakeMailChannel,
    MailChannel,
    MessageMalformed,
    OutgoingMail,
)
from postloan.outside.mail.vendors.smtp import SmtpChannel
from tests.outside.mail.smtp_servers import smtp_server

BREAK = 0


@dataclass
class ScriptedServer:
    """A real SMTP server that answers by recipient: an SMTP code at RCPT or DATA, or a broken connection."""

    answers: dict[str, int]
    at: str = "RCPT"
    kept: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: Any):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at == "RCPT" and (refusal := self._refusal(server, address)):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at == "DATA" and (refusal := self._refusal(server, envelope.rcpt_tos[0])):
            return refusal
        content = envelope.content
        assert isinstance(content, bytes)
        self.kept.append(content)
        return "250 kept"

    def _refusal(self, server: SMTP, address: str) -> str | None:
        code = self.answers.get(address, 250)
        if code == BREAK:
            server.transport.abort()
            return "421 never arrives"
        return None if code == 250 else f"{code} scripted"


@contextmanager
def scripted_server(*, answers: dict[str, int], at: str = "RCPT") -> Iterator[tuple[SmtpChannel, ScriptedServer]]:
    script = ScriptedServer(answers=answers, at=at)
    with smtp_server(handler=script) as port:
        yield SmtpChannel(host="127.0.0.1", port=port, timeout_seconds=5), script


def mail(number: int = 1, *, recipient: str = "lin@borrower.example", **changes: Any) -> OutgoingMail:
    values = {
        "message_id": f"reminder-{number}@lender.example",
        "sender": "Demo Lender <reminders@lender.example>",
        "recipient": recipient,
        "subject": "您的还款提醒 · due on 5 April",
        "text": "Amount due: 12.50\n应还金额：12.50\n",
        "sent_at": datetime(2018, 4, 2, 9, 0, tzinfo=UTC),
    }
    return OutgoingMail(**(values | changes))


Channel = Callable[[dict[str, int]], MailChannel]


@pytest.fixture(params=["memory", "smtp, refused at RCPT", "smtp, refused at DATA"])
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    """A channel whose server answers by recipient, as the test scripts it."""
    open_servers = []

    def make(answers: dict[str, int]) -> MailChannel:
        if request.param == "memory":
            return FakeMailChannel(answers=answers)
        server = scripted_server(answers=answers, at=request.param[-4:])
        open_servers.append(server)
        return server.__enter__()[0]

    yield make
    for server in open_servers:
        server.__exit__(None, None, None)


def test_a_message_that_is_taken_says_so(channel: Channel) -> None:
    results = channel({}).send(messages=[mail(1), mail(2)])

    assert [(result.message_id, result.accepted, result.code) for result in results] == [
        ("reminder-1@lender.example", True, 250),
        ("reminder-2@lender.example", True, 250),
    ]


@pytest.mark.parametrize(
    ("code", "failure"),
    [(452, Failure.SOFT), (450, Failure.SOFT), (550, Failure.HARD), (553, Failure.HARD), (BREAK, Failure.SOFT)],
)
def test_a_refusal_says_whether_to_try_again(channel: Channel, code: int, failure: Failure) -> None:
    results = channel({"wang@borrower.example": code}).send(messages=[mail(1, recipient="wang@borrower.example")])

    assert [(result.failure, result.code) for result in results] == [(failure, code)]


@pytest.mark.parametrize("code", [452, 550, BREAK])
def test_one_refusal_does_not_hold_up_the_others(channel: Channel, code: int) -> None:
    sender = channel({"wang@borrower.example": code})

    results = sender.send(messages=[mail(1), mail(2, recipient="wang@borrower.example"), mail(3)])

    assert [result.accepted for result in results] == [True, False, True]


def test_nothing_to_send_is_nothing_sent(channel: Channel) -> None:
    assert channel({}).send(messages=[]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "paid?\r\nBcc: everybody@lender.example"},
        {"recipient": "nobody"},
        {"recipient": "a@borrower.example\r\nb@borrower.example"},
        {"sender": ""},
        {"message_id": "no at sign"},
        {"message_id": "<brackets@lender.example>"},
    ],
)
def test_a_message_that_is_no_mail_is_the_callers_mistake(channel: Channel, changes: dict[str, str]) -> None:
    with pytest.raises(MessageMalformed):
        channel({}).send(messages=[mail(**changes)])


def test_what_arrives_is_what_was_sent() -> None:
    with scripted_server(answers={}) as (smtp, server):
        smtp.send(messages=[mail(7, html="<p>应还金额</p>", headers={"Auto-Submitted": "auto-generated"})])

    assert b"\n" not in server.kept[0].replace(b"\r\n", b"")
    message = message_from_bytes(server.kept[0], policy=policy.default)
    assert message["Message-ID"] == "<reminder-7@lender.example>"
    assert message["Subject"] == "您的还款提醒 · due on 5 April"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == datetime(2018, 4, 2, 9, 0, tzinfo=UTC)
    assert message.get_body(preferencelist=("plain",)).get_content() == "Amount due: 12.50\n应还金额：12.50\n"
    assert message.get_body(preferencelist=("html",)).get_content() == "<p>应还金额</p>"


def test_all_messages_share_one_connection() -> None:
    with scripted_server(answers={"wang@borrower.example": 550}) as (smtp, server):
        smtp.send(messages=[mail(1), mail(2, recipient="wang@borrower.example"), mail(3), mail(4)])

    assert server.connections == 1
    assert len(server.kept) == 3


def test_a_connection_that_broke_is_made_again() -> None:
    with scripted_server(answers={"wang@borrower.example": BREAK}) as (smtp, server):
        smtp.send(messages=[mail(1), mail(2, recipient="wang@borrower.example"), mail(3)])

    assert server.connections == 2


def test_a_server_that_keeps_breaking_is_left_alone() -> None:
    with scripted_server(answers={"wang@borrower.example": BREAK}) as (smtp, server):
        results = smtp.send(messages=[mail(n, recipient="wang@borrower.example") for n in range(10)])

    assert server.connections == 3
    assert {result.failure for result in results} == {Failure.SOFT}
    assert "not tried" in results[-1].reply


def test_a_server_that_is_away_is_a_soft_failure() -> None:
    with scripted_server(answers={}) as (smtp, _):
        pass

    results = smtp.send(messages=[mail(1)])

    assert results[0].failure is Failure.SOFT
    assert "ConnectionRefusedError" in results[0].reply
