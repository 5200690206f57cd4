from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from postloan.books.loans.models import Loan
from tests.factories.tapes import MAPPING, row, write_tape

pytestmark = pytest.mark.django_db


def run(folder, *options):
    out = StringIO()
    call_command(
        "import_book",
        str(folder / "tape.csv"),
        "--mapping",
        str(folder / "mapping.toml"),
        *options,
        stdout=out,
    )
    return out.getvalue()


def test_the_command_tells_totals_and_tie_out(tmp_path):
    write_tape(tmp_path, [row(1), row(2)])

    said = run(tmp_path, "--as-of", "2018-06-30")

    assert "2 rows, 2 good, 0 bad" in said
    assert "Tie-out" in said and "182,658" in said
    assert "Imported as batch" in said
    assert Loan.objects.count() == 2
    assert "Already imported" in run(tmp_path, "--as-of", "2018-06-30")


def test_the_day_may_stand_in_the_mapping_and_must_stand_somewhere(tmp_path):
    write_tape(tmp_path, [row(1)])
    with pytest.raises(CommandError, match="--as-of"):
        run(tmp_path)

    write_tape(tmp_path, [row(1)], mapping=MAPPING.replace("[tape]", "[tape]\nas_of = 2018-06-30"))
    assert "as of 2018-06-30" in run(tmp_path)


def test_bad_rows_end_the_command_with_an_error(tmp_path):
    write_tape(tmp_path, [row(1), row(2, balance="x")])

    with pytest.raises(CommandError, match="1 of 2 rows are bad"):
        run(tmp_path, "--as-of", "2018-06-30", "--dry-run")
    with pytest.raises(CommandError, match="nothing was loaded"):
        run(tmp_path, "--as-of", "2018-06-30")
    assert "1 good, 1 bad" in run(tmp_path, "--as-of", "2018-06-30", "--rejects", str(tmp_path / "rejects.csv"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (MAPPING.replace("[tape]", "[tape"), "not TOML"),
        (MAPPING.replace('rate = "rate"', ""), "columns.rate: Field required"),
        (MAPPING.replace('rate = "rate"', 'rate = "rate"\nrat = "x"'), "columns.rat: Extra inputs"),
        (MAPPING.replace('"product.toml"', '"nowhere.toml"'), "nowhere.toml cannot be read"),
        (MAPPING.replace('status = "status"', ""), "nothing tells where a loan stands"),
        (MAPPING.replace("to_days = 30", "to_days = 0"), "statuses.late 1-30.to_days"),
        (MAPPING + "[people]\ninvent = true\n", "needs no invented ones"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_file_and_key(tmp_path, wrong, message):
    write_tape(tmp_path, [row(1)])
    (tmp_path / "mapping.toml").write_text(wrong)

    with pytest.raises(CommandError, match=message):
        run(tmp_path, "--as-of", "2018-06-30")


def test_a_file_that_is_no_tape_is_told_in_one_sentence(tmp_path):
    write_tape(tmp_path, data=b"")

    with pytest.raises(CommandError, match="Nothing was imported: the file is empty"):
        run(tmp_path, "--as-of", "2018-06-30")
