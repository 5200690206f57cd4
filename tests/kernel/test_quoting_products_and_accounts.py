"""A quote by product, of an account with its bills, with explanations; what is wrong is refused by its field."""

import json
from fractions import Fraction

import pytest

from postloan.books.products.packs import find_shipped_product
from postloan.kernel.quoting import QuotedAccount, QuoteRefused, answer

ACCOUNT = {
    "account": {"opened_on": "2024-01-01", "rate_ppm": 500, "bill_day": 20, "due_after_days": 10},
    "events": [
        {"kind": "purchase", "value_date": "2024-01-05", "amount_minor": 60_000},
        {"kind": "purchase", "value_date": "2024-01-20", "amount_minor": 40_000},
        {"kind": "receipt", "value_date": "2024-01-30", "amount_minor": 10_000},
    ],
    "as_of": "2024-02-21",
}
LOAN = {"product": "cn_bill_instalments", "principal_minor": 306_000, "instalments": 3, "start_date": "2026-04-10"}


def answered(asked: dict):
    return answer(text=json.dumps(asked), find_product=find_shipped_product)


def test_an_account_is_quoted_with_its_bills_balances_and_ledger():
    found = answered(ACCOUNT)

    assert isinstance(found, QuotedAccount)
    # The worked example of docs/rules/revolving.md.
    assert [(bill.full_minor, bill.minimum_minor, bill.was_paid_in_full) for bill in found.bills] == [
        (100_000, 10_000, False),
        (91_895, 10_895, None),
    ]
    # Interest of the day after the bill: 900.00 × 0.05 % = 0.45.
    assert found.accounts == {
        "bank": 10_000,
        "merchant_settlement": -100_000,
        "loan_principal": 90_000,
        "interest_receivable": 1_895,
        "accrued_interest": 45,
        "interest_income": -1_940,
    }
    assert sum(amount for entry in found.entries for _, amount in entry.legs) == 0


def test_the_interest_of_a_bill_is_explained_by_balances_and_days():
    [_, bill] = answered(ACCOUNT).bills

    pieces = [(piece.event_id, piece.balance_minor, piece.days) for piece in bill.interest_of]

    # 600.00 for 25 days from 5 January, 400.00 for 31 days from the 20th, 500.00 for 21 from the 30th.
    assert pieces == [("1", 60_000, 25), ("2", 40_000, 31), ("1", 50_000, 21)]
    assert sum(Fraction(balance * days * 500, 1_000_000) for _, balance, days in pieces) == bill.due.interest_minor


def test_a_product_is_quoted_by_its_code():
    found = answered(LOAN)

    assert [(row.principal_minor, row.fee_minor) for row in found.rows] == [(102_000, 2_550)] * 3
    assert found.terms.currency == "CNY"


def test_an_account_of_a_product_is_quoted_by_its_code():
    asked = {"product": "cn_revolving_bill", "opened_on": "2026-03-02", "events": [
        {"kind": "purchase", "value_date": "2026-03-05", "amount_minor": 300_000}
    ], "as_of": "2026-04-02"}  # fmt: skip

    found = answered(asked)

    assert [(bill.due_date.isoformat(), bill.minimum_minor) for bill in found.bills] == [("2026-04-10", 30_000)]


def test_events_happen_to_a_loan_of_a_product():
    asked = LOAN | {"events": [{"kind": "receipt", "value_date": "2026-05-10", "amount_minor": 104_550}]}

    found = answered(asked)

    assert found.loan.rows[0].open_minor == 0
    assert found.loan.balances.days_past_due == 0


def test_a_quote_explains_every_row_where_it_is_asked_to():
    found = answered(LOAN | {"explain": True})

    assert set(found.explanations) == {1, 2, 3}
    assert {"fee", "total", "balance_after"} <= {step.key for step in found.explanations[1]}
    assert answered(LOAN).explanations is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (LOAN | {"product": "cn_nothing"}, "product"),
        (LOAN | {"instalments": 5}, "instalments"),
        (LOAN | {"principal_minor": 1}, "principal_minor"),
        (LOAN | {"colour": "red"}, "colour"),
        ({"product": "cn_revolving_bill"}, "opened_on"),
        ({"account": ACCOUNT["account"] | {"bill_day": 0}}, "account.bill_day"),
        ({"account": ACCOUNT["account"] | {"order": ["fee"] * 4}}, "account.order"),
        (ACCOUNT | {"events": [{"kind": "receipt", "value_date": "2024-01-05", "amount_minor": 0}]}, "events.0"),
        (ACCOUNT | {"events": [{"kind": "receipt", "value_date": "2023-01-05", "amount_minor": 1}]}, "events.0"),
        ({"product": 3}, "product"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(asked, field):
    with pytest.raises(QuoteRefused) as refused:
        answered(asked)

    assert refused.value.field == field
