"""The office sees what the queue does every day."""

from datetime import UTC, datetime

import pytest

from postloan.close.models import ScheduledWork
from postloan.ground.access.roles import Role

AT = datetime(2018, 7, 1, 15, 55, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.ENGINEER)


def test_the_page_shows_hours_last_and_next(client, small_book, settings):
    settings.SCHEDULE = {"close": "23:55", "bank": ""}
    ScheduledWork.objects.create(
        name="close", due_at=AT, state="waiting", started_at=AT, reason="another process is closing the books"
    )

    page = client.get("/office/schedule/").content.decode()

    assert "Close the books" in page and "23:55" in page
    assert "another process is closing the books" in page
    assert "not scheduled" in page


def test_the_page_says_that_the_schedule_is_off(client, small_book, settings):
    settings.SCHEDULE = {"close": "", "bank": ""}

    assert "The schedule is off here" in client.get("/office/schedule/").content.decode()
