"""Roll rates, cures, vintages and cohorts: the figures of the lake, as chart, table and file, leading to loans."""

from datetime import date

import polars as pl
import pytest

from postloan.books.ledger.models import BookSlot
from postloan.books.positions.lake import POSITION, write_positions
from postloan.ground.access.roles import Role
from postloan.web.office import rates

PATHS = ("/office/portfolio/", "/office/portfolio/cures", "/office/portfolio/vintages", "/office/portfolio/cohorts")
MAY, JUNE = date(2018, 5, 31), date(2018, 6, 30)


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.RISK)


def write(day: date, buckets: dict[int, int], *, disbursed: date = date(2018, 1, 10)) -> None:
    """Write the positions of loans 1, 2, … at a month end: each in its bucket with 1,000.00 outstanding."""
    blank = dict.fromkeys(POSITION)
    rows = [
        blank
        | {
            "loan_id": loan_id,
            "customer_id": loan_id,
            "product_version_id": 1,
            "status": "active",
            "bucket": bucket,
            "days_past_due": bucket * 30,
            "principal_outstanding_minor": 100_000,
            "accrued_interest_minor": 0,
            "past_due_minor": 0,
            "disbursed_date": disbursed,
            "schedule_version_no": 1,
        }
        for loan_id, bucket in buckets.items()
    ]
    frame = pl.DataFrame(rows, schema=POSITION)
    write_positions(rows=frame, business_date=day, part="test")  # in the place of the small book


@pytest.fixture
def two_months(small_book):
    """Ten loans: four current, four in M1, two in M2 at the end of May; a month on some have rolled, cured or left."""
    rates._asked.cache_clear()
    write(MAY, {1: 0, 2: 0, 3: 0, 4: 0, 5: 1, 6: 1, 7: 1, 8: 1, 9: 2, 10: 2})
    write(JUNE, {1: 0, 2: 0, 3: 0, 4: 1, 5: 2, 6: 0, 7: 1, 9: 3, 10: 3})
    assert BookSlot.objects.filter(closed_through_date=JUNE).exists()


def test_the_matrix_says_where_each_bucket_went(client, two_months):
    context = client.get("/office/portfolio/").context
    of = {line.key: dict(zip(context["to_buckets"], line.cells, strict=True)) for line in context["matrix"]}

    assert {to: cell.share_ppm for to, cell in of[1].items() if cell.part} == {
        0: 250_000,
        1: 250_000,
        2: 250_000,
        rates.portfolio.LEFT: 250_000,
    }
    assert (of[2][3].share_ppm, of[2][3].part) == (1_000_000, 2)
    assert [line.loans for line in context["matrix"]] == [4, 4, 2]


def test_the_roll_rate_is_the_share_found_one_bucket_worse(client, two_months):
    context = client.get("/office/portfolio/").context

    assert [line["shares"] for line in context["chart"]["lines"]] == [[250_000], [250_000], [1_000_000]]
    assert context["lines"][0].key == MAY


def test_a_bucket_leads_to_the_loans_that_stood_in_it(client, two_months):
    page = client.get("/office/portfolio/").content.decode()

    assert 'href="/office/loans/?bucket=1&amp;on=2018-05-31"' in page


def test_cures_count_loans_back_at_zero_days(client, two_months):
    cells = dict(zip((1, 2), client.get("/office/portfolio/cures").context["lines"][0].cells, strict=True))

    assert (cells[1].part, cells[1].whole, cells[1].share_ppm) == (1, 4, 250_000)
    assert cells[2].share_ppm == 0


def test_a_vintage_is_followed_by_its_months_on_book(client, two_months):
    context = client.get("/office/portfolio/vintages").context

    assert context["ages"] == [4, 5]
    assert [(cell.part, cell.whole) for cell in context["lines"][0].cells] == [(2, 10), (3, 9)]


def test_a_cohort_is_followed_from_the_month_end_it_was_first_seen_late(client, two_months):
    lines = {line.key: line for line in client.get("/office/portfolio/cohorts").context["lines"]}

    assert [(cell.part, cell.whole) for cell in lines[MAY].cells] == [(6, 6), (4, 6)]
    assert lines[JUNE].cells[0].share_ppm == 1_000_000
    assert lines[JUNE].cells[1].share_ppm is None


@pytest.mark.parametrize("path", PATHS)
def test_every_view_is_also_a_file_and_is_said_in_chinese(client, two_months, path):
    file = client.get(path, {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    client.cookies["django_language"] = "zh-hans"
    page = client.get(path).content.decode()

    assert len(file) > 1
    assert "资产表现" in page
    assert "rate-chart-data" in page


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("asked", [{"months": "999"}, {"month": "2018-02-30"}, {"month": "2001-01-31"}])
def test_an_address_that_makes_no_sense_still_shows_figures(client, two_months, path, asked):
    assert client.get(path, asked).context["lines"]


@pytest.mark.parametrize("path", PATHS)
def test_with_one_month_end_or_none_the_page_says_what_is_missing(client, db, path):
    assert "Two month ends are needed" in client.get(path).content.decode()


def test_an_answer_is_worked_out_once_a_closed_day(client, two_months, monkeypatch):
    asked = []
    question = rates.QUESTIONS["roll_rates"]
    monkeypatch.setitem(rates.QUESTIONS, "roll_rates", lambda **period: asked.append(period) or question(**period))

    for _ in range(3):
        client.get("/office/portfolio/")
    before = len(asked)
    write(JUNE, {1: 0, 2: 3})
    client.get("/office/portfolio/")

    assert (before, len(asked)) == (1, 2)


@pytest.mark.parametrize("path", PATHS)
def test_a_view_asks_a_fixed_number_of_questions(client, two_months, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        client.get(path)
