"""The lake of positions: files appear whole, a loan stands where its last row says, the takeover is its first page."""

from datetime import date

import polars as pl
import pytest

from postloan.books.positions import lake, operations
from postloan.books.positions.queries import get_buckets_by_day, get_positions
from tests.factories.books import make_books, make_loan, make_product


@pytest.fixture(autouse=True)
def _lake(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"


def rows(*states: tuple[int, str, int, int]) -> pl.DataFrame:
    made = [
        {
            "loan_id": loan_id,
            "customer_id": loan_id,
            "product_version_id": 1,
            "status": status,
            "bucket": bucket,
            "days_past_due": bucket,
            "principal_outstanding_minor": outstanding,
            "accrued_interest_minor": 0,
            "past_due_minor": 0,
            "next_due_date": None,
        }
        for loan_id, status, bucket, outstanding in states
    ]
    return pl.DataFrame(made)


def write(day: date, *states: tuple[int, str, int, int]) -> None:
    lake.write_positions(rows=rows(*states), business_date=day, part="0000")


def test_writing_again_replaces_the_file_and_leaves_no_draft():
    write(date(2018, 7, 1), (1, "active", 0, 100))
    write(date(2018, 7, 1), (1, "active", 0, 90))

    files = [path.name for _, path in lake.position_files(through_date=date(2018, 7, 1))]
    folder = lake.position_file(business_date=date(2018, 7, 1), part="0000").parent
    assert files == ["part-0000.parquet"]
    assert [path.name for path in folder.iterdir()] == files
    assert get_positions(as_of_date=date(2018, 7, 1))["principal_outstanding_minor"].to_list() == [90]


def test_a_loan_stands_where_its_last_row_says():
    write(date(2018, 7, 1), (1, "active", 0, 100), (2, "active", 0, 200))
    write(date(2018, 7, 3), (1, "active", 1, 100))

    as_of_2 = get_positions(as_of_date=date(2018, 7, 2))
    as_of_4 = get_positions(as_of_date=date(2018, 7, 4))

    assert as_of_2.sort("loan_id")["bucket"].to_list() == [0, 0]
    assert as_of_4.sort("loan_id")["bucket"].to_list() == [1, 0]


@pytest.mark.django_db
def test_the_book_of_each_day_is_the_sum_of_what_moved():
    make_books(closed_through_date=date(2018, 7, 3))
    write(date(2018, 7, 1), (1, "active", 0, 100), (2, "active", 0, 200))
    write(date(2018, 7, 2), (2, "active", 1, 200))
    write(date(2018, 7, 3), (1, "closed", 0, 0))

    found = get_buckets_by_day(from_date=date(2018, 7, 1), through_date=date(2018, 7, 3))

    assert found.filter(pl.col("loans") > 0).rows() == [
        (date(2018, 7, 1), 0, 2, 300),
        (date(2018, 7, 2), 0, 1, 100),
        (date(2018, 7, 2), 1, 1, 200),
        (date(2018, 7, 3), 1, 1, 200),
    ]


@pytest.mark.django_db
def test_a_day_that_is_not_closed_is_not_shown():
    make_books(closed_through_date=date(2018, 7, 1))
    write(date(2018, 7, 1), (1, "active", 0, 100))
    write(date(2018, 7, 2), (1, "active", 1, 100))

    found = get_buckets_by_day(from_date=date(2018, 7, 1), through_date=date(2018, 7, 31))

    assert found["business_date"].unique().to_list() == [date(2018, 7, 1)]


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_of_a_takeover_shows_every_active_loan():
    make_books()
    loan = make_loan(
        product=make_product(),
        due_dates=[date(2018, 7, 10)],
        principal_minor=[50_000],
        interest_minor=[500],
    )

    operations.snapshot_positions(business_date=date(2018, 6, 30))

    row = get_positions(as_of_date=date(2018, 6, 30)).row(0, named=True)
    assert (row["loan_id"], row["principal_outstanding_minor"], row["days_past_due"]) == (loan.pk, 50_000, 0)
