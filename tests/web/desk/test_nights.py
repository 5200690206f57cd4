"""The night explained on the page of a loan: what the close saw, did and wrote, in the words of the reader."""

from datetime import UTC, date, datetime

import pytest

from postloan.close.run import close_through
from postloan.ground.access.roles import Role
from tests.factories.loans import make_loan

AT = datetime(2018, 7, 1, tzinfo=UTC)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def nights(login_as, transactional_db, settings):
    """Close two weeks with a loan that is late on one instalment while the next falls due."""
    settings.CLOSE_EXECUTOR = "inline"
    loan = make_loan(disbursed_date=date(2018, 4, 12), instalments=9, paid_rows=1)
    close_through(through_date=date(2018, 7, 14), by="test", clock=lambda: AT)
    login_as(Role.AGENT)
    return loan


def told(client, loan, day: str, **headers: str) -> str:
    answer = client.get(f"/desk/loans/{loan.pk}/night", {"on": day}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_evening_before_a_due_date_says_what_was_raised(client, nights):
    text = told(client, nights, "2018-07-11", **FRAGMENT)

    assert "<html" not in text
    assert "Raise what falls due tomorrow" in text
    assert "instalment 3 due 12 Jul 2018" in text
    assert "What was posted" in text
    assert "Instalments fall due" in text


def test_what_changed_that_night_is_marked(client, nights):
    lines = client.get(f"/desk/loans/{nights.pk}/night", {"on": "2018-07-12"}).context["told"].lines
    changed = {line.title: (line.before, line.after) for line in lines if line.is_changed}

    assert all(before != after for before, after in changed.values())
    assert "Bucket" in {line.title for line in lines}


def test_a_night_without_a_thing_to_do_says_so(client, nights):
    idle = [
        day
        for day in range(1, 15)
        if "Nothing had to happen to this loan" in told(client, nights, f"2018-07-{day:02d}")
    ]

    assert 0 < len(idle) < 14


def test_the_open_day_is_rehearsed_and_says_so(client, nights):
    assert "This day is open" in told(client, nights, "2018-07-15")


@pytest.mark.parametrize("day", ["2018-06-01", "2019-01-01"])
def test_a_day_that_was_never_closed_here_is_told_kindly(client, nights, day):
    assert "The books were not closed here on that day" in told(client, nights, day)


def test_the_timeline_leads_to_the_night_that_prepared_a_due_date(client, nights):
    page = client.get(f"/desk/loans/{nights.pk}").content.decode()

    assert f'data-why href="/desk/loans/{nights.pk}/night?on=2018-07-11"' in page
    assert "night?on=2018-05" not in page


def test_the_night_is_told_in_chinese_without_a_word_of_english(client, nights):
    client.cookies["django_language"] = "zh-hans"

    text = told(client, nights, "2018-07-11", **FRAGMENT)

    assert "第 3 期，2018年7月12日 到期" in text
    assert "principal" not in text
