"""
A loan misses its due date, is reminded, pays late, cures, and is billed again.

The walk of docs/rules/ledger.md, day by day: what the borrower is told, what
the loan's page would say, and what the ledger holds.
"""

from datetime import UTC, date, datetime

import pytest

from postloan.books.ledger.models import Posting
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.care.reminders import operations as reminders
from postloan.close.run import close_through
from postloan.outside.mail.fake import FakeMailChannel
from tests.factories.books import AT, make_books, make_loan, make_product

LATE_FEE = {"grace_days": 15, "minimum_minor": 1_500, "share_ppm": 50_000}


class Walk:
    """The calendar of one loan."""

    def __init__(self, loan, mailbox: FakeMailChannel) -> None:
        self.loan, self.mailbox = loan, mailbox

    def close_to(self, month: int, day: int) -> None:
        close_through(through_date=date(2018, month, day), by="story", clock=lambda: AT)
        assert all(tie.holds for tie in get_ties())
        self.loan.refresh_from_db()

    def morning(self, month: int, day: int) -> list[str]:
        """Send what was planned for this morning and return the new subjects."""
        before, at = len(self.mailbox.sent), datetime(2018, month, day, 20, tzinfo=UTC)
        reminders.queue_reminders(contact_date=at.date(), at=at)
        reminders.deliver_reminders(at=at, by="story")
        return [mail.subject for mail in self.mailbox.sent[before:]]

    def pay(self, month: int, day: int, amount_minor: int) -> None:
        value_date = date(2018, month, day)
        item = payments.NewReceipt("bank", f"R{value_date}", self.loan.pk, amount_minor, "USD", value_date)
        payments.post_receipt(receipt=item, by="story", at=AT)
        self.loan.refresh_from_db()

    def postings(self) -> list[tuple[str, str, int]]:
        rows = Posting.objects.filter(loan_id=self.loan.pk).select_related("debit", "credit").order_by("pk")
        return [(row.debit.code, row.credit.code, row.amount_minor) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_open_miss_remind_pay_late_cure(tmp_path, settings, monkeypatch):
    settings.POSITIONS_DIR = tmp_path / "positions"
    mailbox = FakeMailChannel()
    monkeypatch.setattr("postloan.care.outreach.channels.mail_channel", lambda: mailbox)
    make_books()
    loan = make_loan(
        product=make_product(late_fee=LATE_FEE),
        due_dates=[date(2018, 7, 10), date(2018, 8, 10)],
        principal_minor=[49_500, 50_500],
        interest_minor=[1_000, 505],
        row_from_date=date(2018, 6, 10),
    )
    walk = Walk(loan, mailbox)

    walk.close_to(7, 2)  # seven days before the due date, tomorrow
    assert walk.morning(7, 3) == ["USD 505.00 is due on 10 July 2018"]

    walk.close_to(7, 6)
    assert walk.morning(7, 7) == ["USD 505.00 is due on 10 July 2018"]

    walk.close_to(7, 9)  # raised the evening before
    assert walk.morning(7, 10) == ["USD 505.00 is due today, 10 July 2018"]

    walk.close_to(7, 10)  # not paid; the due date itself is day 0
    assert loan.bucket == 0

    walk.close_to(7, 11)
    assert (loan.bucket, loan.past_due_since_date) == (1, date(2018, 7, 10))

    walk.close_to(7, 25)  # day 15: still in grace
    assert ("penalty_receivable", "penalty_income", 2_525) not in walk.postings()

    walk.close_to(7, 26)  # day 16: the late fee
    assert walk.postings()[-1] == ("penalty_receivable", "penalty_income", 2_525)

    walk.pay(7, 27, 53_025)
    assert loan.past_due_since_date is None
    walk.close_to(7, 27)
    assert (loan.bucket, loan.principal_outstanding_minor) == (0, 50_500)  # cured by paying

    walk.close_to(7, 31)
    assert loan.accrued_interest_minor == 358

    walk.close_to(8, 2)
    assert walk.morning(8, 3) == ["USD 510.05 is due on 10 August 2018"]

    walk.close_to(8, 9)
    assert walk.postings() == [
        ("loan_principal", "takeover", 100_000),
        ("interest_receivable", "interest_income", 1_000),
        ("penalty_receivable", "penalty_income", 2_525),
        ("bank", "penalty_receivable", 2_525),
        ("bank", "interest_receivable", 1_000),
        ("bank", "loan_principal", 49_500),
        ("accrued_interest", "interest_income", 358),
        ("interest_receivable", "accrued_interest", 358),
        ("interest_receivable", "interest_income", 147),
    ]
