import json
from datetime import date

import pytest

from postloan.kernel.quoting import QuoteRefused, quote, quote_schema, read_terms, terms_schema

LOAN = {
    "principal_minor": 1_200_000,
    "rate_ppm": 120_000,
    "instalments": 12,
    "start_date": "2024-01-01",
    "day_count": "30_360",
}
RECEIPT = {"kind": "receipt", "value_date": "2024-02-01", "amount_minor": 106_619}


def quoted(*events, **more):
    return quote(terms=read_terms(json.dumps({**LOAN, "events": events, **more})))


def test_terms_with_events_answer_with_rows_balances_allocations_and_ledger():
    loan = quoted(RECEIPT, as_of="2024-02-11").loan

    assert loan.as_of == date(2024, 2, 11)
    assert (loan.rows[0].paid.total_minor, loan.rows[0].open_minor) == (106_619, 0)
    assert loan.balances.principal_minor == 1_200_000 - 94_619
    assert [part.component for part in loan.allocations] == ["interest", "principal"]
    assert loan.accounts["loan_principal"] == loan.balances.principal_minor
    assert sum(loan.accounts.values()) == 0
    assert loan.settlement.interest_minor == 3_812  # 10 of 29 days on 11,053.81


def test_without_events_or_a_date_a_quote_is_the_plan_alone():
    assert quote(terms=read_terms(json.dumps(LOAN))).loan is None


def test_the_terms_as_understood_give_the_same_loan_again():
    answer = quoted(RECEIPT, {"kind": "death", "value_date": "2024-02-03"}, servicing={"death_stops": "penalty"})

    assert quote(terms=read_terms(answer.terms.model_dump_json())).loan == answer.loan


def test_the_schemas_name_every_event():
    kinds = json.dumps(terms_schema())

    assert all(kind in kinds for kind in ("receipt", "reageing", "charge_off", "merchant_refund"))
    assert "settlement" in json.dumps(quote_schema())


@pytest.mark.parametrize(
    ("event", "field", "says"),
    [
        ({**RECEIPT, "amount_minor": -5}, "events.0", "AmountNotPositive"),
        ({**RECEIPT, "value_date": "2023-12-31"}, "events.0", "EventBeforeOpening"),
        ({**RECEIPT, "currency": "USD"}, "events.0", "UnknownCurrency"),
        ({"kind": "reversal", "value_date": "2024-02-01", "of": "x"}, "events.0", "NoSuchEvent"),
        ({**RECEIPT, "amount_minor": 5.5}, "events.receipt.amount_minor", "integer"),
        ({**RECEIPT, "amount_minor": "5"}, "events.receipt.amount_minor", "integer"),
        ({**RECEIPT, "value_date": 20_240_201}, "events.receipt.value_date", "date"),
        ({**RECEIPT, "tip": 5}, "events", "tip"),
        ({"kind": "gift", "value_date": "2024-02-01"}, "events", "gift"),
    ],
)
def test_a_bad_event_is_refused_and_named(event, field, says):
    with pytest.raises(QuoteRefused) as refusal:
        quoted(event, as_of="2024-06-01")

    assert refusal.value.field == field
    assert says in refusal.value.message


def test_an_event_after_the_day_asked_for_is_refused():
    with pytest.raises(QuoteRefused, match="EventInFuture"):
        quoted(RECEIPT, as_of="2024-01-15")


@pytest.mark.parametrize(("servicing", "field"), [({"order": ["fee"]}, "servicing.order"), ({"x": 1}, "servicing.x")])
def test_rules_that_cannot_be_are_refused_and_named(servicing, field):
    with pytest.raises(QuoteRefused) as refusal:
        quoted(RECEIPT, servicing=servicing)

    assert refusal.value.field == field
