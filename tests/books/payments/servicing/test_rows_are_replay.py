"""Random loans of every kind walk through days; after every night their rows are what a replay says, to the fen."""

import random
from datetime import timedelta

import pytest

from postloan.books.payments import operations
from postloan.books.payments.operations import NewReceipt, NewWaiver
from postloan.kernel.engine import EventRefused
from tests.factories.servicing import AT, START, assert_books_are_replay, close_to, make_loan, make_product, pay

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = {
    "equal instalments by 30/360": {},
    "equal instalments at a rate a day": {"rate_per": "day", "schedule": {}},
    "equal principal by days": {"schedule": {"method": "equal_principal", "day_count": "act_365"}},
    "interest only": {"schedule": {"method": "interest_only", "day_count": "act_365"}},
    "bullet": {"schedule": {"method": "bullet", "day_count": "act_360"}},
    "a late fee": {"penalty": None, "late_fee": {"grace_days": 10, "minimum_minor": 1_500, "share_ppm": 50_000}},
    "component by component": {"allocation": {"style": "component_wise"}},
    "penalty on all that is overdue": {"penalty": {"rate_ppm": 500, "basis": "overdue_total", "grace_days": 2}},
    "no penalty": {"penalty": None},
}
SERVED_BY_REPLAY = {
    "money pays rows in advance": {"allocation": {"future": "next_instalment"}},
    "overdue principal bears interest": {"servicing": {"overdue_interest": "to_date"}},
    "penalty and late fee": {"late_fee": {"grace_days": 5, "minimum_minor": 2_000}},
}


def walk(name, terms, seed, *, days=64, with_events=False):
    chance = random.Random(f"{name} {seed}")
    rate = 400 if terms.get("rate_per") == "day" else chance.choice((0, 94_822, 120_000, 240_000))
    product = make_product(**terms)
    loans = [
        make_loan(
            product=product,
            principal_minor=chance.choice((1, 99_999, 333_333, 1_200_000)),
            rate_ppm=rate,
            instalments=chance.choice((1, 3, 6)),
            first_due_date=START + timedelta(days=chance.randrange(10, 32)),
        )
        for _ in range(3)
    ]
    today = START
    for _ in range(days // 4):
        for loan in loans:
            if chance.random() < 0.3:
                money_comes(chance, loan, today)
            if with_events and chance.random() < 0.2:
                something_happens(chance, loan, today)
        assert_books_are_replay(*loans)
        today += timedelta(days=4)
        close_to(today - timedelta(days=1))
        assert_books_are_replay(*loans)


def money_comes(chance, loan, today):
    loan.refresh_from_db()
    amount = max(chance.choice((1, loan.instalment_minor // 3, loan.instalment_minor, 2 * loan.instalment_minor)), 1)
    pay(loan, amount, max(today - timedelta(days=chance.choice((0, 0, 0, 1, 4, 20))), START))


def something_happens(chance, loan, today):
    """One of the operations, whether it can be or not: what cannot be is refused by name and changes nothing."""
    key, by = f"{today}:{chance.random()}", {"by": "test", "at": AT}
    money = NewReceipt("bank", key, loan.pk, chance.choice((1_000, 50_000, 700_000)), "CNY", today)
    receipts = [receipt for receipt in loan.receipts.all() if not receipt.reversed_minor]
    try:
        match chance.choice(("waive", "refund", "prepay", "settle", "reverse", "reverse", "charge_off")):
            case "waive":
                component = chance.choice(("penalty", "fee", "interest"))
                operations.waive(waiver=NewWaiver(loan.pk, key, component, chance.choice((1, 100))), **by)
            case "refund":
                operations.refund_unapplied(loan_id=loan.pk, key=key, amount_minor=100, **by)
            case "prepay":
                mode = chance.choice((None, "smaller_instalments", "next_row", "hold"))
                operations.prepay(receipt=money, mode=mode, **by)
            case "settle":
                operations.settle_early(receipt=money, **by)
            case "reverse" if receipts:
                receipt = chance.choice(receipts)
                operations.reverse_receipt(receipt_id=receipt.pk, value_date=today, why="debit_return", **by)
            case "charge_off" if chance.random() < 0.3:
                operations.charge_off(loan_id=loan.pk, reason="gone", **by)
    except (EventRefused, operations.MoreThanIsOpen, operations.ReceiptWasRefunded):
        pass


@pytest.mark.parametrize("name", PRODUCTS)
def test_after_every_night_the_rows_of_a_loan_are_what_a_replay_says(name, tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"

    walk(name, PRODUCTS[name], seed=1)


@pytest.mark.parametrize("name", SERVED_BY_REPLAY)
def test_so_are_the_rows_of_loans_that_columns_do_not_serve(name, tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"

    walk(name, SERVED_BY_REPLAY[name], seed=1)


@pytest.mark.parametrize("name", [*PRODUCTS, *SERVED_BY_REPLAY])
def test_whatever_happens_the_rows_are_what_a_replay_says(name, tmp_path, settings):
    settings.POSITIONS_DIR = tmp_path / "positions"

    walk(name, (PRODUCTS | SERVED_BY_REPLAY)[name], seed=1, days=48, with_events=True)
