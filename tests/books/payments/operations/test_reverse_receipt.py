"""A receipt taken back: as if it had never come in, once, and never in silence."""

from datetime import date

import pytest

from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans.models import Instalment, Loan, LoanEvent, ScheduleVersion
from postloan.books.payments import operations
from postloan.books.payments.models import Allocation
from postloan.kernel.engine import EventRefused
from tests.factories.servicing import AT, assert_books_are_replay, close_to, make_loan, make_product, pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loan(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    made = make_loan()
    close_to(date(2024, 1, 31))
    yield made
    assert_books_are_replay(*Loan.objects.all())


def reverse(receipt, value_date, **facts):
    known = {"why": "debit_return", "by": "test", "at": AT}
    return operations.reverse_receipt(receipt_id=receipt.pk, value_date=value_date, **(known | facts))


def test_what_it_paid_is_owed_again_with_lateness_since_its_due_date(loan):
    receipt = pay(loan, 106_619, date(2024, 2, 1))
    close_to(date(2024, 2, 10))

    reversed_receipt = reverse(receipt, date(2024, 2, 11))

    loan.refresh_from_db()
    row = Instalment.objects.get(loan=loan, instalment_no=1)
    assert (row.principal_paid_minor, row.interest_paid_minor, row.settled_date) == (0, 0, None)
    assert row.penalty_due_minor == 426  # 946.19 x 0.05 % x 9 days: the night of the 10th was the last
    assert (loan.past_due_since_date, loan.bucket) == (date(2024, 2, 1), 1)
    assert (reversed_receipt.receipt.reversed_minor, reversed_receipt.receipt.reversed_date) == (
        106_619,
        date(2024, 2, 11),
    )
    entry = JournalEntry.objects.get(kind="reversal")
    assert entry.business_date == date(2024, 2, 11)
    assert entry.corrects.source == f"receipt:{receipt.pk}"
    assert sum(part.amount_minor for part in Allocation.objects.filter(receipt=receipt)) == 0


def test_taken_back_twice_is_taken_back_once(loan):
    receipt = pay(loan, 106_619, date(2024, 2, 1))

    first, again = reverse(receipt, date(2024, 2, 1)), reverse(receipt, date(2024, 2, 1))

    assert (first.is_new, again.is_new) == (True, False)
    assert LoanEvent.objects.count() == 1


def test_a_loan_it_had_closed_reopens_with_its_original_due_dates(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    loan = make_loan(instalments=2)
    close_to(date(2024, 2, 29))
    receipt = pay(loan, 1_300_000, date(2024, 3, 1))
    close_to(date(2024, 3, 1))
    loan.refresh_from_db()
    assert loan.status == "closed"
    close_to(date(2024, 3, 31))

    reverse(receipt, date(2024, 4, 1))

    loan.refresh_from_db()
    assert (loan.status, loan.closed_date, loan.past_due_since_date) == ("active", None, date(2024, 2, 1))
    assert list(Instalment.objects.values_list("due_date", flat=True)) == [date(2024, 2, 1), date(2024, 3, 1)]
    assert loan.principal_outstanding_minor == 1_200_000
    assert loan.bucket == 2
    close_to(date(2024, 4, 2))
    assert_books_are_replay(loan)


def test_other_money_takes_the_place_of_what_was_taken_back(loan):
    first = pay(loan, 106_619, date(2024, 2, 1))
    second = pay(loan, 106_619, date(2024, 2, 1))
    assert second.unapplied_minor == 106_619

    reverse(first, date(2024, 2, 1))

    second.refresh_from_db()
    assert (second.allocated_minor, second.unapplied_minor) == (106_619, 0)
    assert Posting.objects.filter(entry__kind="reversal").exists()


@pytest.mark.parametrize("day", [date(2024, 2, 12), date(2024, 1, 31)])
def test_a_day_in_future_or_before_the_money_came_is_refused(loan, day):
    close_to(date(2024, 2, 10))
    receipt = pay(loan, 106_619, date(2024, 2, 11))

    with pytest.raises(EventRefused) as refused:
        reverse(receipt, day)

    assert refused.value.name == ("EventInFuture" if day.day == 12 else "EventBeforeOpening")
    assert not LoanEvent.objects.exists()


def test_no_plan_changes_where_none_has_to(loan):
    receipt = pay(loan, 50_000, date(2024, 2, 1))

    reverse(receipt, date(2024, 2, 1))

    assert ScheduleVersion.objects.filter(loan=loan).count() == 1


def test_a_receipt_that_is_not_there_is_refused(loan):
    with pytest.raises(operations.UnknownReceipt):
        operations.reverse_receipt(receipt_id=10**9, value_date=date(2024, 2, 1), why="error", by="test", at=AT)


def test_money_of_a_loan_with_a_late_fee_is_taken_back_with_the_fee_charged(loan):
    late = make_loan(
        product=make_product(penalty=None, late_fee={"grace_days": 15, "minimum_minor": 1_500}),
        start_date=date(2024, 2, 1),
    )
    close_to(date(2024, 2, 29))
    receipt = pay(late, 106_619, date(2024, 3, 1))
    close_to(date(2024, 3, 20))

    reverse(receipt, date(2024, 3, 21))

    assert Instalment.objects.get(loan=late, instalment_no=1).penalty_due_minor == 1_500
    close_to(date(2024, 3, 22))
    assert_books_are_replay(late)
