"""A customer with a line: request, offer, acknowledged, paid out, first instalment raised, paid, line available again."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.applications import operations, queries
from postloan.books.applications.models import Application
from postloan.books.ledger.queries import get_trial_balance
from postloan.books.lines.queries import get_available, get_available_as_of
from postloan.books.payments import operations as payments
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.transfers_fake import FakeTransferChannel
from tests.factories.applications import SEEN, make_applicant, new_request, see

pytestmark = pytest.mark.django_db(transaction=True)


def balance(code: str) -> int:
    return next(row.balance_minor for row in get_trial_balance() if row.code == code)


def books_tie() -> None:
    broken = [tie for tie in get_ties() if not tie.holds]
    assert not broken, broken


def test_from_request_to_money_and_back(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    at = datetime(2024, 3, 4, 2, tzinfo=UTC)
    line, account = make_applicant(limit_minor=1_000_000)
    bank = FakeTransferChannel()

    # Monday, 4 March: 6,000.00 in three instalments is asked for, and offered.
    application = operations.request_money(request=new_request(line, account), by="customer", at=at)
    assert application.state == Application.State.OFFERED
    assert application.offer.due_dates == [date(2024, 4, 4), date(2024, 5, 4), date(2024, 6, 4)]
    assert get_available(line_id=line.pk, on_date=date(2024, 3, 4)).available_minor == 1_000_000
    books_tie()

    # Terms and risks are read and acknowledged; the money leaves in the same call.
    seen = see(new_request(line, account), at=at)
    paid_out = operations.accept_offer(
        application_id=application.pk,
        figures_sha256=seen.figures_sha256,
        text_ids=[text.pk for text in seen.texts],
        channel="app",
        evidence=SEEN,
        by="customer",
        at=at,
        bank=bank,
    )
    loan = paid_out.loan
    assert (balance("loan_principal"), balance("bank")) == (600_000, -600_000)
    assert get_available(line_id=line.pk, on_date=date(2024, 3, 4)).available_minor == 400_000
    books_tie()

    # The month goes by; the evening of 3 April raises what falls due on the 4th.
    close_through(through_date=date(2024, 4, 2), by="story", clock=lambda: at)
    assert loan.raised_instalments.count() == 0
    assert balance("accrued_interest") == 6_720  # 28 of the row's 31 days through 31 March
    books_tie()
    close_through(through_date=date(2024, 4, 3), by="story", clock=lambda: at)
    first = loan.raised_instalments.get()
    assert (first.due_date, first.interest_due_minor, first.principal_due_minor) == (date(2024, 4, 4), 7_440, 197_487)
    books_tie()

    # Paid on the due date: the principal of it can be drawn again at once, the interest cannot.
    item = payments.NewReceipt("bank", "R1", loan.pk, 204_927, "CNY", date(2024, 4, 4))
    payments.post_receipt(receipt=item, by="story", at=at)
    assert get_available(line_id=line.pk, on_date=date(2024, 4, 4)).available_minor == 597_487
    assert (balance("bank"), balance("interest_receivable")) == (-395_073, 0)
    books_tie()

    # The 5th: a second draw of just what is left, in one call; a fen more is refused.
    close_through(through_date=date(2024, 4, 4), by="story", clock=lambda: at)
    later = datetime(2024, 4, 5, 2, tzinfo=UTC)
    request = new_request(line, account, client_reference="tap-2", amount_minor=590_000)
    confirmed = see(request, at=later)
    second = operations.draw_now(
        request=request,
        figures_sha256=confirmed.figures_sha256,
        text_ids=[text.pk for text in confirmed.texts],
        evidence=SEEN,
        by="customer",
        at=later,
        bank=bank,
    )
    assert second.state == Application.State.PAID_OUT
    assert get_available(line_id=line.pk, on_date=date(2024, 4, 5)).available_minor == 7_487
    assert get_available_as_of(line_id=line.pk, as_of=date(2024, 4, 3)).available_minor == 400_000
    third = operations.request_money(
        request=new_request(line, account, client_reference="tap-3", amount_minor=50_000), by="customer", at=later
    )
    assert third.state == Application.State.REFUSED
    assert [event.kind for event in queries.get_timeline(application_id=third.pk)] == [
        "submitted",
        "checked",
        "refused",
    ]
    books_tie()
