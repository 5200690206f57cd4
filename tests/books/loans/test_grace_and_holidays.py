"""Due in the National Day holiday: the night, the counter and the page count lateness from the same last free date."""

from datetime import date

import pytest

from postloan.books.loans import operations
from postloan.books.loans.explaining._penalties import explain_penalty
from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.kernel.contracts import Agreed
from tests.factories.lines import AT, make_product, open_books
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def make_loan(*, grade: str) -> Loan:
    open_books(business_date=date(2024, 9, 2))
    product = make_product(
        holidays={"calendar": "CN", "last_free": "following"},
        penalty={"rate_ppm": 500, "grace_days": 3},
        grace_days_by_grade={"A": 7},
    )
    contract = operations.Contract(
        source="postloan",
        external_id=f"G{grade}",
        customer_id=make_customer().pk,
        product_version=product,
        agreed=Agreed(100_000, 0, 2, start_date=date(2024, 9, 2)),
        grade=grade,
    )
    return operations.open_loan(contract=contract, by="test", at=AT)


def penalties(*loans: Loan) -> list[int]:
    return [Instalment.objects.get(loan=loan, instalment_no=1).penalty_due_minor for loan in loans]


def close_to(day: date) -> None:
    close_through(through_date=day, by="test", clock=lambda: AT)


@pytest.fixture
def positions(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"


def test_grace_is_counted_from_the_last_free_date_and_by_the_grade_of_the_loan(positions):
    plain, graded = make_loan(grade="C"), make_loan(grade="A")
    assert (plain.grace_days, graded.grace_days) == (None, 7)

    # Due on 2 October, in time until the 8th. Three days of grace end on the 11th, seven on the 15th. Then from day
    # one: 500.00 × 0.05 % × days since the 8th.
    close_to(date(2024, 10, 11))
    assert penalties(plain, graded) == [0, 0]
    close_to(date(2024, 10, 12))
    assert penalties(plain, graded) == [100, 0]
    close_to(date(2024, 10, 16))
    assert penalties(plain, graded)[1] == 200
    assert all(tie.holds for tie in get_ties())
    # Days past due follow the due date, which no holiday moves.
    plain.refresh_from_db()
    assert plain.past_due_since_date == date(2024, 10, 2)


def test_money_in_the_days_of_grace_bears_no_penalty_and_later_money_is_charged_to_its_day(positions):
    in_time, late = make_loan(grade="C"), make_loan(grade="D")
    close_to(date(2024, 10, 10))
    pay(in_time, 50_000, date(2024, 10, 11))
    close_to(date(2024, 10, 17))

    pay(late, 50_000, date(2024, 10, 18))

    row = Instalment.objects.get(loan=late, instalment_no=1)
    # Ten days from the 8th to the 18th.
    assert penalties(in_time, late) == [0, 250]
    explained = explain_penalty(loan=late, instalment=row, postings=())
    assert explained.result == 250
    assert explained.facts["first_late_date"] == date(2024, 10, 12)
    assert all(tie.holds for tie in get_ties())


def pay(loan: Loan, amount_minor: int, value_date: date) -> None:
    item = payments.NewReceipt("bank", f"R{loan.pk}", loan.pk, amount_minor, "CNY", value_date)
    payments.post_receipt(receipt=item, by="test", at=AT)
