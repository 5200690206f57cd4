"""Waivers, refunds, prepayments, settlements, charge-offs and recoveries: once, named refusals, rows equal the replay."""

from datetime import UTC, date, datetime

import pytest

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans.models import Instalment, Loan, LoanEvent, ScheduleVersion
from postloan.books.payments import operations
from postloan.books.payments.operations import NewReceipt, NewWaiver
from postloan.kernel.engine import EventRefused
from tests.factories.servicing import AT, assert_books_are_replay, close_to, make_loan, pay

pytestmark = pytest.mark.django_db(transaction=True)
BY = {"by": "test", "at": AT}


@pytest.fixture
def loan(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    made = make_loan()
    close_to(date(2024, 1, 31))
    yield made
    assert_books_are_replay(*Loan.objects.all())


def money(loan, amount_minor, value_date, reference="M1", **facts) -> NewReceipt:
    known = {"bank_account": "bank", "bank_reference": reference, "currency": "CNY"} | facts
    return NewReceipt(loan_id=loan.pk, amount_minor=amount_minor, value_date=value_date, **known)


def waiver(loan, amount_minor, key="W1", component="penalty", **facts) -> NewWaiver:
    return NewWaiver(loan_id=loan.pk, key=key, component=component, amount_minor=amount_minor, **facts)


def postings_of(kind: str) -> list[tuple[str, str, int]]:
    rows = Posting.objects.filter(entry__kind=kind).order_by("pk")
    return [(AccountNo(row.debit_id).name, AccountNo(row.credit_id).name, row.amount_minor) for row in rows]


# --- money of an earlier day --------------------------------------------------------------------------------


def test_money_of_an_earlier_day_takes_the_lateness_since_back_today(loan):
    close_to(date(2024, 2, 5))
    charged = Instalment.objects.get(loan=loan).penalty_due_minor
    assert charged > 0

    receipt = pay(loan, 106_619, date(2024, 2, 1))

    row = Instalment.objects.get(loan=loan)
    assert (row.penalty_due_minor, receipt.allocated_minor, receipt.unapplied_minor) == (0, 106_619, 0)
    entry = JournalEntry.objects.get(source=f"receipt:{receipt.pk}")
    assert entry.business_date == date(2024, 2, 6)
    assert ("PENALTY_INCOME", "PENALTY_RECEIVABLE", charged) in postings_of("receipt")
    loan.refresh_from_db()
    assert (loan.past_due_since_date, loan.bucket) == (None, 0)


def test_money_from_before_the_loan_is_refused(loan):
    with pytest.raises(operations.ValueDateBeforeOpening):
        pay(loan, 100, date(2023, 12, 31))


def test_money_of_an_earlier_day_twice_is_one_receipt(loan):
    close_to(date(2024, 2, 25))
    item = money(loan, 106_619, date(2024, 2, 1))

    first, again = operations.post_receipts(receipts=[item, item], **BY)

    assert first.pk == again.pk
    assert operations.post_receipt(receipt=item, **BY).pk == first.pk


# --- waivers ------------------------------------------------------------------------------------------------


def test_a_waived_penalty_is_not_owed_and_not_charged_again(loan):
    close_to(date(2024, 2, 10))
    owed = Instalment.objects.get(loan=loan).penalty_due_minor
    waiver_of_it = waiver(loan, owed)

    event, again = (operations.waive(waiver=waiver_of_it, **BY) for _ in range(2))

    assert event.pk == again.pk
    row = Instalment.objects.get(loan=loan)
    assert (row.penalty_waived_minor, row.open_minor("penalty")) == (owed, row.penalty_due_minor - owed)
    assert ("WAIVER_EXPENSE", "PENALTY_RECEIVABLE", owed) in postings_of("waiver")
    pay(loan, 106_619, date(2024, 2, 11))


def test_a_waiver_after_the_receipt_is_reversed_waives_once(loan):
    close_to(date(2024, 2, 10))
    owed = Instalment.objects.get(loan=loan).penalty_due_minor
    operations.waive(waiver=waiver(loan, owed), **BY)
    receipt = pay(loan, 106_619, date(2024, 2, 11))
    close_to(date(2024, 2, 12))

    operations.reverse_receipt(receipt_id=receipt.pk, value_date=date(2024, 2, 13), why="error", **BY)

    assert Instalment.objects.get(loan=loan).penalty_waived_minor == owed


@pytest.mark.parametrize(
    ("wrong", "limits", "refusal"),
    [
        ({"component": "principal"}, None, operations.NotWaivable),
        ({"amount_minor": 10**6}, None, operations.MoreThanIsOpen),
        ({}, {"penalty": 5}, operations.AboveWaiverLimit),
        ({}, {"interest": 10**6}, operations.AboveWaiverLimit),
        ({"loan_id": 10**9}, None, operations.UnknownLoan),
        ({"amount_minor": 0}, None, EventRefused),
        ({"value_date": date(2024, 2, 12)}, None, EventRefused),
        ({"value_date": date(2023, 12, 31)}, None, EventRefused),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_and_changes_nothing(loan, wrong, limits, refusal):
    close_to(date(2024, 2, 10))
    facts = {"loan_id": loan.pk, "key": "W1", "component": "penalty", "amount_minor": 10} | wrong

    with pytest.raises(refusal):
        operations.waive(waiver=NewWaiver(**facts), limits_minor=limits, **BY)

    assert not LoanEvent.objects.exists()


def test_a_key_used_for_another_waiver_is_refused(loan):
    close_to(date(2024, 2, 10))
    operations.waive(waiver=waiver(loan, 10), **BY)

    with pytest.raises(operations.EventKeyReused):
        operations.waive(waiver=waiver(loan, 11), **BY)


# --- refunds ------------------------------------------------------------------------------------------------


def test_money_held_goes_back_and_then_its_receipt_cannot_be_taken_back(loan):
    receipt = pay(loan, 150_000, date(2024, 2, 1))
    refund = {"loan_id": loan.pk, "key": "F1", "amount_minor": receipt.unapplied_minor}

    operations.refund_unapplied(**refund, **BY)
    operations.refund_unapplied(**refund, **BY)

    receipt.refresh_from_db()
    assert (receipt.allocated_minor, receipt.unapplied_minor, receipt.refunded_minor) == (106_619, 0, 43_381)
    assert postings_of("refund") == [("UNAPPLIED_RECEIPTS", "BANK", 43_381)]
    with pytest.raises(operations.ReceiptWasRefunded):
        operations.reverse_receipt(receipt_id=receipt.pk, value_date=date(2024, 2, 1), why="error", **BY)


def test_more_than_is_held_is_not_refunded(loan):
    with pytest.raises(EventRefused) as refused:
        operations.refund_unapplied(loan_id=loan.pk, key="F1", amount_minor=1, **BY)

    assert refused.value.name == "MoreThanCredit"


# --- paying early -------------------------------------------------------------------------------------------


def test_half_the_loan_paid_early_shortens_the_term(loan):
    close_to(date(2024, 1, 31))
    pay(loan, 106_619, date(2024, 2, 1))
    close_to(date(2024, 2, 15))

    receipt = operations.prepay(receipt=money(loan, 600_000, date(2024, 2, 16)), **BY)
    again = operations.prepay(receipt=money(loan, 600_000, date(2024, 2, 16)), **BY)

    assert again.pk == receipt.pk
    assert receipt.unapplied_minor == 0
    plan = ScheduleVersion.objects.filter(loan=loan).order_by("-version_no")[0]
    assert (plan.version_no, plan.reason, plan.from_instalment_no, len(plan.due_dates)) == (2, "prepayment", 2, 5)
    side = Instalment.objects.get(loan=loan, instalment_no=1001)
    assert (side.kind, side.due_date, side.interest_due_minor) == (
        "prepayment",
        date(2024, 2, 16),
        5_717,
    )  # 1 % x 15/29 of a month
    loan.refresh_from_db()
    assert loan.needs_replay


def test_the_other_modes_keep_the_term_or_pay_rows_ahead(loan):
    operations.prepay(receipt=money(loan, 300_000, date(2024, 2, 1)), mode="smaller_instalments", **BY)

    plan = ScheduleVersion.objects.filter(loan=loan).order_by("-version_no")[0]
    assert len(plan.due_dates) == 11
    operations.prepay(receipt=money(loan, 50_000, date(2024, 2, 1), "M2"), mode="next_row", **BY)


def test_the_amount_of_an_offer_settles_the_loan_until_its_moment(loan):
    pay(loan, 106_619, date(2024, 2, 1))
    close_to(date(2024, 2, 10))
    until = datetime(2024, 2, 13, 16, tzinfo=UTC)
    offer = operations.offer_settlement(loan_id=loan.pk, value_date=date(2024, 2, 11), valid_until=until, **BY)
    assert (offer.principal_minor, offer.interest_minor) == (1_105_381, 3_812)  # 1 % x 10/29 of a month
    close_to(date(2024, 2, 12))

    receipt = pay(loan, offer.to_pay_minor, date(2024, 2, 13))

    loan.refresh_from_db()
    assert (loan.status, loan.principal_outstanding_minor, receipt.unapplied_minor) == ("closed", 0, 0)
    assert LoanEvent.objects.get().value_date == date(2024, 2, 11)
    operations.reverse_receipt(receipt_id=receipt.pk, value_date=date(2024, 2, 13), why="bounced", **BY)
    loan.refresh_from_db()
    assert (loan.status, loan.next_due_date) == ("active", date(2024, 3, 1))


def test_after_its_moment_the_offer_does_not_hold(loan):
    until = datetime(2024, 2, 1, 16, tzinfo=UTC)
    offer = operations.offer_settlement(loan_id=loan.pk, value_date=date(2024, 2, 1), valid_until=until, **BY)
    close_to(date(2024, 2, 15))
    late = {"by": "test", "at": datetime(2024, 2, 16, tzinfo=UTC)}

    with pytest.raises(EventRefused) as refused:
        operations.settle_early(receipt=money(loan, offer.to_pay_minor, date(2024, 2, 16)), **late)

    assert refused.value.name == "LessThanSettlement"


def test_a_loan_is_settled_by_the_amount_of_the_day_and_what_is_more_is_held(loan):
    receipt = operations.settle_early(receipt=money(loan, 1_300_000, date(2024, 2, 1)), **BY)

    loan.refresh_from_db()
    assert (loan.status, loan.next_instalment_no, loan.accrued_interest_minor) == ("closed", None, 0)
    assert receipt.unapplied_minor == 1_300_000 - 1_212_000
    with pytest.raises(EventRefused) as refused:
        operations.charge_off(loan_id=loan.pk, reason="gone", **BY)
    assert refused.value.name == "LoanClosed"


# --- charge-off ---------------------------------------------------------------------------------------------


def test_a_charged_off_loan_is_a_loss_still_owed_and_money_for_it_a_recovery(loan):
    close_to(date(2024, 2, 29))
    with pytest.raises(operations.LoanNotChargedOff):
        operations.record_recovery(receipt=money(loan, 100, date(2024, 3, 1)), **BY)

    event, again = (operations.charge_off(loan_id=loan.pk, reason="gone", **BY) for _ in range(2))

    assert event.pk == again.pk
    loan.refresh_from_db()
    assert (loan.status, loan.principal_outstanding_minor, loan.principal_off_book_minor) == (
        "charged_off",
        1_200_000,
        1_200_000,
    )
    close_to(date(2024, 3, 1))
    recovery = operations.record_recovery(receipt=money(loan, 50_000, date(2024, 3, 2)), **BY)
    assert postings_of("recovery") == [("BANK", "RECOVERY_INCOME", 50_000)]
    operations.reverse_receipt(receipt_id=recovery.pk, value_date=date(2024, 3, 2), why="bounced", **BY)


def test_a_charge_off_needs_a_reason(loan):
    with pytest.raises(operations.ReasonMissing):
        operations.charge_off(loan_id=loan.pk, reason=" ", **BY)
