"""A night compared with the other core: figures by status and bucket, and loans that differ."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from postloan.books.mirror import operations
from postloan.books.mirror.models import TieOut
from tests.factories.books import make_books
from tests.factories.cores import NOW, OtherCore

pytestmark = pytest.mark.django_db

D = date(2018, 6, 30)
DUES = [date(2018, 5, 20), date(2018, 7, 20)]


@pytest.fixture
def core(tmp_path, db):
    make_books()
    found = OtherCore(tmp_path / "core")
    found.lend("A1", due_dates=DUES)
    found.lend("A2", due_dates=DUES).pay_row(0)
    found.lend("A3", due_dates=DUES).pay_row(0)
    return found


def counted(found):
    return {
        (line["status"], line["bucket"]): (
            line["theirs"]["loans"],
            line["ours"]["loans"],
            line["ours"]["outstanding_minor"],
        )
        for line in found.lines
    }


def test_a_night_ties_out_when_both_files_are_in(core):
    core.sync(core.positions(D), "positions", D)
    assert not TieOut.objects.exists()

    core.sync(core.instalments(D), "instalments", D)

    found = TieOut.objects.get()
    assert found.holds
    assert counted(found) == {("late", "M2"): (1, 1, 20_000), ("open", "M0"): (2, 2, 20_000)}


def test_a_loan_that_stands_elsewhere_by_its_instalments_is_named(core):
    positions = core.positions(D)
    core.loans["A1"].pay_row(0)
    core.sync(positions, "positions", D)
    core.sync(core.instalments(D), "instalments", D)

    found = TieOut.objects.get()

    assert not found.holds
    assert found.differences == [{"external_id": "A1", "figure": "days_past_due", "theirs": 41, "ours": 0}]
    assert counted(found)["late", "M2"] == (1, 0, 0)


def test_a_loan_the_core_tells_no_more_is_a_difference(core):
    core.night(D)
    day = D + timedelta(days=1)
    core.sync(core.positions(day, only=["A1", "A2"]), "positions", day)
    core.sync(core.instalments(day), "instalments", day)

    found = TieOut.objects.get(business_date=day)

    assert [row["figure"] for row in found.differences] == ["absent"]
    assert counted(found)["open", "M0"] == (1, 2, 20_000)


def test_control_figures_of_the_core_are_compared_to_the_minor_unit(core, tmp_path, capsys):
    core.night(D)
    control = tmp_path / "control.csv"
    control.write_text("status,bucket,loans,outstanding\nlate,M2,1,200.00\nopen,M0,2,200.00\n")

    call_command("tie_out_book", "oldcore", "--date", str(D), "--control", str(control))
    assert "the day ties out" in capsys.readouterr().out

    control.write_text("status,bucket,loans,outstanding\nlate,M2,1,200.01\nopen,M0,2,200.00\n")
    with pytest.raises(CommandError, match="does not tie out"):
        call_command("tie_out_book", "oldcore", "--date", str(D), "--control", str(control))
    assert "DIFFERS" in capsys.readouterr().out
    assert TieOut.objects.count() == 1


@pytest.mark.parametrize("text", ["", "status\n", "status,bucket,loans,outstanding\nlate,M2,x,1\n",
                                  "status,bucket,loans,outstanding\nlate,M2,1,1.001\n",
                                  "status,bucket,loans,outstanding\nlate,M2\n"])  # fmt: skip
def test_control_figures_that_cannot_be_read_are_refused(tmp_path, text):
    file = tmp_path / "control.csv"
    file.write_text(text)

    with pytest.raises(operations.ControlUnreadable):
        operations.read_control(file=file)


def test_a_core_nobody_follows_has_no_tie_out(db):
    with pytest.raises(operations.UnknownCore):
        operations.tie_out(source="nobody", business_date=D, at=NOW)
