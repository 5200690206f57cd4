"""Every tape that is no good gets a clear error, and the database is as it was."""

import gzip

import pytest
from django.apps import apps
from django.db import connection

from postloan.books.ledger.operations import BooksAlreadyOpen
from postloan.books.loans import operations
from postloan.books.loans.importing.reading import ColumnsMissing, TapeUnreadable
from postloan.books.loans.importing.surveying import TapeEmpty, TapeTooLong
from tests.factories.tapes import AS_OF, GOOD_ROW, MAPPING, row, tape_text, write_tape

pytestmark = pytest.mark.django_db

GOOD = tape_text([row(1), row(2), row(3)])
MANY = gzip.compress(tape_text([row(n) for n in range(2_000)]).encode())


def table_counts() -> dict[str, int]:
    """How many rows every table of Postloan's holds."""
    counts = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model.__module__.startswith("postloan."):
                cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
                counts[model._meta.db_table] = cursor.fetchone()[0]
    return counts


UNREADABLE = [
    ("an empty file", b"", "tape.csv", TapeUnreadable, "the file is empty"),
    ("an empty gzip", gzip.compress(b""), "tape.csv.gz", TapeUnreadable, "the file is empty"),
    ("a header only", GOOD.splitlines(keepends=True)[0].encode(), "tape.csv", TapeEmpty, "no rows"),
    (
        "a missing column",
        GOOD.replace("balance,", "balanse,", 1).encode(),
        "tape.csv",
        ColumnsMissing,
        "did you mean 'balanse'",
    ),
    ("a column twice", GOOD.replace("name,", "rate,", 1).encode(), "tape.csv", ColumnsMissing, "'name'"),
    ("another delimiter", GOOD.replace(",", ";").encode(), "tape.csv", ColumnsMissing, "seems to be ';'"),
    ("another encoding", GOOD.replace("Testa", "Tësta").encode("latin-1"), "tape.csv", TapeUnreadable, "at row 2"),
    ("UTF-16", GOOD.encode("utf-16"), "tape.csv", TapeUnreadable, "not utf-8 text"),
    ("a NUL byte", GOOD.replace("Testa", "Te\0ta").encode(), "tape.csv", TapeUnreadable, "NUL byte on line 2"),
    (
        "an open quotation mark",
        GOOD.replace("Testa", '"Testa', 1).encode(),
        "tape.csv",
        TapeUnreadable,
        "quotation mark",
    ),
    ("a gzip cut off", MANY[: len(MANY) // 2], "tape.csv.gz", TapeUnreadable, "broken or cut off"),
    ("a gzip damaged", MANY[:200] + b"damage" + MANY[206:], "tape.csv.gz", TapeUnreadable, "broken"),
    ("text named gzip", GOOD.encode(), "tape.csv.gz", TapeUnreadable, "not gzip"),
    ("a workbook", b"PK\x03\x04" + b"x" * 50, "tape.csv", TapeUnreadable, "save it as CSV"),
]


@pytest.mark.parametrize(
    ("data", "name", "refusal", "message"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE]
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_that_is_no_tape_is_refused_and_changes_nothing(tmp_path, data, name, refusal, message, dry_run):
    before = table_counts()
    files = write_tape(tmp_path, data=data, name=name)

    with pytest.raises(refusal, match=message):
        files.load(dry_run=dry_run)

    assert table_counts() == before


def test_a_file_that_is_not_there_is_refused(tmp_path):
    files = write_tape(tmp_path)
    files.tape.unlink()

    with pytest.raises(TapeUnreadable, match="No such file"):
        files.load()


def test_a_tape_longer_than_allowed_is_refused_before_anything_is_written(tmp_path):
    before = table_counts()
    files = write_tape(tmp_path, [row(n) for n in range(5)])

    with pytest.raises(TapeTooLong, match="more than 4 rows"):
        files.load(max_rows=4)

    assert table_counts() == before


BAD_ROWS = [
    ({"balance": "abc"}, "balance", "text", "must be a number"),
    ({"balance": "-5.00"}, "balance", "negative number", "must not be negative"),
    ({"balance": ""}, "balance", "nothing", "must be given"),
    ({"balance": "12..5"}, "balance", "no number", "must be a number of at most 12 digits"),
    ({"balance": "912.345"}, "balance", "too fine a number", "finer than the unit, and the mapping names no rounding"),
    ({"balance": "1200.01"}, "balance", "large number", "is more than was lent"),
    ({"amount": "0"}, "amount", "zero", "must be positive"),
    ({"amount": "999999999999", "rate": "9000"}, "amount", "large number", "is too large with this rate: look at its unit"),
    ({"rate": "12.00001"}, "rate", "too fine a number", "finer than the unit, and the mapping names no rounding"),
    ({"rate": "12000"}, "rate", "large number", "is no rate: look at its unit"),
    ({"term": "12.5"}, "term", "too fine a number", "finer than the unit, and the mapping names no rounding"),
    ({"term": "0"}, "term", "number out of range", "must be from 1 to 600"),
    ({"paid_out": "15.03.2018"}, "paid_out", "text", "must be a date written as %Y-%m-%d"),
    ({"paid_out": "2018-02-30"}, "paid_out", "text", "must be a date written as %Y-%m-%d"),
    ({"paid_out": ""}, "paid_out", "nothing", "must be given"),
    ({"paid_out": "2018-07-01"}, "paid_out", "later date", "lies after 2018-06-30"),
    ({"status": "gone fishing"}, "status", "unknown word", "the mapping has no such status"),
    ({"status": "paid off"}, "balance", "positive number", "the status says paid off"),
    ({"status": "late 1-30", "paid_out": "2018-06-20"}, "status", "late", "says late, but nothing has fallen due by 2018-06-30"),
    ({"loan": ""}, "loan", "nothing", "must be given"),
    ({"loan": "L" * 81}, "loan", "long text", "must have at most 80 characters"),
    ({"customer": ""}, "customer", "nothing", "must be given"),
    ({"email": "nobody at nowhere"}, "email", "text", "not an e-mail address"),
    ({"phone": "call me"}, "phone", "text", "not a phone number"),
    ({"name": "N" * 201}, "name", "long text", "must have at most 200 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "column", "kind", "reason"), BAD_ROWS)
def test_a_bad_row_is_told_by_number_column_and_reason_and_nothing_is_loaded(tmp_path, changes, column, kind, reason):
    before = table_counts()
    files = write_tape(tmp_path, [row(1), row(2, **changes), row(3)])

    with pytest.raises(operations.BadRowsFound) as refused:
        files.load()

    (bad,) = refused.value.imported.bad_rows
    assert (bad.row_no, bad.column, bad.kind, bad.reason) == (3, column, kind, reason)
    assert table_counts() == before


def test_reasons_never_quote_the_tape(tmp_path):
    secret = row(
        1, name="Secretia " * 30, email="secretia", phone="secret", balance="secret", status="secret", paid_out="secret"
    )
    files = write_tape(tmp_path, [secret])

    found = files.load(dry_run=True)

    assert len(found.bad_rows) == 6
    assert not any("secret" in f"{bad}".lower() for bad in found.bad_rows)


def test_an_id_that_stands_in_two_rows_makes_both_bad(tmp_path):
    files = write_tape(tmp_path, [row(1), row(2), row(3) | {"loan": "L1"}])

    found = files.load(dry_run=True)

    assert [(bad.row_no, bad.column, bad.kind) for bad in found.bad_rows] == [
        (2, "loan", "repeated id"),
        (4, "loan", "repeated id"),
    ]
    assert found.loaded == 1


def test_rows_far_apart_are_looked_at_together(tmp_path, monkeypatch):
    monkeypatch.setattr("postloan.books.loans.importing.surveying.ROWS_OF_BLOCK", 2)
    before = table_counts()
    files = write_tape(tmp_path, [*[row(n) for n in range(1, 8)], row(8) | {"loan": "L1"}])

    with pytest.raises(operations.BadRowsFound) as refused:
        files.load()

    assert [(bad.row_no, bad.kind) for bad in refused.value.imported.bad_rows] == [
        (2, "repeated id"),
        (9, "repeated id"),
    ]
    assert table_counts() == before


def test_what_was_written_before_the_bad_row_is_gone_again(tmp_path, monkeypatch):
    monkeypatch.setattr("postloan.books.loans.importing.surveying.ROWS_OF_BLOCK", 2)
    before = table_counts()
    files = write_tape(tmp_path, [*[row(n) for n in range(1, 8)], row(8, balance="x")])

    with pytest.raises(operations.BadRowsFound):
        files.load()

    assert table_counts() == before


def test_a_row_cut_off_is_a_bad_row(tmp_path):
    files = write_tape(tmp_path, data=GOOD.rstrip()[:-60].encode())

    found = files.load(dry_run=True)

    assert [bad.row_no for bad in found.bad_rows] == [4]
    assert "is the file cut off?" in found.bad_rows[0].reason


def test_a_loan_in_the_books_already_is_a_bad_row_of_another_tape(tmp_path):
    write_tape(tmp_path, [row(1), row(2)]).load()
    before = table_counts()
    files = write_tape(tmp_path, [row(2), row(3)])

    with pytest.raises(operations.BadRowsFound) as refused:
        files.load()

    assert [(bad.row_no, bad.kind) for bad in refused.value.imported.bad_rows] == [(2, "known id")]
    assert table_counts() == before


def test_books_that_stand_at_another_day_take_no_tape(tmp_path):
    write_tape(tmp_path, [row(1)]).load()
    before = table_counts()
    files = write_tape(tmp_path, [row(2)])

    with pytest.raises(BooksAlreadyOpen):
        files.load(as_of=AS_OF.replace(day=29))

    assert table_counts() == before


def test_a_tape_with_no_good_row_is_refused_even_with_rejects(tmp_path):
    before = table_counts()
    files = write_tape(tmp_path, [row(1, balance="x")])

    with pytest.raises(operations.NothingToLoad):
        files.load(rejects=tmp_path / "rejects.csv")

    assert table_counts() == before
    assert not (tmp_path / "rejects.csv").exists()


def test_another_currency_than_the_products_is_a_bad_row(tmp_path):
    mapping = MAPPING.replace('loan_id = "loan"', 'loan_id = "loan"\ncurrency = "currency"')
    files = write_tape(tmp_path, [row(1, currency="USD"), row(2, currency="EUR")], mapping=mapping)

    found = files.load(dry_run=True)

    assert [(bad.row_no, bad.kind) for bad in found.bad_rows] == [(3, "another currency")]


def test_a_file_changed_while_it_is_read_is_refused(tmp_path):
    before = table_counts()
    files = write_tape(tmp_path, [row(1)])

    def grow(done: int, total: int) -> None:
        files.tape.write_text(tape_text([GOOD_ROW, row(2)]))

    with pytest.raises(operations.TapeChanged):
        files.load(progress=grow)

    assert table_counts() == before
