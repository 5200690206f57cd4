"""The queue closes the books and does the day's work at its hours, once, also where it slept through one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections
from procrastinate.contrib.django.models import ProcrastinateJob

from postloan.books.ledger.queries import get_business_date
from postloan.close import operations
from postloan.close.models import CloseRun, ScheduledWork
from postloan.close.run import ADVISORY_LOCK
from postloan.close.schedule import NotAnHour, day_to_close, find_due, get_schedule, hours_of
from postloan.close.tasks import look_at_schedule
from postloan.close.works import DAYS_MADE_UP_FOR, WORKS
from postloan.config import settings as configured
from tests.factories.books import make_books

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = date(2018, 7, 1)  # the day the books are open for
EVENING = datetime(2018, 7, 1, 15, 55, tzinfo=UTC)  # 23:55 in Shanghai


@pytest.fixture(autouse=True)
def _places(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.VAR_DIR = tmp_path
    settings.CLOSE_EXECUTOR = "inline"
    settings.TIME_ZONE = "Asia/Shanghai"
    settings.SCHEDULE = {"close": "23:55", "debits": "", "bank": "", "reminders": ""}


def do_what_is_due(at: datetime) -> list[ScheduledWork]:
    return [operations.do_scheduled_work(name=due.name, due_at=due.due_at, clock=lambda: at) for due in find_due(at=at)]


def test_a_day_is_closed_at_its_hour_and_not_before_and_once():
    make_books()

    assert [done.counts["days"] for done in do_what_is_due(EVENING - timedelta(minutes=1))] == [0]  # of yesterday
    assert get_business_date() == FIRST
    (done,) = do_what_is_due(EVENING)
    assert (done.state, done.counts) == ("done", {"days": 1, "amber": 0})
    assert get_business_date() == FIRST + timedelta(days=1)
    assert do_what_is_due(EVENING + timedelta(minutes=1)) == []


def test_a_machine_that_slept_closes_all_days_it_missed_in_one_pass_and_writes_their_reports(tmp_path):
    make_books()

    (done,) = do_what_is_due(EVENING + timedelta(days=3, hours=9))  # on the morning of the fifth

    assert done.counts["days"] == 4
    assert set(CloseRun.objects.values_list("pass_through_date", flat=True)) == {FIRST + timedelta(days=3)}
    assert len(list((tmp_path / "close").glob("2018-07-0?.json"))) == 4


def test_books_that_are_a_month_behind_are_left_to_a_person():
    make_books()

    (done,) = do_what_is_due(EVENING + timedelta(days=DAYS_MADE_UP_FOR))

    assert (done.state, get_business_date()) == ("waiting", FIRST)
    assert "31 days behind" in done.reason


def test_while_another_closes_the_work_waits_and_says_so_and_is_tried_again():
    make_books()
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    (waiting,) = do_what_is_due(EVENING)
    other.close()

    assert (waiting.state, waiting.reason) == ("waiting", "another process is closing the books")
    assert find_due(at=EVENING + timedelta(minutes=4)) == []
    (done,) = do_what_is_due(EVENING + timedelta(minutes=5))
    assert (done.state, done.tries) == ("done", 2)


def test_an_error_is_kept_and_raised_and_tried_again(monkeypatch):
    make_books()

    def broken(due_at, clock):
        raise ConnectionError("the bank does not answer")

    monkeypatch.setitem(WORKS, "close", broken)
    with pytest.raises(ConnectionError):
        do_what_is_due(EVENING)

    row = ScheduledWork.objects.get()
    assert (row.state, row.reason) == ("failed", "ConnectionError: the bank does not answer")
    assert [due.name for due in find_due(at=EVENING + timedelta(minutes=5))] == ["close"]


def test_debits_wait_until_the_books_are_open_for_today(settings):
    settings.SCHEDULE = {"close": "", "debits": "07:00", "bank": "08:00,12:00", "reminders": "08:00"}
    make_books()

    early = do_what_is_due(datetime(2018, 7, 2, 1, tzinfo=UTC))
    today = do_what_is_due(datetime(2018, 7, 1, 1, tzinfo=UTC))  # 09:00 of the first

    assert {done.state for done in early} == {"waiting"}
    assert early[0].reason == "the books are open for 2018-07-01, not 2018-07-02"
    assert {done.name: done.state for done in today} == {"debits": "done", "bank": "done", "reminders": "done"}


def test_a_look_puts_due_work_into_the_queue_at_most_once():
    make_books()

    deferred = [look_at_schedule(timestamp=0), look_at_schedule(timestamp=0)]

    assert deferred == [["close"], []]
    job = ProcrastinateJob.objects.get(task_name="postloan.close.tasks.do_work")
    assert (job.queue_name, job.lock) == ("close", "work:close")


@pytest.mark.parametrize(
    ("hour_utc", "day"),
    [(15, date(2018, 7, 1)), (17, date(2018, 7, 1)), (4, date(2018, 7, 1)), (3, date(2018, 6, 30))],
)
def test_a_close_before_noon_is_that_of_the_day_before(hour_utc, day):
    assert day_to_close(due_at=datetime(2018, 7, 1, hour_utc, 30, tzinfo=UTC)) == day


def test_the_schedule_says_what_was_done_last_and_what_is_next(settings):
    settings.SCHEDULE |= {"bank": "12:00, 08:00"}
    make_books()
    do_what_is_due(EVENING)

    works = {work.name: work for work in get_schedule(at=EVENING + timedelta(minutes=1))}

    assert works["close"].last is not None and works["close"].last.state == "done"
    assert works["close"].next_at == EVENING + timedelta(days=1)
    assert [hour.hour for hour in works["bank"].hours] == [8, 12]
    assert works["debits"].next_at is None


def test_an_hour_that_is_none_is_refused(settings):
    settings.SCHEDULE = {"close": "late"}

    with pytest.raises(NotAnHour):
        hours_of(name="close")


def test_work_nobody_knows_is_refused():
    with pytest.raises(operations.UnknownWork):
        operations.do_scheduled_work(name="tea", due_at=EVENING, clock=lambda: EVENING)


def test_the_setting_and_the_works_have_the_same_names():
    assert set(WORKS) == set(configured.SCHEDULE)
