"""The book by bucket and day, and the loans behind its numbers."""

from datetime import date

import pytest

from postloan.books.loans.models import Loan
from postloan.ground.access.roles import Role
from tests.factories.loans import make_book

ON = "2018-06-30"


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.RISK)


def test_each_number_of_a_day_is_the_sum_of_the_loans_it_leads_to(client, small_book):
    day = client.get("/office/").context["days"][0]

    for bucket, loans, outstanding in day.cells:
        listing = client.get("/office/loans/", {"bucket": bucket, "on": ON}).context["listing"]
        assert listing.count == loans == len(listing.rows)
        assert sum(row.outstanding_minor for row in listing.rows) == outstanding
    assert day.loans == Loan.objects.filter(status="active").count()


def test_the_chart_and_the_table_show_the_same_figures(client, small_book):
    context = client.get("/office/").context

    for line in context["chart"]["series"]:
        assert line["outstanding"] == [day.cells[line["bucket"]][2] for day in reversed(context["days"])]


def test_without_a_book_the_page_says_how_to_get_one(client, db):
    page = client.get("/office/").content.decode()

    assert "No book has been loaded yet" in page


def test_loans_are_found_by_bucket_status_and_the_beginning_of_their_number(client, small_book):
    late = small_book.late

    by_bucket = client.get("/office/loans/", {"bucket": late.bucket}).context["listing"].rows
    by_text = client.get("/office/loans/", {"text": late.external_id}).context["listing"].rows
    none = client.get("/office/loans/", {"text": "no such loan"})

    assert {row.bucket for row in by_bucket} == {late.bucket}
    assert late.pk in {row.loan.pk for row in by_bucket}
    assert late.pk in {row.loan.pk for row in by_text}
    assert all(row.loan.external_id.startswith(late.external_id) for row in by_text)
    assert "No loan fits" in none.content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"bucket": "99"},
        {"bucket": "-1"},
        {"on": "2018-02-30"},
        {"status": "'; drop"},
        {"after": "x"},
        {"before": "WzEsMl0x"},
        {"sort": "password"},
        {"cols": "password"},
        {"text": "\0"},
    ],
)
def test_an_address_that_makes_no_sense_still_shows_loans(client, small_book, asked):
    answer = client.get("/office/loans/", asked)

    assert answer.status_code == 200
    assert answer.context["listing"].rows


def test_the_list_as_a_file_holds_every_loan_with_plain_amounts(client, small_book):
    answer = client.get("/office/loans/", {"format": "csv"})

    lines = _file(answer)
    assert answer["Content-Type"].startswith("text/csv")
    assert len(lines) == 1 + Loan.objects.count()
    assert f",{small_book.late.principal_minor // 100}.00," in "".join(lines)


def _file(answer) -> list[str]:
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(client, small_book):
    Loan.objects.filter(pk=small_book.late.pk).update(external_id="=1+1")

    file = _file(client.get("/office/loans/", {"format": "csv", "text": "=1+1"}))

    assert "'=1+1" in file[1]


@pytest.mark.parametrize("asked", [{}, {"bucket": 0}, {"on": ON}])
def test_the_list_asks_the_database_as_often_for_many_loans_as_for_few(
    client, small_book, asked, django_assert_max_num_queries
):
    make_book(loans=40, seed=9)

    with django_assert_max_num_queries(9):
        answer = client.get("/office/loans/", asked)

    assert len(answer.context["listing"].rows) > 8
    assert date.fromisoformat(ON) == answer.context["as_of"]
