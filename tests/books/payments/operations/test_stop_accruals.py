"""Loans so late that their interest is no income until it is paid."""

from datetime import date, timedelta

import pytest

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import Posting
from postloan.books.loans.models import Instalment, Loan, LoanEvent
from postloan.books.payments import operations
from tests.factories.servicing import AT, assert_books_are_replay, close_to, make_loan, make_product, pay

pytestmark = pytest.mark.django_db(transaction=True)

DUE = date(2024, 2, 1)


@pytest.fixture(autouse=True)
def _places(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    settings.CLOSE_EXECUTOR = "inline"
    yield
    assert_books_are_replay(*Loan.objects.all())


def income_of_interest() -> int:
    credited = Posting.objects.filter(credit_id=AccountNo.INTEREST_INCOME).values_list("amount_minor", flat=True)
    debited = Posting.objects.filter(debit_id=AccountNo.INTEREST_INCOME).values_list("amount_minor", flat=True)
    return sum(credited) - sum(debited)


@pytest.fixture
def late():
    """A loan whose first instalment of 1 February is unpaid; it stops earning 20 days past due."""
    return make_loan(product=make_product(non_accrual_after_days=20))


def test_the_night_on_which_the_days_are_reached_is_the_last_that_is_earned(late):
    close_to(DUE + timedelta(days=19))
    assert not LoanEvent.objects.exists()

    close_to(DUE + timedelta(days=20))

    event = LoanEvent.objects.get()
    assert (event.kind, event.value_date) == ("non_accrual", DUE + timedelta(days=21))
    # January by 30/360, 120.00; of February's 1 % of 11,053.81 the 21 days from the 1st to the 21st of 29: 80.0448.
    assert income_of_interest() == 12_000 + 8_004


def test_it_happens_once_however_often_somebody_asks(late):
    close_to(DUE + timedelta(days=20))
    before = income_of_interest()

    again = operations.stop_accruals(closed_date=DUE + timedelta(days=20), by="test", at=AT)

    assert (again.loans, again.refused) == (0, ())
    assert LoanEvent.objects.count() == 1
    assert income_of_interest() == before


def test_a_loan_paid_in_time_or_of_a_product_without_the_term_goes_on_earning(late):
    other = make_loan(product=make_product())
    close_to(DUE - timedelta(days=2))
    pay(late, 106_619, DUE - timedelta(days=1))

    close_to(DUE + timedelta(days=25))

    assert not LoanEvent.objects.exists()
    assert {loan.past_due_since_date for loan in (late, other) if loan.refresh_from_db() is None} == {None, DUE}


def test_grace_on_ageing_counts_as_the_product_says():
    make_loan(product=make_product(non_accrual_after_days=20, ageing={"ageing_grace_days": 5}))

    close_to(DUE + timedelta(days=24))
    assert not LoanEvent.objects.exists()
    close_to(DUE + timedelta(days=25))
    assert LoanEvent.objects.get().kind == "non_accrual"


def test_what_pays_interest_that_was_due_before_lowers_the_receivable_and_is_no_new_income(late):
    close_to(DUE + timedelta(days=20))
    before = income_of_interest()

    pay(late, 12_000, DUE + timedelta(days=21))

    assert income_of_interest() == before
    assert Instalment.objects.get(instalment_no=1).interest_off_book_minor == 0


def test_nights_after_it_earn_nothing_and_what_is_paid_later_is_income_then(late):
    close_to(DUE + timedelta(days=20))
    earned = income_of_interest()

    close_to(date(2024, 3, 4))  # a month end, and the second row has fallen due

    assert income_of_interest() == earned
    second = Instalment.objects.get(instalment_no=2)
    assert second.interest_due_minor == 11_054
    assert second.interest_off_book_minor == 11_054 - 8_004
    open_minor = sum(
        row.open_minor(name) for row in Instalment.objects.all() for name in ("principal", "interest", "fee", "penalty")
    )

    pay(late, open_minor, date(2024, 3, 5))

    assert income_of_interest() == 12_000 + 11_054
    assert Instalment.objects.get(instalment_no=2).interest_off_book_minor == 0
