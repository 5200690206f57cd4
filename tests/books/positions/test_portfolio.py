"""Roll rates, cures, vintages and cohorts on a book of five loans and three month ends, reckoned by hand."""

import json
from datetime import date

import polars as pl
import pytest

from postloan.books.positions import lake, portfolio

MAY, JUNE, JULY = date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)
PERIOD = {"from_date": MAY, "through_date": JULY}
# loan: bucket at each month end; None has left the book. Loans of even number were paid out in April, others in May.
BUCKETS = {1: (0, 1, 2), 2: (1, 0, 0), 3: (1, 2, None), 4: (0, 0, None), 5: (2, 3, 0)}


def row(loan_id: int, bucket: int, **other) -> dict[str, object]:
    return {
        "loan_id": loan_id,
        "customer_id": loan_id,
        "product_version_id": 1,
        "status": "active",
        "bucket": bucket,
        "days_past_due": 0,
        "principal_outstanding_minor": 100 * loan_id,
        "accrued_interest_minor": 0,
        "past_due_minor": 0,
        "next_due_date": None,
        "disbursed_date": date(2026, 4 if loan_id % 2 == 0 else 5, 9),
        "schedule_version_no": 1,
        "next_event_date": None,
    } | other


@pytest.fixture(autouse=True)
def _lake(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path
    for place, day in enumerate((MAY, JUNE, JULY)):
        rows = [row(loan, buckets[place]) for loan, buckets in BUCKETS.items() if buckets[place] is not None]
        lake.write_positions(rows=pl.DataFrame(rows, schema=lake.POSITION), business_date=day, part="0000")
    # A loan that changed within the month has a row then; month-end questions do not see it.
    some_day = pl.DataFrame([row(1, 6)], schema=lake.POSITION)
    lake.write_positions(rows=some_day, business_date=date(2026, 6, 12), part="0000")


def test_buckets_are_those_of_the_month_end():
    found = portfolio.get_buckets_by_month(**PERIOD)

    assert found.filter(business_date=JUNE).rows() == [
        (JUNE, 0, 2, 600),
        (JUNE, 1, 1, 100),
        (JUNE, 2, 1, 300),
        (JUNE, 3, 1, 500),
    ]


def test_a_roll_rate_is_the_share_of_the_buckets_balance():
    found = portfolio.get_roll_rates(**PERIOD)

    # At the end of May 2 (200) and 3 (300) are in bucket 1; 2 cures, 3 rolls on.
    assert found.filter(business_date=MAY, bucket=1).select("to_bucket", "outstanding_minor", "share_ppm").rows() == [
        (0, 200, 400_000),
        (2, 300, 600_000),
    ]
    assert found.filter(business_date=JUNE, bucket=2)["to_bucket"].to_list() == [portfolio.LEFT]
    assert (found.group_by("business_date", "bucket").agg(pl.sum("share_ppm"))["share_ppm"] > 999_990).all()


def test_a_loan_that_left_the_book_is_not_cured():
    found = portfolio.get_cure_rates(**PERIOD)

    assert found.filter(business_date=JUNE).select("bucket", "loans", "cured").rows() == [
        (1, 1, 0),
        (2, 1, 0),
        (3, 1, 1),
    ]


def test_a_vintage_is_followed_by_its_months_on_book():
    found = portfolio.get_vintages(**PERIOD)

    may = found.filter(vintage=date(2026, 5, 1)).select("months_on_book", "loans", "past_30").rows()
    assert may == [(0, 3, 1), (1, 3, 2), (2, 2, 1)]


def test_a_cohort_is_followed_until_it_cures_or_leaves():
    found = portfolio.get_cohorts(**PERIOD)

    assert found.filter(cohort=MAY).select("months_on", "loans", "still_past_due", "cured", "left").rows() == [
        (0, 3, 3, 0, 0),
        (1, 3, 2, 1, 0),
        (2, 3, 0, 2, 1),
    ]


def test_an_empty_lake_answers_with_no_rows(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "nothing"

    assert portfolio.get_roll_rates(**PERIOD).is_empty()
    assert portfolio.get_cohorts(**PERIOD).is_empty()
    assert portfolio.get_vintages(**PERIOD).is_empty()


def test_a_file_of_the_first_schema_reads_with_nulls(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "old"
    old = pl.DataFrame([row(1, 1)], schema=lake.POSITION).drop(
        "disbursed_date", "schedule_version_no", "next_event_date"
    )
    file = lake.position_file(business_date=MAY, part="0000")
    file.parent.mkdir(parents=True)
    old.write_parquet(file)

    found = lake.scan_positions(through_date=MAY).collect()

    assert found.select("business_date", "loan_id", "disbursed_date").rows() == [(MAY, 1, None)]


def test_a_lake_of_a_later_version_is_refused(tmp_path, settings):
    (tmp_path / "_schema.json").write_text(json.dumps({"schema_version": lake.SCHEMA_VERSION + 1}))

    with pytest.raises(lake.LakeIsNewer):
        lake.scan_positions(through_date=JULY)
    with pytest.raises(lake.LakeIsNewer):
        lake.write_positions(rows=pl.DataFrame(schema=lake.POSITION), business_date=JULY, part="0001")


def test_a_killed_write_leaves_no_file_that_is_read():
    draft = lake.position_file(business_date=JULY, part="0001").with_name(".part-0001.parquet.4711")
    draft.write_bytes(b"PAR1 half")

    before = lake.scan_positions(through_date=JULY).collect().height
    lake.remove_drafts(business_date=JULY)

    assert before == 14
    assert not draft.exists()
