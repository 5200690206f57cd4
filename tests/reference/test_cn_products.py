"""
The pay-later products of the Chinese packs, read like their contracts: every table is worked by hand.

The arithmetic stands beside the figures. Nothing here is taken from a program.
"""

from dataclasses import astuple
from datetime import date

import pytest

from postloan.books.products.packs import pack_files, read_pack
from postloan.kernel.engine import Conversion, MerchantRefund, Purchase, Receipt
from postloan.kernel.engine.revolving import RevolvingTerms, replay_account
from postloan.kernel.offers import make_offer
from postloan.kernel.rates import Rate

PACKS = {pack.code: pack for pack in (read_pack(file=file) for file in pack_files(name="cn"))}


def rows(code: str, *, amount_minor: int, instalments: int, start_date: date) -> list[tuple]:
    pack = PACKS[code]
    offer = make_offer(
        product=pack.terms, terms=pack.offer, amount_minor=amount_minor, instalments=instalments, start_date=start_date
    )
    return [(row.due_date, row.principal_minor, row.interest_minor, row.fee_minor) for row in offer.schedule.rows]


def account_terms() -> RevolvingTerms:
    terms = PACKS["cn_revolving_bill"].terms
    bill = terms.bill
    return RevolvingTerms(
        rate=Rate(bill.rate_ppm, terms.rate_per),
        bill_day=bill.bill_day,
        due_after_days=bill.due_after_days,
        opened_on=date(2026, 3, 2),
        minimum_ppm=bill.minimum_ppm,
        minimum_floor_minor=bill.minimum_floor_minor,
        runs_from=bill.runs_from,
        interest_on=bill.interest_on,
        order=terms.allocation.order,
        penalty=terms.penalty,
    )


def bills(events: list, as_of: date) -> list[tuple]:
    """(bill date, due date, full, minimum as demanded, interest)."""
    account = replay_account(terms=account_terms(), events=events, as_of=as_of)
    return [
        (bill.bill_date, bill.due_date, bill.full_minor, bill.due.interest_minor, bill.was_paid_in_full)
        for bill in account.bills
    ]


PHONE = Purchase(event_id="phone", value_date=date(2026, 3, 5), amount_minor=300_000)
RICE = Purchase(event_id="rice", value_date=date(2026, 3, 20), amount_minor=6_000)


def test_a_bill_paid_in_full_by_the_tenth_costs_nothing():
    paid = Receipt(event_id="r", value_date=date(2026, 4, 10), amount_minor=306_000)

    found = bills([PHONE, RICE, paid], date(2026, 5, 2))

    assert found == [
        (date(2026, 4, 1), date(2026, 4, 10), 306_000, 0, True),
        (date(2026, 5, 1), date(2026, 5, 10), 0, 0, None),
    ]


def test_the_unpaid_part_bears_interest_from_the_day_of_each_purchase():
    paid = Receipt(event_id="r", value_date=date(2026, 4, 10), amount_minor=106_000)

    found = bills([PHONE, RICE, paid], date(2026, 5, 2))

    # 1,060.00 pay the phone first: 1,940.00 of it are left, and the rice (60.00).
    # Phone: 5 March to 1 May is 57 days: 194,000 × 57 × 0.05 % = 5,529.
    # Rice: 20 March to 1 May is 42 days: 6,000 × 42 × 0.05 % = 126. Together 5,655.
    assert found[0] == (date(2026, 4, 1), date(2026, 4, 10), 306_000, 0, False)
    assert found[1] == (date(2026, 5, 1), date(2026, 5, 10), 200_000 + 5_655, 5_655, None)


def test_the_minimum_is_a_tenth_and_what_is_missing_of_it_bears_penalty_after_three_days():
    account = replay_account(terms=account_terms(), events=[PHONE, RICE], as_of=date(2026, 4, 14))

    # A tenth of 3,060.00. Due on the 10th, grace to the 13th; on the 14th four days are counted from day one:
    # 30,600 × 4 × 0.05 % = 61.2 -> 61.
    assert astuple(account.bills[0].due) == (61, 0, 0, 30_600)
    assert (account.days_past_due, account.bucket) == (4, "M1")


def test_a_small_bill_asks_ten_yuan_and_a_smaller_one_all_of_it():
    small = Purchase(event_id="s", value_date=date(2026, 3, 5), amount_minor=5_000)
    tiny = Purchase(event_id="t", value_date=date(2026, 3, 5), amount_minor=800)

    found = [
        replay_account(terms=account_terms(), events=[bought], as_of=date(2026, 4, 5)).bills[0].minimum_minor
        for bought in (small, tiny)
    ]

    assert found == [1_000, 800]


def test_a_converted_bill_counts_as_paid():
    converted = Conversion(event_id="c", value_date=date(2026, 4, 3), instalments=3)

    account = replay_account(terms=account_terms(), events=[PHONE, RICE, converted], as_of=date(2026, 4, 11))

    assert account.bills[0].was_paid_in_full
    assert account.principal_minor == 0
    assert account.converted[0].amount_minor == 306_000


def test_a_refund_before_the_bill_never_stands_on_it():
    refund = MerchantRefund(event_id="f", value_date=date(2026, 3, 28), amount_minor=300_000, of="phone")

    assert bills([PHONE, RICE, refund], date(2026, 4, 2))[0][2] == 6_000


# 3,060.00 in three rows: 1,020.00 each; 2.5 % of it is 76.50, 25.50 a row.
# 3,060.00 in twelve rows: 255.00 each; 8.8 % is 269.28, 22.44 a row.
# 1,000.00 in three: 333.33, 333.33, 333.34; 25.00 of fees: 8.33, 8.33, 8.34.
@pytest.mark.parametrize(
    ("amount_minor", "instalments", "principal", "fees"),
    [
        (306_000, 3, [102_000] * 3, [2_550] * 3),
        (306_000, 12, [25_500] * 12, [2_244] * 12),
        (100_000, 3, [33_333, 33_333, 33_334], [833, 833, 834]),
    ],
)
def test_a_bill_in_instalments_has_equal_principal_and_a_fee_per_period(amount_minor, instalments, principal, fees):
    found = rows(
        "cn_bill_instalments", amount_minor=amount_minor, instalments=instalments, start_date=date(2026, 4, 10)
    )

    assert [row[1] for row in found] == principal
    assert [row[3] for row in found] == fees
    assert found[0][0] == date(2026, 5, 10)
    assert {row[2] for row in found} == {0}


def test_pay_later_with_a_fee_asks_six_per_mille_of_the_price_in_every_row():
    found = rows("cn_pay_later_fee_instalments", amount_minor=259_900, instalments=6, start_date=date(2026, 1, 31))

    # 2,599.00 in six: 433.17 five times and 433.15; 0.6 % of 2,599.00 is 15.594 -> 15.59 in each.
    # The 31st, or the end of a shorter month.
    assert [row[1] for row in found] == [43_317] * 5 + [43_315]
    assert [row[3] for row in found] == [1_559] * 6
    assert [row[0] for row in found] == [
        date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)
    ]  # fmt: skip


def test_the_cash_loan_by_the_day_worked_out_to_its_last_row():
    # Jiebei-like: 1,000.00 at 0.04 % a day from 1 April 2026 in three rows of 30, 31 and 30 days.
    # Factors 0.012, 0.0124, 0.012: instalment = 1000 × 1.012 × 1.0124 × 1.012 / (1.0124 × 1.012 + 1.012 + 1)
    #   = 1000 × 1.0368428... / 3.0365488 = 341.45... Row 1: interest 12.00; row 2: on 670.55, 8.31; row 3: on 337.41, 4.05.
    found = rows("cn_instalment_cash_loan", amount_minor=100_000, instalments=3, start_date=date(2026, 4, 1))

    assert [row[0] for row in found] == [date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)]
    assert [row[2] for row in found] == [1_200, 831, 405]
    assert [row[1] + row[2] for row in found][:2] == [34_145, 34_145]
    assert sum(row[1] for row in found) == 100_000
