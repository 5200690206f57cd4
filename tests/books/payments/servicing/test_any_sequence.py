"""What holds in the books after any sequence of openings, money, events and nights."""

from datetime import date, timedelta
from itertools import count

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from postloan.books.lines import queries as lines
from postloan.books.loans.models import Instalment, Loan
from postloan.books.payments import operations
from postloan.books.payments.models import Allocation, Receipt
from postloan.books.payments.operations import NewReceipt, NewWaiver
from postloan.kernel.engine import EventRefused
from tests.factories.lines import AT, TODAY, draw, make_line, make_product
from tests.factories.servicing import assert_books_are_replay, business_date_of, close_to

pytestmark = pytest.mark.django_db(transaction=True)
BY = {"by": "test", "at": AT}
REFUSALS = (EventRefused, operations.MoreThanIsOpen, operations.ReceiptWasRefunded, operations.ValueDateBeforeOpening)
LIMIT = 2_000_000
PENALTY = {"rate_ppm": 500, "grace_days": 3}
_references = count(1)

amounts = st.sampled_from([1, 999, 20_000, 205_000, 450_000, 700_000])


class Books(RuleBasedStateMachine):
    """One loan under a line, and everything that can happen to it; refusals are named and change nothing."""

    restore = staticmethod(lambda: None)

    @initialize()
    def open(self):
        self.restore()
        self.line = make_line(limit_minor=LIMIT)
        product = make_product(code=f"any-{next(_references)}", penalty=PENALTY)
        self.loan = draw(self.line, 600_000, reference=f"D{next(_references)}", product=product)
        self.first_day = business_date_of(self.loan)

    def today(self) -> date:
        return business_date_of(self.loan)

    def money(self, amount, back) -> NewReceipt:
        value_date = max(self.today() - timedelta(days=back), TODAY)
        return NewReceipt("bank", f"R{next(_references)}", self.loan.pk, amount, "CNY", value_date)

    def attempt(self, operation, **facts):
        try:
            operation(**facts, **BY)
        except REFUSALS:
            return

    @rule(amount=amounts, back=st.sampled_from([0, 0, 1, 5, 30]))
    def money_comes(self, amount, back):
        item = self.money(amount, back)
        first = operations.post_receipt(receipt=item, **BY)
        assert operations.post_receipt(receipt=item, **BY).pk == first.pk

    @rule(choice=st.integers(0, 20))
    def money_goes_again(self, choice):
        receipts = list(Receipt.objects.filter(loan=self.loan, reversed_minor=0).order_by("pk"))
        if receipts:
            receipt = receipts[choice % len(receipts)]
            self.attempt(operations.reverse_receipt, receipt_id=receipt.pk, why="bounced")

    @rule(amount=st.sampled_from([1, 150]), component=st.sampled_from(["penalty", "interest"]))
    def something_is_waived(self, amount, component):
        waiver = NewWaiver(self.loan.pk, f"W{next(_references)}", component, amount)
        self.attempt(operations.waive, waiver=waiver)

    @rule(amount=st.sampled_from([1, 50_000]))
    def held_money_goes_back(self, amount):
        facts = {"loan_id": self.loan.pk, "key": f"F{next(_references)}", "amount_minor": amount}
        self.attempt(operations.refund_unapplied, **facts)

    @rule(amount=amounts, mode=st.sampled_from([None, "smaller_instalments", "next_row"]))
    def a_part_is_paid_early(self, amount, mode):
        self.attempt(operations.prepay, receipt=self.money(amount, 0), mode=mode)

    @rule(amount=st.sampled_from([450_000, 650_000]))
    def the_loan_is_settled(self, amount):
        self.attempt(operations.settle_early, receipt=self.money(amount, 0))

    @precondition(lambda self: (self.today() - TODAY).days > 20)
    @rule()
    def the_loan_is_charged_off(self):
        self.attempt(operations.charge_off, loan_id=self.loan.pk, reason="gone")

    @rule(days=st.sampled_from([1, 1, 4, 16]))
    def nights_pass(self, days):
        close_to(self.today() + timedelta(days=days - 1))

    @invariant()
    def rows_are_replay_and_everything_ties(self):
        if not hasattr(self, "loan"):
            return
        assert_books_are_replay(self.loan)
        for receipt in Receipt.objects.filter(loan=self.loan):
            parts = Allocation.objects.filter(receipt=receipt).aggregate(total=Sum("amount_minor"))["total"] or 0
            assert parts == receipt.allocated_minor
            accounted = receipt.allocated_minor + receipt.unapplied_minor
            assert receipt.amount_minor == accounted + receipt.refunded_minor + receipt.reversed_minor
        paid = Instalment.objects.filter(loan=self.loan).aggregate(total=Sum("principal_paid_minor"))["total"] or 0
        early = Allocation.objects.filter(loan=self.loan, component="principal").aggregate(total=Sum("amount_minor"))
        assert (early["total"] or 0) >= paid
        used = 600_000 if self.loan.status == Loan.Status.CHARGED_OFF else 600_000 - (early["total"] or 0)
        available = lines.get_available(line_id=self.line.pk, on_date=self.today()).available_minor
        assert available == LIMIT - used


def test_any_sequence_leaves_books_that_tie_and_are_their_replay(tmp_path, settings, monkeypatch, restore):
    settings.POSITIONS_DIR = tmp_path / "positions"
    monkeypatch.setattr(Books, "restore", staticmethod(restore))

    run_state_machine_as_test(Books, settings=_FEW)


_FEW = settings(max_examples=5, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_order_of_arrival_on_one_day_does_not_change_totals(tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"
    found = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        line = make_line(limit_minor=LIMIT)
        product = make_product(code=f"order-{next(_references)}", penalty=PENALTY)
        found.append((draw(line, 600_000, reference=f"D{next(_references)}", product=product), order))
    close_to(date(2024, 4, 14))

    for loan, order in found:
        acts = (
            lambda loan=loan: _pay(loan, 7),
            lambda loan=loan: _pay(loan, 100_000),
            lambda loan=loan: _pay(loan, 55_000),
        )
        for place in order:
            acts[place]()

    figures = [
        list(Instalment.objects.filter(loan=loan).order_by("instalment_no").values_list(
            "principal_paid_minor", "interest_paid_minor", "penalty_paid_minor", "penalty_waived_minor"))
        for loan, _ in found
    ]  # fmt: skip
    assert figures[0] == figures[1] == figures[2]
    assert_books_are_replay(*(loan for loan, _ in found))


def _pay(loan, amount):
    item = NewReceipt("bank", f"R{next(_references)}", loan.pk, amount, "CNY", business_date_of(loan))
    operations.post_receipt(receipt=item, **BY)
