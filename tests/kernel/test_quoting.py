import json
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.kernel.quoting import (
    Convention,
    QuoteRefused,
    complete_terms,
    preset_of,
    quote,
    quote_lines,
    quote_many,
    quote_schema,
    read_terms,
    take_terms,
    terms_schema,
)

LOAN = {"principal_minor": 1_000_000, "rate_ppm": 120_000, "instalments": 6, "start_date": "2023-12-12"}


def quoted(**changes):
    return quote(terms=take_terms({**LOAN, **changes}))


def test_a_quote_has_every_row_the_totals_and_the_terms_as_understood():
    answer = quote(terms=read_terms(json.dumps({**LOAN, "convention": "fineract_progressive"})))

    first = answer.rows[0]
    assert (first.due_date, first.days) == (date(2024, 1, 12), 31)
    assert (first.principal_minor, first.interest_minor, first.balance_minor) == (162_375, 10_181, 837_625)
    assert answer.totals.interest_minor == 35_339
    assert answer.terms.remainder == "smoothed"
    assert answer.terms.day_count == "act_act"


def test_the_terms_as_understood_give_the_same_quote_again():
    for convention in get_args(Convention):
        answer = quoted(convention=convention)

        again = quote(terms=read_terms(answer.terms.model_dump_json()))

        assert again.rows == answer.rows


def test_a_convention_is_only_a_set_of_parameters():
    for convention in get_args(Convention):
        by_hand = {name: value for name, value in preset_of(convention).items() if value is not None}

        assert quoted(convention=convention).rows == quoted(**by_hand).rows


def test_what_is_given_wins_over_the_convention():
    answer = quoted(convention="lending_club", instalment_rounding="half_even")

    assert answer.terms.instalment_rounding == "half_even"
    assert answer.terms.day_count == "same_as_period"


def test_null_takes_a_choice_of_the_convention_away():
    exact = take_terms({**LOAN, "convention": "fineract_progressive", "factor_digits": None})

    assert complete_terms(terms=exact).factor_digits is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal_minor": "1000"}, "principal_minor"),
        ({"principal_minor": 1000.0}, "principal_minor"),
        ({"principal_minor": True}, "principal_minor"),
        ({"principal_minor": 0}, "principal_minor"),
        ({"principal_minor": 10**16}, "principal_minor"),
        ({"rate_ppm": -1}, "rate_ppm"),
        ({"rate_per": "decade"}, "rate_per"),
        ({"instalments": None}, "instalments"),
        ({"instalments": 0}, "instalments"),
        ({"start_date": "31.01.2024"}, "start_date"),
        ({"start_date": 1_700_000_000}, "start_date"),
        ({"start_date": "2024-02-30"}, "start_date"),
        ({"start_date": "9999-12-01"}, "start_date"),
        ({"day_count": "31_361"}, "day_count"),
        ({"currency": "yuan"}, "currency"),
        ({"every": 10_000}, "every"),
        ({"every": 10**30}, "every"),
        ({"instalments": None, "fixed_instalment_minor": 1, "every": 900}, "fixed_instalment_minor"),
        ({"first_due_date": "9999-12-01"}, "first_due_date"),
        ({"convention": "barter"}, "convention"),
        ({"fees": [{"name": "letter", "amount_minor": 5, "ppm": 5}]}, "fees"),
        ({"fees": [{"name": "letter", "amount_minor": -5}]}, "fees.0.amount_minor"),
        ({"first_due_date": "2023-12-12"}, "first_due_date"),
        ({"intrest": 5}, "intrest"),
    ],
)
def test_a_wrong_field_is_refused_by_name(changes, field):
    terms = {**LOAN, **changes}

    for read in (lambda: take_terms(terms), lambda: read_terms(json.dumps(terms))):
        with pytest.raises(QuoteRefused) as refusal:
            quote(terms=read())
        assert refusal.value.field == field
        assert refusal.value.message


@pytest.mark.parametrize("field", list(LOAN))
def test_a_missing_field_is_refused_by_name(field):
    with pytest.raises(QuoteRefused) as refusal:
        quote(terms=take_terms({name: value for name, value in LOAN.items() if name != field}))

    assert refusal.value.field == field


@pytest.mark.parametrize("text", ["", "{", "[]", "12", "null", '"loan"', "\x00"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(QuoteRefused):
        read_terms(text)


def test_a_bad_line_does_not_stop_the_others():
    lines = [json.dumps(LOAN), "", "{", json.dumps({**LOAN, "instalments": 0})]

    answers = dict(quote_lines(lines=lines))

    assert list(answers) == [1, 3, 4]
    assert answers[1].totals.principal_minor == 1_000_000
    assert isinstance(answers[3], QuoteRefused)
    assert answers[4].field == "instalments"


def test_many_quotes_are_the_single_ones():
    terms = [take_terms({**LOAN, "instalments": count}) for count in (1, 2, 3)]

    assert list(quote_many(terms=terms)) == [quote(terms=each) for each in terms]


def test_the_schema_names_every_field_and_refuses_others():
    schema = terms_schema()

    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(LOAN) - {"instalments"}
    assert set(preset_of("postloan")) <= set(schema["properties"])
    assert {"rows", "totals", "terms"} <= set(quote_schema()["properties"])
    json.dumps(schema)


anything = st.none() | st.integers() | st.text(max_size=12) | st.booleans() | st.floats() | st.just([])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*terms_schema()["properties"], "nonsense"]), anything, max_size=5))
def test_nothing_but_a_quote_or_a_refusal_comes_out(changes):
    try:
        answer = quoted(**changes)
    except QuoteRefused:
        return
    assert answer.totals.principal_minor == answer.terms.principal_minor
