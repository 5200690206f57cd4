"""A monthly bill: bill on the 20th, due ten days later, minimum a tenth, 0.05 % a day from the posting date."""

import dataclasses
import doctest
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel import engine as e
from postloan.kernel.engine import revolving as rv
from postloan.kernel.penalties import PenaltyTerms
from postloan.kernel.rates import Rate

TERMS = rv.RevolvingTerms(
    rate=Rate(500, "day"), bill_day=20, due_after_days=10, opened_on=date(2024, 1, 1), minimum_floor_minor=1_000
)


def bought(day, amount, event_id):
    return e.Purchase(event_id=event_id, value_date=day, amount_minor=amount)


def paid(day, amount, event_id="r1"):
    return e.Receipt(event_id=event_id, value_date=day, amount_minor=amount)


def run(*events, as_of, **terms):
    return rv.replay_account(terms=dataclasses.replace(TERMS, **terms), events=events, as_of=as_of)


SHOPPING = (bought(date(2024, 1, 5), 60_000, "p1"), bought(date(2024, 1, 20), 40_000, "p2"))
LATER = bought(date(2024, 1, 21), 30_000, "p3")


def test_purchases_after_the_bill_day_fall_in_the_next_bill():
    account = run(*SHOPPING, LATER, as_of=date(2024, 1, 22))

    bill = account.bills[0]
    assert (bill.bill_date, bill.due_date) == (date(2024, 1, 20), date(2024, 1, 30))
    assert (bill.full_minor, bill.minimum_minor, account.unbilled_minor) == (100_000, 10_000, 30_000)


def test_whoever_pays_the_whole_bill_by_the_due_date_pays_no_interest():
    account = run(*SHOPPING, LATER, paid(date(2024, 1, 30), 100_000), as_of=date(2024, 2, 21))

    assert account.bills[0].was_paid_in_full is True
    assert account.bills[1].due.interest_minor == 0
    assert account.bills[1].full_minor == 30_000


def test_whoever_pays_the_minimum_is_not_past_due_but_pays_interest_from_the_posting_date():
    account = run(*SHOPPING, LATER, paid(date(2024, 1, 30), 10_000), as_of=date(2024, 2, 21))

    # 600.00 for 25 days and 500.00 for 21; 400.00 for 31 days; the later purchase keeps its free days
    minor_days = 60_000 * 25 + 50_000 * 21 + 40_000 * 31
    assert account.days_past_due == 0
    assert account.bills[1].due.interest_minor == round(minor_days * 0.0005)
    assert account.bills[1].full_minor == 90_000 + 30_000 + account.bills[1].due.interest_minor


@pytest.mark.parametrize(
    ("runs_from", "interest_on", "minor_days"),
    [
        ("posting_date", "unpaid_part", 50_000 * 46 + 40_000 * 31),
        ("bill_date", "whole_bill", 60_000 * 10 + 50_000 * 21 + 40_000 * 31),
        ("due_date", "whole_bill", 50_000 * 21 + 40_000 * 21),
    ],
)
def test_where_interest_runs_from_and_on_what_is_the_contracts_choice(runs_from, interest_on, minor_days):
    terms = {"runs_from": runs_from, "interest_on": interest_on}
    account = run(*SHOPPING, paid(date(2024, 1, 30), 10_000), as_of=date(2024, 2, 21), **terms)

    assert account.bills[1].due.interest_minor == round(minor_days * 0.0005)


def test_new_purchases_lose_their_free_days_where_the_contract_says_so():
    keeps, loses = (
        run(*SHOPPING, LATER, paid(date(2024, 1, 30), 10_000), as_of=date(2024, 2, 21), new_purchases_free=free)
        for free in (True, False)
    )

    more = loses.bills[1].due.interest_minor - keeps.bills[1].due.interest_minor
    assert more == 30_000 * 30 * 0.0005


def test_less_than_the_minimum_is_past_due_from_the_due_date_of_its_bill():
    penalty = PenaltyTerms(rate_ppm=500)
    account = run(*SHOPPING, paid(date(2024, 1, 30), 4_000), as_of=date(2024, 2, 9), penalty=penalty)

    assert (account.past_due_since, account.days_past_due) == (date(2024, 1, 30), 10)
    assert account.bills[0].due.penalty_minor == 30  # 60.00 of the minimum for ten days


def test_the_minimum_has_a_floor_and_never_exceeds_what_is_owed():
    account = run(bought(date(2024, 1, 5), 500, "p1"), as_of=date(2024, 1, 21))

    assert account.bills[0].minimum_minor == 500


def test_money_beyond_the_bill_is_held_for_the_next_one():
    account = run(*SHOPPING, LATER, paid(date(2024, 1, 25), 110_000), as_of=date(2024, 2, 21))

    assert account.bills[1].paid.principal_minor == 10_000
    assert account.held_minor == 0


def test_a_bill_turned_into_instalments_leaves_the_account_without_interest():
    conversion = e.Conversion(event_id="c", value_date=date(2024, 1, 25), instalments=6, fee_ppm=7_500)
    account = run(*SHOPPING, conversion, as_of=date(2024, 2, 21))

    assert account.converted == (rv.Converted("c", date(2024, 1, 25), 100_000, 6),)
    assert account.bills[0].was_paid_in_full is True
    assert (account.principal_minor, account.days_past_due) == (0, 0)


def test_the_merchant_takes_back_the_open_purchase_first_and_the_rest_is_a_credit():
    refund = e.MerchantRefund(event_id="m", value_date=date(2024, 1, 10), amount_minor=70_000, of="p1")
    account = run(SHOPPING[0], refund, as_of=date(2024, 1, 10))

    assert (account.principal_minor, account.held_minor) == (0, 10_000)


def test_a_reversed_receipt_leaves_the_bill_unpaid():
    undo = e.Reversal(event_id="x", value_date=date(2024, 2, 2), of="r1", reason="debit_return")
    account = run(*SHOPPING, paid(date(2024, 1, 30), 100_000), undo, as_of=date(2024, 2, 9))

    assert account.days_past_due == 10


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (bought(date(2024, 1, 5), 0, "x"), "AmountNotPositive"),
        (bought(date(2024, 3, 1), 5, "x"), "EventInFuture"),
        (bought(date(2023, 12, 31), 5, "x"), "EventBeforeOpening"),
        (bought(date(2024, 1, 5), 5, "p1"), "EventTwice"),
        (e.Purchase(event_id="x", value_date=date(2024, 1, 5), amount_minor=5, currency="USD"), "UnknownCurrency"),
        (e.Refund(event_id="x", value_date=date(2024, 1, 25), amount_minor=5), "MoreThanCredit"),
        (e.Waiver(event_id="x", value_date=date(2024, 1, 25), amount_minor=5), "MoreThanOpen"),
        (e.Reversal(event_id="x", value_date=date(2024, 1, 25), of="nothing"), "NoSuchEvent"),
    ],
)
def test_a_bad_event_is_refused_by_name(event, name):
    with pytest.raises(e.EventRefused) as refusal:
        run(*SHOPPING, event, as_of=date(2024, 2, 1))

    assert refusal.value.name == name


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_money_purchases_and_ledger_always_tie(data):
    events = []
    for number in range(data.draw(st.integers(1, 12))):
        day = TERMS.opened_on + timedelta(days=data.draw(st.integers(0, 150)))
        amount = data.draw(st.integers(1, 200_000))
        kind = data.draw(st.sampled_from([e.Purchase, e.Purchase, e.Receipt, e.MerchantRefund]))
        events.append(kind(event_id=f"e{number}", value_date=day, amount_minor=amount, sequence=number))
    terms = {
        "interest_on": data.draw(st.sampled_from(["whole_bill", "unpaid_part"])),
        "runs_from": data.draw(st.sampled_from(["posting_date", "bill_date", "due_date"])),
        "new_purchases_free": data.draw(st.booleans()),
        "penalty": data.draw(st.sampled_from([None, PenaltyTerms(rate_ppm=500, grace_days=3)])),
    }

    account = run(*events, as_of=TERMS.opened_on + timedelta(days=200), **terms)

    assert sum(account.accounts.values()) == 0
    assert all(sum(amount for _, amount in entry.legs) == 0 for entry in account.entries)
    came_in = sum(each.amount_minor for each in events if not isinstance(each, e.Purchase))
    assert came_in == sum(bill.paid.total_minor for bill in account.bills) + account.held_minor
    bought_minor = sum(each.amount_minor for each in events if isinstance(each, e.Purchase))
    paid_minor = sum(bill.paid.principal_minor for bill in account.bills)
    assert account.principal_minor == bought_minor - paid_minor == account.accounts.get("loan_principal", 0)
    assert all(part.amount_minor > 0 for part in account.applied)
    assert sum(part.amount_minor for part in account.applied) == came_in - account.held_minor
    for bill in account.bills:
        assert bill.open_minor >= 0
        assert bill.minimum_minor >= bill.due.interest_minor


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(rv).failed == 0
