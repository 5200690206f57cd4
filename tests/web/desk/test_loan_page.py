"""A loan's page: every computed figure on it leads to an explanation that gives the same figure again."""

import html
import re
from datetime import UTC, date, datetime

import pytest

from postloan.books.loans.models import Loan
from postloan.books.payments import operations as payments
from postloan.close.run import close_through
from postloan.ground.access.roles import Role
from postloan.kernel.penalties import PenaltyTerms
from postloan.kernel.product_terms import ProductTerms
from tests.factories.loans import TERMS, make_loan, make_product

AT = datetime(2018, 7, 1, tzinfo=UTC)
WHY = re.compile(r'<a class="why[^"]*" data-why href="([^"]+)">(.*?)</a>', re.DOTALL)


def plain(text: str) -> str:
    """Return what a reader sees of a piece of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).strip()


def explained(client, url: str) -> str:
    """Return the figure that an explanation arrives at."""
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    result = re.search(r'<p class="result">(.*?)</p>', fragment, re.DOTALL)
    assert result is not None, url
    return plain(result[1])


def check_every_figure(client, loan: Loan) -> int:
    """Compare each explained figure of the page with what its explanation gives; returns how many there were."""
    page = client.get(f"/desk/loans/{loan.pk}").content.decode()
    figures = [(url, plain(text)) for url, text in WHY.findall(page) if "/why/" in url]
    for url, shown in figures:
        found = explained(client, url)
        number = re.sub(r" days?$", "", found)
        assert shown in (found, number, "why"), (url, shown, found)
    return len(figures)


@pytest.fixture
def _agent(login_as):
    login_as(Role.AGENT)


@pytest.mark.usefixtures("_agent")
@pytest.mark.parametrize(
    "wishes",
    [
        {"instalments": 9},
        {"instalments": 9, "paid_rows": 2},
        {"instalments": 2, "disbursed_date": date(2018, 5, 31)},
        {"rate_ppm": 0, "instalments": 7},
        {"disbursed_date": date(2017, 8, 31), "paid_rows": 9, "instalments": 12},
    ],
    ids=["on time", "late", "short, from a month end", "no interest", "near its end"],
)
def test_every_figure_of_the_page_is_what_its_explanation_gives(client, wishes):
    loan = make_loan(**wishes)

    assert check_every_figure(client, loan) > 4 * loan.instalments


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        ProductTerms(currency="USD", penalty=PenaltyTerms(rate_ppm=500, grace_days=3)),
        ProductTerms(currency="USD", penalty=PenaltyTerms(rate_ppm=80_000, rate_period_days=365, cap_ppm=1_000)),
    ],
    ids=["late fee", "penalty by the day", "capped penalty"],
)
def test_after_nights_and_receipts_every_figure_is_still_what_its_explanation_gives(client, login_as, terms):
    """Two rows late; a part payment, then one too large before the due date: fees, allocations and rest all explained."""
    loan = make_loan(product_version=make_product(terms=terms), instalments=9, paid_rows=3)
    login_as(Role.AGENT)
    for day, amount_minor in ((date(2018, 7, 6), 20_000), (date(2018, 7, 12), 150_000)):
        close_through(through_date=day.replace(day=day.day - 1), by="test", clock=lambda: AT)
        item = payments.NewReceipt("bank", f"R{day}", loan.pk, amount_minor, "USD", day)
        payments.post_receipt(receipt=item, by="test", at=AT)
    close_through(through_date=date(2018, 7, 20), by="test", clock=lambda: AT)

    page = client.get(f"/desk/loans/{loan.pk}").content.decode()

    assert f"/desk/loans/{loan.pk}/why/penalty-" in page
    assert check_every_figure(client, loan) > 4 * loan.instalments
    receipts = [url for url, _ in WHY.findall(page) if "/receipts/" in url]
    assert len(receipts) >= 2
    for url in set(receipts):
        answer = client.get(url, headers={"HX-Request": "true"})
        assert all(part["allocation"].amount_minor == min(part["left_minor"], part["open_minor"])
                   for part in answer.context["parts"])  # fmt: skip


@pytest.mark.usefixtures("_agent")
def test_an_explanation_is_also_a_page_of_its_own(client):
    loan = make_loan()

    page = client.get(f"/desk/loans/{loan.pk}/why/interest-7").content.decode()

    assert "<html" in page
    assert "Interest of the instalment" in page
    assert f'href="/desk/loans/{loan.pk}"' in page


@pytest.mark.usefixtures("_agent")
def test_an_explanation_names_formula_days_rate_and_rounding(client):
    loan = make_loan()

    page = plain(client.get(f"/desk/loans/{loan.pk}/why/interest-7").content.decode())

    assert "balance before × rate × part of the rate's period" in page
    assert "12.62 % a year" in page
    assert "1/12" in page
    assert "31 days" in page
    assert "rounded to the nearest, a tie up" in page


@pytest.mark.usefixtures("_agent")
def test_the_last_instalment_says_what_rounding_left_to_it(client):
    loan = make_loan(instalments=12)

    page = plain(client.get(f"/desk/loans/{loan.pk}/why/principal-12").content.decode())

    assert "The last instalment takes the whole balance" in page
    assert "Remainder of rounding" in page


@pytest.mark.usefixtures("_agent")
@pytest.mark.parametrize("figure", ["interest-99", "nonsense", "interest-0", "penalty-1"])
def test_a_figure_that_is_not_there_has_no_explanation(client, figure):
    loan = make_loan()

    assert client.get(f"/desk/loans/{loan.pk}/why/{figure}").status_code == 404


@pytest.mark.usefixtures("_agent")
def test_the_states_of_the_rows_follow_what_was_paid(client):
    loan = make_loan(disbursed_date=date(2018, 1, 15), paid_rows=3)

    rows = client.get(f"/desk/loans/{loan.pk}").context["rows"]

    assert [row.state for row in rows[:7]] == [*["taken_over"] * 3, *["past_due"] * 2, *["planned"] * 2]


@pytest.mark.usefixtures("_agent")
def test_the_page_asks_a_fixed_number_of_questions(client, django_assert_max_num_queries):
    loan = make_loan(instalments=60, disbursed_date=date(2017, 6, 20), paid_rows=1)

    with django_assert_max_num_queries(14):
        client.get(f"/desk/loans/{loan.pk}")
