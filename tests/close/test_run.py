"""The close, day by day, on loans small enough to reckon by hand."""

from datetime import date

import polars as pl
import psycopg
import pytest

from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.ledger.queries import get_business_date
from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments import operations as payments
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.ties import get_ties
from postloan.books.positions.queries import get_buckets_by_day, get_positions
from postloan.care.reminders.models import Reminder
from postloan.close.models import CloseRun, FaultyLoan
from postloan.close.run import ADVISORY_LOCK, CloseAlreadyRunning, NotTheBusinessDate, close_day, close_through
from tests.factories.books import AT, make_books, make_loan, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _lake(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    yield
    broken = [tie for tie in get_ties() if not tie.holds]
    assert not broken, broken


def close_to(day: date) -> list[CloseRun]:
    """Close night by night; `close_through` on its own would close the days in one pass."""
    runs = []
    while (open_date := get_business_date()) <= day:
        runs += close_through(through_date=open_date, by="test", clock=lambda: AT)
    return runs


def a_loan(**wishes) -> Loan:
    """1,000.00 in two rows, due 10 July and 10 August, interest 10.00 and 5.05."""
    product = wishes.pop("product", None) or make_product()
    return make_loan(
        product=product,
        due_dates=[date(2018, 7, 10), date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
        **wishes,
    )


def pay(loan: Loan, amount_minor: int, value_date: date, reference: str = "R1") -> Receipt:
    item = payments.NewReceipt("bank", reference, loan.pk, amount_minor, "USD", value_date)
    return payments.post_receipt(receipt=item, by="test", at=AT)


def test_an_instalment_is_raised_the_evening_before_it_falls_due():
    make_books()
    loan = a_loan()

    close_to(date(2018, 7, 8))
    before = Instalment.objects.filter(loan=loan).count()
    close_to(date(2018, 7, 9))

    assert before == 0
    raised = Instalment.objects.get(loan=loan)
    assert (raised.due_date, raised.principal_due_minor, raised.interest_due_minor) == (
        date(2018, 7, 10),
        49_500,
        1_000,
    )
    loan.refresh_from_db()
    assert (loan.next_instalment_no, loan.next_due_date, loan.bucket) == (2, date(2018, 8, 10), 0)


def test_a_night_without_events_reads_no_loan():
    make_books()
    a_loan()
    close_to(date(2018, 7, 1))

    run = close_to(date(2018, 7, 2))[0]

    # 3 July (the evening of the 2nd) is seven days before the due date: that is an event.
    assert run.marks.get().counts["reminders"] == 1
    run = close_day(business_date=date(2018, 7, 3), by="test", clock=lambda: AT)
    assert run.marks.get().counts["loans"] == 0


def test_reminders_are_planned_seven_and_three_days_before_and_on_the_day():
    make_books()
    loan = a_loan()

    close_to(date(2018, 7, 31))

    planned = Reminder.objects.filter(loan=loan).order_by("contact_date").values_list("contact_date", "kind")
    assert list(planned) == [
        (date(2018, 7, 3), "days_before_7"),
        (date(2018, 7, 7), "days_before_3"),
        (date(2018, 7, 10), "due_today"),
    ]


def test_an_unpaid_instalment_ages_from_the_day_after_its_due_date():
    make_books()
    loan = a_loan()

    close_to(date(2018, 7, 10))
    loan.refresh_from_db()
    on_due_date = loan.bucket
    close_to(date(2018, 7, 11))
    loan.refresh_from_db()
    day_after = loan.bucket
    close_to(date(2018, 8, 9))
    loan.refresh_from_db()
    thirty_days = loan.bucket
    close_to(date(2018, 8, 10))
    loan.refresh_from_db()

    assert (on_due_date, day_after, thirty_days, loan.bucket) == (0, 1, 1, 2)
    assert loan.past_due_since_date == date(2018, 7, 10)


def test_month_end_accrues_what_the_days_of_the_row_have_earned():
    make_books()
    loan = a_loan()

    close_to(date(2018, 7, 31))

    # Row 2 runs from 10 July to 10 August, 31 days; through 31 July 22 of them have passed: 505 × 22 / 31 = 358.39.
    loan.refresh_from_db()
    assert loan.accrued_interest_minor == 358
    close_to(date(2018, 8, 9))
    loan.refresh_from_db()
    assert loan.accrued_interest_minor == 0
    income = Posting.objects.filter(credit_id=9, loan_id=loan.pk)
    assert sum(posting.amount_minor for posting in income) == 1_505


def test_money_paid_ahead_waits_and_pays_the_instalment_when_it_falls_due():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 1))

    receipt = pay(loan, 50_500, date(2018, 7, 2))
    waiting = receipt.unapplied_minor
    close_to(date(2018, 7, 9))

    receipt.refresh_from_db()
    assert (waiting, receipt.unapplied_minor, receipt.allocated_minor) == (50_500, 0, 50_500)
    assert Allocation.objects.filter(receipt=receipt).count() == 2
    assert Instalment.objects.get(loan=loan).settled_date == date(2018, 7, 9)


def test_a_loan_paid_to_the_end_is_closed_and_asks_for_no_more_nights():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 9))
    pay(loan, 50_500, date(2018, 7, 10), "R1")
    close_to(date(2018, 8, 9))
    pay(loan, 51_005, date(2018, 8, 10), "R2")

    close_to(date(2018, 8, 10))

    loan.refresh_from_db()
    assert (loan.status, loan.principal_outstanding_minor, loan.next_event_date) == ("closed", 0, None)
    assert loan.closed_date == date(2018, 8, 10)


def test_a_late_fee_is_charged_once_after_its_grace():
    make_books()
    product = make_product(late_fee={"grace_days": 15, "minimum_minor": 1_500, "share_ppm": 50_000})
    loan = a_loan(product=product)

    close_to(date(2018, 7, 25))
    within = Instalment.objects.get(loan=loan).penalty_due_minor
    close_to(date(2018, 7, 26))
    after = Instalment.objects.get(loan=loan).penalty_due_minor
    close_to(date(2018, 8, 20))

    assert (within, after) == (0, 2_525)  # 5 % of 505.00 is 25.25, more than 15.00
    assert Instalment.objects.get(loan=loan, instalment_no=1).penalty_due_minor == 2_525


def test_a_daily_penalty_is_exact_when_it_is_paid():
    make_books()
    product = make_product(penalty={"rate_ppm": 500})
    loan = a_loan(product=product)
    close_to(date(2018, 7, 19))

    receipt = pay(loan, 60_000, date(2018, 7, 20))

    # 495.00 due on 10 July and paid on the 20th, ten days at 0.05 %: 49,500 × 10 × 0.0005 = 247.5.
    parts = dict(Allocation.objects.filter(receipt=receipt).values_list("component", "amount_minor"))
    assert parts == {"penalty": 248, "interest": 1_000, "principal": 49_500}
    assert receipt.unapplied_minor == 60_000 - 248 - 1_000 - 49_500


def test_a_faulty_loan_is_set_aside_with_the_reason_and_the_rest_finishes():
    make_books()
    sound, faulty = a_loan(), a_loan()
    Loan.objects.filter(pk=faulty.pk).update(principal_outstanding_minor=100)

    runs = close_to(date(2018, 7, 9))

    Loan.objects.filter(pk=faulty.pk).update(principal_outstanding_minor=100_000)
    fault = FaultyLoan.objects.get()
    assert (fault.loan_id, fault.step) == (faulty.pk, "verify")
    assert "more principal is due" in fault.reason
    assert runs[-1].state == CloseRun.State.AMBER
    assert Instalment.objects.filter(loan=sound).exists()
    assert not Instalment.objects.filter(loan=faulty).exists()


def test_a_second_runner_is_told_that_the_books_are_being_closed(database_url):
    make_books()

    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        with pytest.raises(CloseAlreadyRunning):
            close_to(date(2018, 7, 1))


def test_days_are_closed_in_their_order():
    make_books()

    with pytest.raises(NotTheBusinessDate):
        close_day(business_date=date(2018, 7, 2), by="test", clock=lambda: AT)


def test_the_day_after_a_closed_day_is_open_and_closing_again_does_nothing():
    make_books()
    a_loan()
    close_to(date(2018, 7, 9))
    entries = JournalEntry.objects.count()

    again = close_to(date(2018, 7, 9))

    assert again == []
    assert get_business_date() == date(2018, 7, 10)
    assert JournalEntry.objects.count() == entries


def test_positions_say_where_the_book_stood_on_each_day():
    make_books()
    loan = a_loan()
    close_to(date(2018, 7, 11))
    pay(loan, 50_500, date(2018, 7, 12))
    close_to(date(2018, 7, 31))

    late = get_positions(as_of_date=date(2018, 7, 11)).row(0, named=True)
    cured = get_positions(as_of_date=date(2018, 7, 12)).row(0, named=True)
    by_day = get_buckets_by_day(from_date=date(2018, 7, 10), through_date=date(2018, 7, 31))

    assert (late["bucket"], late["days_past_due"], late["past_due_minor"]) == (1, 1, 50_500)
    assert (cured["bucket"], cured["past_due_minor"], cured["principal_outstanding_minor"]) == (0, 0, 50_500)
    on_11 = by_day.filter(pl.col("business_date") == date(2018, 7, 11), pl.col("loans") > 0)
    assert on_11.rows() == [(date(2018, 7, 11), 1, 1, 100_000)]


def test_days_caught_up_in_passes_have_a_run_each():
    make_books()
    loans = [a_loan() for _ in range(3)]

    runs = close_through(through_date=date(2018, 8, 20), by="test", clock=lambda: AT)

    assert len(runs) == CloseRun.objects.count() == (date(2018, 8, 20) - date(2018, 6, 30)).days
    assert all(run.state == CloseRun.State.FINISHED for run in CloseRun.objects.all())
    assert Instalment.objects.filter(loan__in=loans).count() == 6
