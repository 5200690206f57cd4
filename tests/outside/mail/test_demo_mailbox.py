"""The mailbox of the demonstration, spoken to over SMTP."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postloan.outside.mail import OutgoingMail, demo_mailbox
from postloan.outside.mail.vendors.smtp import SmtpChannel
from tests.outside.mail.smtp_servers import smtp_server


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[SmtpChannel]:
    """A running mailbox that keeps its mail in tmp_path."""
    with smtp_server(handler=demo_mailbox.MailboxHandler(directory=tmp_path)) as port:
        yield SmtpChannel(host="127.0.0.1", port=port, timeout_seconds=5)


def reminder(number: int, *, recipient: str = "lin@borrower.example") -> OutgoingMail:
    return OutgoingMail(
        message_id=f"reminder-{number}@lender.example",
        sender="Demo Lender <reminders@lender.example>",
        recipient=recipient,
        subject=f"第 {number} 期 instalment",
        text=f"instalment {number}\n",
        html=f"<p>instalment {number}</p>",
        sent_at=datetime(2018, 4, 2, tzinfo=UTC),
    )


def test_a_message_can_be_read_again(channel: SmtpChannel, tmp_path: Path) -> None:
    channel.send(messages=[reminder(1)])

    [summary] = demo_mailbox.newest(directory=tmp_path)
    message = demo_mailbox.read(directory=tmp_path, key=summary.key)

    assert summary == message.mail
    assert summary.subject == "第 1 期 instalment"
    assert summary.recipient == "lin@borrower.example"
    assert summary.message_id == "<reminder-1@lender.example>"
    assert message.text == "instalment 1\n"
    assert message.html == "<p>instalment 1</p>"
    assert ("Return-Path", "<reminders@lender.example>") in message.headers


def test_a_message_sent_twice_is_kept_once(channel: SmtpChannel, tmp_path: Path) -> None:
    for _ in range(2):
        results = channel.send(messages=[reminder(1)])
        assert results[0].accepted

    assert demo_mailbox.count(directory=tmp_path) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


def test_one_message_id_to_two_people_is_two_messages(channel: SmtpChannel, tmp_path: Path) -> None:
    channel.send(messages=[reminder(1), reminder(1, recipient="wang@borrower.example")])

    assert demo_mailbox.count(directory=tmp_path) == 2


def test_the_latest_come_first_and_page_by_page(channel: SmtpChannel, tmp_path: Path) -> None:
    channel.send(messages=[reminder(number) for number in range(5)])
    for path in (tmp_path / "new").iterdir():
        second = int(demo_mailbox.read(directory=tmp_path, key=path.name).text.split()[1])
        os.utime(path, (second, second))

    def subjects(**page: int) -> list[str]:
        return [mail.subject for mail in demo_mailbox.newest(directory=tmp_path, **page)]

    assert subjects(limit=2) == ["第 4 期 instalment", "第 3 期 instalment"]
    assert subjects(limit=2, offset=4) == ["第 0 期 instalment"]
    assert subjects(offset=5) == []


def test_mail_of_one_person_is_found(channel: SmtpChannel, tmp_path: Path) -> None:
    channel.send(messages=[reminder(1), reminder(2, recipient="wang@borrower.example"), reminder(3)])

    found = demo_mailbox.newest(directory=tmp_path, recipient="Wang@borrower.example")

    assert [mail.subject for mail in found] == ["第 2 期 instalment"]


@pytest.mark.parametrize("key", ["0" * 40, "../../etc/passwd", "", "0" * 39 + "G"])
def test_a_key_that_names_no_message_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(demo_mailbox.MailNotFound):
        demo_mailbox.read(directory=tmp_path, key=key)


def test_an_empty_mailbox_is_empty(tmp_path: Path) -> None:
    assert demo_mailbox.count(directory=tmp_path / "none") == 0
    assert demo_mailbox.newest(directory=tmp_path / "none") == []


def test_a_full_disk_is_a_soft_failure(channel: SmtpChannel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo_mailbox, "deliver", full)

    [result] = channel.send(messages=[reminder(1)])

    assert (result.failure, result.code) == ("soft", 452)
    assert "No space left" in result.reply
