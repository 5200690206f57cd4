"""The office on other cores: what came, what is missing, and the night that does not tie out."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.mirror.models import Core
from postloan.books.mirror.operations import raise_file_alarms
from postloan.ground.access.roles import Role
from tests.factories.books import make_books
from tests.factories.cores import OtherCore, followed

D = date(2018, 6, 30)


@pytest.fixture
def core(tmp_path, db, login_as):
    login_as(Role.FINANCE)
    make_books()
    found = OtherCore(tmp_path / "core")
    found.lend("A1", due_dates=[date(2018, 5, 20), date(2018, 7, 20)])
    return found


def test_nobody_is_followed_and_the_page_says_how_to_begin(client, core):
    page = client.get("/office/cores/")

    assert "postloan sync-book" in page.content.decode()


def test_a_night_that_ties_out_and_one_that_does_not_lead_to_their_loans(client, core):
    core.night(D)
    positions = core.positions(date(2018, 7, 1))
    core.loans["A1"].pay_row(0)
    core.sync(positions, "positions", date(2018, 7, 1))
    core.sync(core.instalments(date(2018, 7, 1)), "instalments", date(2018, 7, 1))
    number = Core.objects.get().pk

    page = client.get("/office/cores/").content.decode()
    good = client.get(f"/office/cores/{number}/2018-06-30")
    bad = client.get(f"/office/cores/{number}/2018-07-01")
    file = client.get(f"/office/cores/{number}/2018-07-01", {"format": "csv"})

    assert f"/office/cores/{number}/2018-07-01" in page
    assert good.context["found"].holds
    assert [row["external_id"] for row in bad.context["found"].differences] == ["A1"]
    assert file.content.decode("utf-8-sig").splitlines() == ["loan,figure,theirs,ours", "A1,days_past_due,42,0"]


def test_a_missing_file_is_said_on_the_page_and_above_the_book(client, core):
    core.night(D)
    raise_file_alarms(at=datetime(2018, 7, 2, 1, tzinfo=UTC))

    assert len(client.get("/office/cores/").context["alarms"]) == 2
    assert "2 files of other cores have not come" in client.get("/office/").content.decode()


def test_a_followed_loan_is_shown_like_any_other(client, core, login_as):
    login_as(Role.AGENT)
    core.sync(core.positions(D), "positions", D)
    number = followed("A1").pk
    before = client.get(f"/desk/loans/{number}")
    core.sync(core.instalments(D), "instalments", D)
    after = client.get(f"/desk/loans/{number}")

    assert (before.status_code, after.status_code) == (200, 200)
    assert "41" in after.content.decode()
