"""Statements and contracts gathered from the books: every figure is one that the books have."""

import io
from datetime import date

import pytest
from pypdf import PdfReader

from postloan.books.loans.documents import Clause, Parties, draw_contract, draw_statement, get_contract
from postloan.books.payments import operations
from postloan.books.payments.statements import StatementPeriodWrong, get_statement
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from tests.factories.books import AT, make_books, make_loan, make_product

pytestmark = pytest.mark.django_db(transaction=True)

PARTIES = Parties(lender_name="Test Lender", lender_contact="+1 555 0100 100", borrower_name="Testa Quillmere")


@pytest.fixture
def loan(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    make_books()
    made = make_loan(
        product=make_product(penalty={"rate_ppm": 500, "grace_days": 0}),
        due_dates=[date(2018, 7, 2), date(2018, 8, 2)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 2),
    )
    close(date(2018, 7, 1))
    yield made
    assert all(tie.holds for tie in get_ties())


def close(through: date) -> None:
    close_through(through_date=through, by="test", clock=lambda: AT)


def pay(loan, *, amount_minor: int, reference: str, value_date: date) -> None:
    receipt = operations.NewReceipt(
        bank_account="bank",
        bank_reference=reference,
        loan_id=loan.pk,
        amount_minor=amount_minor,
        currency="USD",
        value_date=value_date,
    )
    operations.post_receipts(receipts=[receipt], by="test", at=AT)


def statement_of(loan, *, from_date=date(2018, 7, 1), as_of):
    loan.refresh_from_db()
    return get_statement(loan=loan, parties=PARTIES, from_date=from_date, as_of=as_of)


def test_a_statement_tells_what_was_asked_what_came_in_and_what_is_open(loan):
    pay(loan, amount_minor=20_000, reference="R1", value_date=date(2018, 7, 2))
    close(date(2018, 7, 12))

    statement = statement_of(loan, as_of=date(2018, 7, 12))

    [demand], [receipt] = statement.demands, statement.receipts
    assert (receipt.amount_minor, receipt.interest_minor, receipt.principal_minor) == (20_000, 1_000, 19_000)
    assert demand.paid_minor == statement.received_minor == 20_000
    assert demand.due_minor == 50_500 + demand.penalty_minor
    assert demand.penalty_minor > 0
    assert statement.open_minor == statement.past_due_minor == demand.open_minor
    assert statement.days_past_due == 10
    assert statement.principal_outstanding_minor == 81_000
    assert (statement.next_due_date, statement.next_due_minor) == (date(2018, 8, 2), 51_005)


def test_money_that_waits_stands_on_the_statement(loan):
    pay(loan, amount_minor=60_000, reference="R1", value_date=date(2018, 7, 2))
    close(date(2018, 7, 2))

    [receipt] = statement_of(loan, as_of=date(2018, 7, 2)).receipts

    assert (receipt.principal_minor + receipt.interest_minor, receipt.unapplied_minor) == (50_500, 9_500)


def test_receipts_of_other_periods_are_left_out_and_those_of_this_one_stand_in_their_order(loan):
    for day, reference in ((2, "R1"), (3, "R2"), (5, "R3"), (5, "R4")):
        close(date(2018, 7, day - 1))
        pay(loan, amount_minor=1_000, reference=reference, value_date=date(2018, 7, day))
    close(date(2018, 7, 5))

    statement = statement_of(loan, from_date=date(2018, 7, 3), as_of=date(2018, 7, 5))

    assert [receipt.reference for receipt in statement.receipts] == ["R2", "R3", "R4"]


def test_the_last_statement_has_no_next_payment(loan):
    close(date(2018, 8, 2))

    assert statement_of(loan, as_of=date(2018, 8, 2)).next_due_date is None


def test_a_period_that_ends_before_it_begins_is_refused(loan):
    with pytest.raises(StatementPeriodWrong):
        statement_of(loan, from_date=date(2018, 7, 2), as_of=date(2018, 7, 1))


def test_a_contract_keeps_the_first_plan_and_tells_what_it_costs(loan):
    contract = get_contract(
        loan=loan, parties=PARTIES, made_on=date(2018, 7, 1), clauses=[Clause("1", "One.")], text_version="v1"
    )

    assert [line.balance_minor for line in contract.plan] == [50_500, 0]
    assert [line.total_minor for line in contract.plan] == [50_500, 51_005]
    # 1 % of 1,000.00 and 1 % of 505.00: 1 % a month
    assert str(contract.terms.china_nominal.percent()) == "12.00"
    assert str(contract.terms.eu_effective.percent()) == "12.68"


def test_a_loan_taken_over_without_its_whole_plan_names_no_annual_rate(loan):
    loan.principal_minor = 200_000

    contract = get_contract(loan=loan, parties=PARTIES, made_on=date(2018, 7, 1))

    assert contract.terms.china_nominal is None


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_papers_can_be_drawn_from_the_books(loan, language):
    pay(loan, amount_minor=20_000, reference="R1", value_date=date(2018, 7, 2))
    close(date(2018, 7, 3))
    statement = statement_of(loan, as_of=date(2018, 7, 3))
    contract = get_contract(loan=loan, parties=PARTIES, made_on=date(2018, 7, 1))

    drawn = draw_statement(statement=statement, language=language), draw_contract(contract=contract, language=language)

    texts = [" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages) for pdf in drawn]
    assert all("Testa Quillmere" in text and loan.external_id in text for text in texts)
    assert "200.00" in texts[0]
    assert "510.05" in texts[1]
