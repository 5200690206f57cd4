"""A month of an account: bought, billed, paid in full or by the minimum, carried on."""

from datetime import date

import pytest

from postloan.books.bills.models import Bill
from postloan.books.bills.queries import MinimumDue, get_minimum_due
from postloan.books.ledger.queries import get_trial_balance
from postloan.books.lines.queries import get_available
from postloan.books.loans.models import Instalment
from postloan.books.payments.ties import get_ties
from tests.factories.bills import Walk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def positions(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"


@pytest.fixture
def walk(positions) -> Walk:
    return Walk()


def demands(walk: Walk) -> list[tuple]:
    rows = Instalment.objects.filter(loan=walk.loan).order_by("instalment_no")
    return [(row.due_date, row.principal_due_minor, row.interest_due_minor, row.principal_paid_minor) for row in rows]


def balances() -> dict[str, int]:
    return {row.code: row.balance_minor for row in get_trial_balance() if row.balance_minor}


def test_a_bill_paid_in_full_costs_nothing(walk):
    walk.close_before(date(2024, 3, 5))
    walk.buy(60_000)
    walk.close_before(date(2024, 3, 20))
    walk.buy(40_000)

    walk.close_before(date(2024, 3, 30))
    assert demands(walk) == [(date(2024, 3, 30), 100_000, 0, 0)]
    walk.pay(100_000, date(2024, 3, 30))
    walk.close_before(date(2024, 6, 1))

    assert walk.loan.principal_outstanding_minor == 0
    assert walk.loan.status == "active"
    assert demands(walk) == [(date(2024, 3, 30), 100_000, 0, 100_000)]
    assert balances() == {"bank": 100_000, "merchant_settlement": -100_000}
    assert all(tie.holds for tie in get_ties())
    assert get_available(line_id=walk.line.pk, on_date=date(2024, 6, 1)).available_minor == 1_000_000


def test_the_minimum_keeps_the_account_current_and_the_rest_bears_interest_from_the_purchase(walk):
    walk.close_before(date(2024, 3, 5))
    walk.buy(60_000)
    walk.close_before(date(2024, 3, 20))
    walk.buy(40_000)
    walk.close_before(date(2024, 3, 30))
    walk.pay(10_000, date(2024, 3, 30))
    walk.close_before(date(2024, 4, 1))

    loan = walk.loan
    assert loan.bucket == 0
    assert demands(walk) == [(date(2024, 3, 30), 10_000, 0, 10_000), (date(2024, 4, 30), 90_000, 0, 0)]

    walk.close_before(date(2024, 4, 21))
    # 600.00 for 25 days to 30 March and 500.00 for 21 days to 20 April, 400.00 for 31 days, at 0.05 % a day:
    # (60,000 × 25 + 50,000 × 21 + 40,000 × 31) × 0.0005 = 1,895.
    assert demands(walk)[1] == (date(2024, 4, 30), 90_000, 1_895, 0)
    bill = Bill.objects.get(loan=loan, bill_no=2)
    # A tenth of 900.00, and all of the interest.
    assert (bill.full_minor, bill.minimum_minor, bill.interest_minor) == (91_895, 9_000 + 1_895, 1_895)
    assert all(tie.holds for tie in get_ties())


def test_the_minimum_still_asked_falls_with_what_is_paid_until_the_due_date_is_over(walk):
    walk.close_before(date(2024, 3, 5))
    walk.buy(100_000)
    assert get_minimum_due(loan_id=walk.loan.pk) is None
    walk.close_before(date(2024, 3, 25))

    before = get_minimum_due(loan_id=walk.loan.pk)
    walk.pay(4_000, date(2024, 3, 25))

    assert before == MinimumDue(10_000, date(2024, 3, 30))
    assert get_minimum_due(loan_id=walk.loan.pk) == MinimumDue(6_000, date(2024, 3, 30))
    walk.pay(6_000, date(2024, 3, 25))
    assert get_minimum_due(loan_id=walk.loan.pk).amount_minor == 0


def test_less_than_the_minimum_is_past_due_and_only_the_minimum(walk):
    walk.close_before(date(2024, 3, 5))
    walk.buy(100_000)
    walk.close_before(date(2024, 3, 25))
    walk.pay(4_000, date(2024, 3, 25))

    walk.close_before(date(2024, 4, 2))

    loan = walk.loan
    assert (loan.bucket, loan.past_due_since_date) == (1, date(2024, 3, 30))
    assert demands(walk) == [(date(2024, 3, 30), 10_000, 0, 4_000), (date(2024, 4, 30), 90_000, 0, 0)]


def test_days_closed_in_one_pass_give_the_bills_of_days_closed_one_by_one(positions):
    one = Walk()
    other = Walk()
    for walk in (one, other):
        walk.buy(30_000)
    one.pay(35_000, date(2024, 3, 4))
    other.pay(5_000, date(2024, 3, 4))
    one.close_before(date(2024, 6, 25))

    in_one_pass = [demands(walk) for walk in (one, other)]

    assert in_one_pass[0] == [(date(2024, 3, 30), 30_000, 0, 30_000)]
    # 50.00 were held and paid the bill of 20 March. 300.00 for 16 days and 250.00 for 31: 6.275 -> 6.28; a tenth of
    # 250.00 was demanded and is past due, the rest goes on, from bill to bill.
    assert in_one_pass[1][:2] == [(date(2024, 3, 30), 5_000, 0, 5_000), (date(2024, 4, 30), 2_500, 628, 0)]
    assert all(tie.holds for tie in get_ties())
