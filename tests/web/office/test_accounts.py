"""From the trial balance to a day, to its postings, to the loan; and the files accountants take away."""

import csv
import io

import pytest

from postloan.books.ledger.models import JournalEntry, Posting
from postloan.ground.access.roles import Role
from tests.factories.loans import AS_OF

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")  # served by ASGI


@pytest.fixture(autouse=True)
def _office(login_as):
    login_as(Role.FINANCE)


def body(answer) -> bytes:
    return b"".join(answer)


def test_a_figure_of_the_trial_balance_leads_to_its_days_their_postings_and_the_loan(client, small_book):
    balance = client.get("/office/accounts/")
    days = client.get("/office/accounts/days", {"account": "loan_principal", "on": "2018-06-30"})
    [row] = [row for row in days.context["rows"] if row["code"] == "loan_principal"]
    postings = client.get(
        "/office/accounts/loan_principal", {"from": "2018-06-30", "on": "2018-06-30", "product": row["product"].pk}
    )

    assert "/office/accounts/days?account=loan_principal" in balance.content.decode()
    assert row["sum"].business_date == AS_OF
    assert f"/office/accounts/loan_principal?from=2018-06-30&amp;on=2018-06-30&amp;product={row['product'].pk}" in (
        days.content.decode()
    )
    [line] = postings.context["lines"]
    assert line.debit_minor == row["sum"].debit_minor
    assert line.debit_minor == sum(posting.amount_minor for posting in postings.context["page"].paginator.object_list)
    assert f'href="/desk/loans/{postings.context["page"][0].loan_id}"' in postings.content.decode()


def test_a_period_shows_the_balance_before_it(client, small_book):
    lines = client.get("/office/accounts/", {"from": "2018-07-01", "on": "2018-07-02"}).context["balances"]

    of_principal = next(line for line in lines if line.code == "loan_principal")
    assert of_principal.debit_minor == of_principal.credit_minor == 0
    assert of_principal.opening_minor == of_principal.balance_minor > 0


@pytest.mark.parametrize("path", ["/office/accounts/", "/office/accounts/days", "/office/accounts/bank"])
@pytest.mark.parametrize(
    "query", [{"product": "999999"}, {"product": "x"}, {"from": "x", "on": "y"}, {"account": "\0"}]
)
def test_a_question_that_makes_no_sense_is_as_good_as_none(client, small_book, path, query):
    assert client.get(path, query).status_code == 200


@pytest.mark.parametrize("by", ["entry", "day"])
def test_the_csv_holds_what_was_posted(client, small_book, by):
    answer = client.get("/office/accounts/file", {"form": "csv", "by": by, "from": "2018-06-01", "on": "2018-06-30"})

    rows = list(csv.DictReader(io.StringIO(body(answer).decode())))

    if by == "entry":
        assert len(rows) == 2 * Posting.objects.count()
    assert {row["business_date"] for row in rows} == {"2018-06-30"}
    assert f"ledger-2018-06-01-2018-06-30-{by}.csv" in answer["Content-Disposition"]


def test_the_beancount_file_names_every_entry(client, small_book):
    text = body(
        client.get("/office/accounts/file", {"form": "beancount", "from": "2018-06-01", "on": "2018-06-30"})
    ).decode()

    for entry in JournalEntry.objects.all():
        assert f"  entry: {entry.pk}\n" in text
    assert "2018-07-01 balance Assets:Loan-Principal" in text
