"""Bounces as mail servers write them, brought by SMTP into a mailbox and read from there."""

import smtplib

import pytest

from postloan.outside.mail.bounces import read_bounce, take_bounces
from postloan.outside.mail.demo_mailbox import MailboxHandler
from postloan.outside.results import ReceiptState
from tests.outside.mail.smtp_servers import smtp_server


def bounce(*, action: str = "failed", status: str = "5.1.1", returned: str = "message-7@lender.example") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example
To: post@lender.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{action}{status}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=edge"

--=edge
Content-Type: text/plain; charset=us-ascii

It could not be delivered.

--=edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; gone@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user
Last-Attempt-Date: Fri, 10 Jul 2026 09:00:00 +0800

--=edge
Content-Type: text/rfc822-headers

Message-ID: <{returned}>
Subject: due

--=edge--
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("action", "status", "state", "is_gone"),
    [
        ("failed", "5.1.1", ReceiptState.UNDELIVERABLE, True),
        ("failed", "5.2.2", ReceiptState.UNDELIVERABLE, False),
        ("delayed", "4.4.1", ReceiptState.ACCEPTED, False),
        ("delivered", "2.0.0", ReceiptState.DELIVERED, False),
    ],
)
def test_a_notification_says_what_became_of_which_message(action, status, state, is_gone):
    [report] = read_bounce(content=bounce(action=action, status=status))

    assert (report.carrier_id, report.state, report.is_gone) == ("message-7@lender.example", state, is_gone)
    assert report.occurred_at.isoformat() == "2026-07-10T09:00:00+08:00"


def test_an_ordinary_mail_is_no_bounce():
    assert read_bounce(content=b"From: ada@example.org\r\nSubject: hello\r\n\r\nCould we talk?") == []


def test_bounces_come_by_smtp_and_are_taken_once(tmp_path):
    with smtp_server(handler=MailboxHandler(directory=tmp_path)) as port, smtplib.SMTP("127.0.0.1", port) as server:
        for status in ("5.1.1", "5.2.2"):
            server.sendmail("", ["post@lender.example"], bounce(status=status))
    kept: list = []

    first = take_bounces(directory=tmp_path, keep=kept.extend)
    second = take_bounces(directory=tmp_path, keep=kept.extend)

    assert (first, second) == (2, 0)
    assert {report.code for report in kept} == {"5.1.1", "5.2.2"}


def test_a_bounce_that_was_not_kept_stays_in_the_mailbox(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(bounce())

    def dies(reports) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_bounces(directory=tmp_path, keep=dies)

    assert [file.name for file in (tmp_path / "new").iterdir()] == ["1"]
