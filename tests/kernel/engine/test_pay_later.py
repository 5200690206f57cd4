"""Purchases: free for thirty days, turned into instalments, given back by the merchant."""

from datetime import date

from postloan.kernel import engine as e
from tests.kernel.engine.loans import START, receipt, run


def purchase(**more):
    """A purchase of 300.00, free for 30 days."""
    schedule = {"every": 30, "unit": "day"}
    return {"principal": 30_000, "rate": 0, "instalments": 1, "schedule": schedule, **more}


def test_a_purchase_is_one_instalment_free_for_thirty_days():
    loan = run(as_of=START, **purchase())

    assert [(row.due_date, row.due.total_minor) for row in e.instalments(loan)] == [(date(2024, 1, 31), 30_000)]


def test_a_purchase_becomes_instalments_with_a_fee_for_each():
    conversion = e.Conversion(event_id="c", value_date=date(2024, 1, 20), instalments=3, fee_ppm=7_500)
    loan = run(conversion, **purchase())

    rows = [row for row in e.instalments(loan) if row.due.total_minor]
    assert [(row.due.principal_minor, row.due.fee_minor) for row in rows] == [(10_000, 225)] * 3
    assert [row.due_date for row in rows] == [date(2024, 2, 20), date(2024, 3, 20), date(2024, 4, 20)]


def test_the_merchant_gives_back_what_is_open_then_the_instalments_with_their_fees_then_a_credit():
    conversion = e.Conversion(event_id="c", value_date=date(2024, 1, 20), instalments=3, fee_ppm=7_500)
    paid = receipt(date(2024, 2, 20), 10_225)
    loan = run(conversion, paid, **purchase())

    def refunded(amount):
        refund = e.MerchantRefund(event_id="m", value_date=date(2024, 2, 25), amount_minor=amount)
        return e.extend(before=loan, events=[refund], as_of=date(2024, 2, 25))

    part, whole = refunded(10_000), refunded(30_000)
    assert [row.due.fee_minor for row in e.instalments(part) if row.due.principal_minor] == [225, 225, 0]
    assert e.balances(part).principal_minor == 10_000
    assert e.balances(whole).held_minor == 10_000
    assert e.balances(whole).principal_minor == 0


def test_a_merchant_refund_can_give_the_interest_back_that_the_refunded_part_bore():
    refund = e.MerchantRefund(event_id="m", value_date=date(2024, 1, 16), amount_minor=1_200_000, refund_interest=True)
    loan = run(refund)

    assert e.sums(loan.entries).get("interest_income", 0) == 0
    assert e.balances(loan).principal_minor == 0


def test_a_payout_that_bounced_leaves_nothing_owed():
    back = e.PayoutRefund(event_id="p", value_date=date(2024, 1, 3), amount_minor=1_200_000, refund_interest=True)
    loan = run(back, as_of=date(2024, 2, 11))

    assert e.balances(loan).owed_minor == 0
