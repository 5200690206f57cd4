"""Money leaves once, the loan is opened once, and whatever the bank does or forgets, nothing is lost."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from postloan.books.applications import operations, queries
from postloan.books.applications.models import Application, Transfer
from postloan.books.applications.operations import _pay_out as paying
from postloan.books.ledger.models import JournalEntry
from postloan.books.lines import operations as lines
from postloan.books.lines import queries as line_queries
from postloan.books.lines.models import Drawdown
from postloan.books.loans.models import Loan, ScheduleVersion
from postloan.books.payments.ties import get_ties
from postloan.close.run import close_through
from postloan.outside.bank.simulator.reports import Movement, notification
from postloan.outside.bank.transfers_fake import FakeTransferChannel
from postloan.outside.bank.vendors.transfer_directory import DirectoryTransferChannel
from tests.factories.applications import SEEN, draw_now, make_account, make_applicant, new_request, see
from tests.factories.lines import AT, TODAY

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "6200000000001"


@pytest.fixture(autouse=True)
def _books_tie(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    yield
    broken = [tie for tie in get_ties() if not tie.holds]
    assert not broken, broken


def kinds(application: Application) -> list[str]:
    return [event.kind for event in queries.get_timeline(application_id=application.pk)]


def left(line) -> int:
    return line_queries.get_available(line_id=line.pk, on_date=TODAY).available_minor


def settle(bank: FakeTransferChannel, at=AT) -> operations.Settled:
    return operations.settle_transfers(by="clock", at=at, channel=bank)


def test_from_request_to_money_is_one_call():
    line, account = make_applicant(limit_minor=2_000_000)
    bank = FakeTransferChannel()

    application = draw_now(new_request(line, account), bank=bank)

    loan = application.loan
    assert application.state == Application.State.PAID_OUT
    [sent] = bank.taken.values()
    assert (sent.amount_minor, sent.beneficiary.number, sent.beneficiary.name) == (600_000, NUMBER, "Testa Person")
    assert (loan.principal_minor, loan.disbursed_date, loan.rate_ppm) == (600_000, TODAY, 400)
    assert left(line) == 1_400_000
    assert kinds(application) == [
        "submitted",
        "checked",
        "approved",
        "offered",
        "acknowledged",
        "payout_planned",
        "payout_settled",
        "paid_out",
    ]


def test_the_loan_owes_what_was_acknowledged_to_the_minor_unit():
    line, account = make_applicant()

    application = draw_now(new_request(line, account))

    plan, offer = ScheduleVersion.objects.get(loan=application.loan), application.offer
    assert (plan.due_dates, plan.principal_minor, plan.interest_minor) == (
        offer.due_dates,
        offer.row_principal_minor,
        offer.row_interest_minor,
    )


def test_a_tap_that_arrives_twice_is_one_loan():
    line, account = make_applicant()
    bank = FakeTransferChannel()
    seen = see(new_request(line, account))
    first = draw_now(new_request(line, account), bank=bank)

    again = operations.draw_now(
        request=new_request(line, account),
        figures_sha256=seen.figures_sha256,
        text_ids=[text.pk for text in seen.texts],
        evidence=SEEN,
        bank=bank,
        by="customer",
        at=AT,
    )

    assert again.pk == first.pk
    assert operations.pay_out(application_id=first.pk, by="customer", at=AT, channel=bank).loan_id == first.loan_id
    assert (Loan.objects.count(), len(bank.taken)) == (1, 1)


def test_a_tap_repeated_after_the_line_has_room_again_goes_on_from_the_acknowledgement():
    line, account = make_applicant(limit_minor=700_000)
    application = operations.request_money(request=new_request(line, account), by="customer", at=AT)
    held = lines.reserve_draw(
        line_id=line.pk, amount_minor=200_000, on_date=TODAY, reference="faster", by="test", at=AT
    )
    with pytest.raises(lines.LimitExceeded):
        draw_now(new_request(line, account))
    lines.release_draw(draw_id=held.pk, on_date=TODAY, by="test", at=AT)

    again = draw_now(new_request(line, account))

    assert (again.pk, again.state) == (application.pk, Application.State.PAID_OUT)


def test_a_purchase_pays_the_merchant():
    line, _ = make_applicant(product_code=None)
    shop = make_account(merchant="SHOP-1", number="9900112233")
    bank = FakeTransferChannel()
    request = new_request(line, shop, product_code="cn_monthly_bill", amount_minor=12_345, instalments=1)

    application = draw_now(request, bank=bank)

    # Bought on 4 March, billed on 1 April, due on the 10th, free.
    assert application.offer.due_dates == [date(2024, 4, 10)]
    assert application.offer.cost_minor == 0
    assert [sent.beneficiary.number for sent in bank.taken.values()] == ["9900112233"]


@pytest.mark.parametrize("script", ["lose", "drop"])
def test_an_answer_that_is_lost_is_asked_for_and_money_leaves_once(script):
    line, account = make_applicant()
    bank = FakeTransferChannel(answers={NUMBER: script})

    waiting = draw_now(new_request(line, account), bank=bank)
    assert (waiting.state, left(line)) == (Application.State.PAYING, 1_400_000)

    assert settle(bank).paid_out == 1
    assert settle(bank) == operations.Settled(paid_out=0, failed=0, waiting=0, stuck=())
    assert (Loan.objects.count(), len(bank.taken), left(line)) == (1, 1, 1_400_000)


def test_a_payout_by_file_is_booked_when_the_bank_tells_of_the_movement(tmp_path):
    line, account = make_applicant()
    bank = DirectoryTransferChannel(
        directory=tmp_path / "bank", account_name="Lender", account_number="DE02120300000000202051", bank_code=""
    )
    application = draw_now(new_request(line, account), bank=bank)
    waiting = settle(bank)
    movement = Movement(f"PL-PAY-{application.pk}", 600_000, is_credit=False, bank_reference="B-77")
    told = notification(message_id="N1", day=TODAY, account="1", is_iban=False, currency="CNY", movements=[movement])
    (tmp_path / "bank" / "from_bank").mkdir()
    (tmp_path / "bank" / "from_bank" / "n1.xml").write_bytes(told)

    settled = settle(bank)

    application.refresh_from_db()
    assert (waiting.waiting, settled.paid_out) == (1, 1)
    assert (application.state, Transfer.objects.get().bank_reference) == (Application.State.PAID_OUT, "B-77")


def test_a_transfer_the_bank_rejects_gives_the_line_back():
    line, account = make_applicant()
    bank = FakeTransferChannel(answers={NUMBER: "AC04"})

    application = draw_now(new_request(line, account), bank=bank)

    assert application.state == Application.State.PAYOUT_FAILED
    assert Transfer.objects.get().reason_code == "AC04"
    assert Drawdown.objects.get().state == Drawdown.State.RELEASED
    assert (Loan.objects.count(), JournalEntry.objects.count(), left(line)) == (0, 0, 2_000_000)
    assert kinds(application)[-1] == "payout_rejected"


def test_money_that_leaves_a_day_later_keeps_the_due_dates_and_costs_a_day_less():
    line, account = make_applicant()
    bank = FakeTransferChannel(answers={NUMBER: "accept"})
    application = draw_now(new_request(line, account), bank=bank)
    bank.settle(end_to_end_id=f"PL-PAY-{application.pk}", value_date=TODAY + timedelta(days=1))

    # The books stand at the 4th: what left on the 5th is kept, and booked when they have reached it.
    assert settle(bank).waiting == 1
    assert Transfer.objects.get().state == Transfer.State.SETTLED
    close_through(through_date=TODAY, by="test", clock=lambda: AT)
    assert settle(bank).paid_out == 1

    loan = Loan.objects.get()
    plan = ScheduleVersion.objects.get(loan=loan)
    assert loan.disbursed_date == TODAY + timedelta(days=1)
    assert plan.due_dates == application.offer.due_dates
    assert plan.interest_minor[0] == application.offer.row_interest_minor[0] - 240


def test_a_draw_that_another_was_faster_with_is_refused_before_money_leaves():
    line, account = make_applicant(limit_minor=700_000)
    bank = FakeTransferChannel()
    seen = see(new_request(line, account))
    application = operations.request_money(request=new_request(line, account), by="customer", at=AT)
    lines.reserve_draw(line_id=line.pk, amount_minor=200_000, on_date=TODAY, reference="faster", by="test", at=AT)

    with pytest.raises(lines.LimitExceeded):
        operations.accept_offer(
            application_id=application.pk,
            figures_sha256=seen.figures_sha256,
            text_ids=[text.pk for text in seen.texts],
            channel="app",
            evidence=SEEN,
            by="customer",
            at=AT,
            bank=bank,
        )

    application.refresh_from_db()
    assert (application.state, len(bank.taken)) == (Application.State.ACKNOWLEDGED, 0)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [("freeze_line", lines.LineFrozen), ("close_line", lines.LineClosed)],
)
def test_a_line_frozen_after_the_offer_pays_nothing_out(change, refusal):
    line, account = make_applicant()
    application = operations.request_money(request=new_request(line, account), by="customer", at=AT)
    seen = see(new_request(line, account))
    operations.acknowledge_offer(
        application_id=application.pk,
        figures_sha256=seen.figures_sha256,
        text_ids=[text.pk for text in seen.texts],
        channel="app",
        evidence=SEEN,
        by="customer",
        at=AT,
    )
    getattr(lines, change)(line_id=line.pk, from_date=TODAY, reason="fraud", by="risk", at=AT)

    with pytest.raises(refusal):
        operations.pay_out(application_id=application.pk, by="customer", at=AT, channel=FakeTransferChannel())


def test_nothing_leaves_on_a_day_the_books_are_not_open_for():
    line, account = make_applicant()
    tomorrow = AT + timedelta(days=1)

    with pytest.raises(operations.BooksBehind):
        draw_now(new_request(line, account), at=tomorrow)

    assert Transfer.objects.count() == 0


def test_money_on_its_way_cannot_be_cancelled():
    line, account = make_applicant()
    bank = FakeTransferChannel(answers={NUMBER: "accept"})
    application = draw_now(new_request(line, account), bank=bank)

    with pytest.raises(operations.TooLateToCancel):
        operations.cancel_application(application_id=application.pk, reason="changed", by="customer", at=AT)


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("step", ["_claim", "_answer", "_keep_answer", "_book"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_anywhere_it_goes_on_where_it_stopped(monkeypatch, step, when):
    line, account = make_applicant()
    bank = FakeTransferChannel()
    real = getattr(paying, step)

    def dying(**given):
        if when == "after":
            real(**given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(paying, step, dying)
        with pytest.raises(Killed):
            draw_now(new_request(line, account), bank=bank)

    assert settle(bank).stuck == ()
    application = Application.objects.get()
    assert application.state == Application.State.PAID_OUT
    assert (Loan.objects.count(), len(bank.taken), left(line)) == (1, 1, 1_400_000)
    assert kinds(application).count("paid_out") == 1


def test_one_application_paid_out_by_eight_hands_is_one_loan():
    line, account = make_applicant()
    bank = FakeTransferChannel(answers={NUMBER: "accept"})
    application = draw_now(new_request(line, account), bank=bank)
    bank.settle(end_to_end_id=f"PL-PAY-{application.pk}", value_date=TODAY)
    barrier, found = Barrier(8), []

    def hand() -> None:
        barrier.wait()
        try:
            found.append(operations.pay_out(application_id=application.pk, by="x", at=AT, channel=bank).loan_id)
        finally:
            connections.close_all()

    hands = [Thread(target=hand) for _ in range(8)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()

    assert len(found) == 8
    assert set(found) == {Loan.objects.get().pk}
    assert left(line) == 1_400_000


def test_sixteen_requests_for_the_last_of_a_line_leave_one_loan():
    line, account = make_applicant(limit_minor=1_000_000)
    bank = FakeTransferChannel()
    seen = see(new_request(line, account))
    barrier, found = Barrier(16), []

    def hand(no: int) -> None:
        barrier.wait()
        try:
            request = new_request(line, account, client_reference=f"tap-{no}")
            found.append(
                operations.draw_now(
                    request=request,
                    figures_sha256=seen.figures_sha256,
                    text_ids=[text.pk for text in seen.texts],
                    evidence=SEEN,
                    bank=bank,
                    by="customer",
                    at=AT,
                ).state
            )
        except lines.LimitExceeded:
            found.append("LimitExceeded")
        finally:
            connections.close_all()

    hands = [Thread(target=hand, args=[no]) for no in range(16)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()

    assert found.count("paid_out") == 1
    assert set(found) <= {"paid_out", "refused", "LimitExceeded"}
    assert len(found) == 16
    assert (Loan.objects.count(), len(bank.taken), left(line)) == (1, 1, 400_000)
