"""
A week beside another core: a file twice, one late, one missing, and a payment at noon that stops the evening's message.

The loans are never posted here; they are aged and reminded like our own.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from postloan.books.ledger.models import JournalEntry
from postloan.books.mirror import operations as mirror
from postloan.books.mirror.models import FileAlarm
from postloan.books.payments.ties import get_ties
from postloan.care.core_results import DayNotOver, write_core_results
from postloan.care.reminders import operations as reminders
from postloan.care.reminders.models import Reminder
from postloan.close.run import close_through
from postloan.outside.mail.fake import FakeMailChannel
from tests.factories.books import make_books
from tests.factories.cores import OtherCore, followed

MONDAY = date(2018, 7, 2)


class Week:
    """Evenings of another core and of ours, and the messages between them."""

    def __init__(self, core: OtherCore, mailbox: FakeMailChannel) -> None:
        self.core, self.mailbox = core, mailbox

    def evening(self, day: date, *, sends: bool = True) -> None:
        if sends:
            self.core.night(day)
        at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        close_through(through_date=day, by="story", clock=lambda: at)
        assert all(tie.holds for tie in get_ties())
        assert not JournalEntry.objects.exists()

    def queue(self, day: date) -> None:
        reminders.queue_reminders(contact_date=day, at=datetime(day.year, day.month, day.day, 0, tzinfo=UTC))

    def deliver(self, day: date, hour: int) -> list[str]:
        before = len(self.mailbox.sent)
        reminders.deliver_reminders(at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC), by="story")
        return sorted(mail.recipient for mail in self.mailbox.sent[before:])


@pytest.mark.django_db(transaction=True)
def test_a_week_beside_another_core(tmp_path, settings, monkeypatch):
    settings.POSITIONS_DIR = tmp_path / "positions"
    mailbox = FakeMailChannel()
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: mailbox)
    make_books(closed_through_date=MONDAY - timedelta(days=1))
    core = OtherCore(tmp_path / "core")
    due = MONDAY + timedelta(days=3)  # Thursday
    for loan_id in ("A1", "A2"):
        core.lend(loan_id, due_dates=[due, date(2018, 8, 5)])
    core.lend("A3", due_dates=[date(2018, 6, 20), date(2018, 8, 20)])
    week = Week(core, mailbox)
    days = [MONDAY + timedelta(days=place) for place in range(7)]

    # Sunday's file opens the book beside ours; Monday's comes twice.
    core.night(MONDAY - timedelta(days=1))
    week.evening(days[0])
    assert core.sync(core.folder / f"positions-{days[0]}.csv", "positions", days[0]).was_there
    assert followed("A3").bucket == 1

    # Tuesday's file does not come: the loans age all the same, and somebody is told.
    week.evening(days[1], sends=False)
    at = datetime(2018, 7, 4, 1, tzinfo=UTC)
    assert {(alarm.kind, alarm.business_date) for alarm in mirror.raise_file_alarms(at=at)} == {
        ("positions", days[1]),
        ("instalments", days[1]),
    }
    assert mirror.raise_file_alarms(at=at) == mirror.raise_file_alarms(at=at)

    # Wednesday's comes in time, Tuesday's after it: nothing newer is overwritten, the alarm is over.
    core.loans["A3"].pay_row(0)
    tuesday = core.positions(days[1], name="late-positions.csv"), core.instalments(days[1], name="late-instalments.csv")
    week.evening(days[2])
    assert followed("A3").bucket == 0
    for file, kind in zip(tuesday, ("positions", "instalments"), strict=True):
        found = core.sync(file, kind, days[1])
        assert found.file.rows_older == found.file.rows_read
    assert mirror.raise_file_alarms(at=datetime(2018, 7, 5, 1, tzinfo=UTC)) == []
    assert FileAlarm.objects.filter(solved_at=None).count() == 0

    # Thursday is the due date. Both are to be told; one pays at noon, before the message has left.
    week.queue(days[3])
    amount = core.loans["A1"].pay_row(0)
    noon = core.receipts(days[3], [("N1", "A1", amount)])
    core.sync(noon, "receipts", days[3], at=datetime(2018, 7, 5, 4, tzinfo=UTC))
    assert week.deliver(days[3], hour=10) == ["a2@example.org"]
    assert core.sync(noon, "receipts", days[3]).was_there

    # What became of the message goes back to the core, under its own id of the loan, and the same again.
    friday = datetime(2018, 7, 6, 1, tzinfo=UTC)
    written = [write_core_results(source="oldcore", day=days[3], folder=tmp_path, at=friday) for _ in range(2)]
    records = [json.loads(line) for line in written[0].file.read_text(encoding="utf-8").splitlines()]
    assert written[0] == written[1]
    assert {(each["loan"], each["channel"], each["happened"]) for each in records} >= {("A2", "email", True)}
    assert "A1" not in {each["loan"] for each in records if each["channel"] == "email" and each["happened"]}
    assert "example.org" not in written[0].file.read_text(encoding="utf-8")
    with pytest.raises(DayNotOver):
        write_core_results(source="oldcore", day=days[4], folder=tmp_path, at=friday)

    # The evening's file says what the receipt said. The other is one day past due on Friday.
    week.evening(days[3])
    week.evening(days[4])
    assert [followed(each).bucket for each in ("A1", "A2", "A3")] == [0, 1, 0]
    assert followed("A2").past_due_since_date == due

    # The weekend passes without a file; days past due go on.
    week.evening(days[5], sends=False)
    week.evening(days[6], sends=False)
    assert followed("A2").past_due_since_date == due
    assert not Reminder.objects.filter(loan=followed("A1"), contact_date__gt=days[3]).exists()
