import json
from datetime import date

import pytest

from postloan.kernel.calendars import add_months
from postloan.kernel.quoting import QuoteRefused, answer, quote, quote_lines, take_terms

MORTGAGE = {
    "principal_minor": 20_000_000,
    "rate_ppm": 60_000,
    "instalments": 240,
    "start_date": "2015-01-01",
    "day_count": "same_as_period",
}


def rates_of(**terms):
    return quote(terms=take_terms({**MORTGAGE, **terms})).annual_rates


def flows_text(rows, **more):
    return json.dumps({"cash_flows": [{"on": on, "amount_minor": amount} for on, amount in rows], **more})


def test_charges_at_the_start_count_in_the_rates_and_nowhere_else():
    """
    The first printed example of the European Commission, 4,000.00 of charges: 6.434412 % of 240 equal rows.

    Our last row takes what rounding leaves, 0.90 more, which shows in the fifth decimal.
    """
    without, with_charges = rates_of(), rates_of(upfront_charges_minor=400_000)

    assert with_charges.eu_effective.percent == "6.434430"
    assert with_charges.china_compounded == with_charges.eu_effective
    assert without.china_nominal.percent == "5.999999"  # interest is rounded to the cent
    assert without.us_actuarial.ppm == 60_000
    plain, charged = (quote(terms=take_terms({**MORTGAGE, "upfront_charges_minor": n})).rows for n in (0, 400_000))
    assert plain == charged


def test_the_printed_example_with_equal_rows_comes_out_from_its_flows():
    rows = [("2015-01-01", 19_600_000)]
    rows += [(add_months(seed_date=date(2015, 1, 1), months=n).isoformat(), -143_286) for n in range(1, 241)]

    assert answer(text=flows_text(rows)).annual_rates.eu_effective.percent == "6.434412"


def test_fees_with_the_rows_count():
    fee = {"name": "service", "amount_minor": 1_667}

    charged = rates_of(fees=[fee], upfront_charges_minor=400_000)

    assert charged.eu_effective.percent.startswith("6.5885")  # printed example 3 of equal rows: 6.588554
    assert charged.eu_effective.ppm > rates_of(upfront_charges_minor=400_000).eu_effective.ppm


def test_bare_cash_flows_are_answered_with_their_rates():
    rows = [("1978-01-10", 500_000)]
    rows += [(add_months(seed_date=date(1978, 1, 10), months=n).isoformat(), -23_000) for n in range(1, 25)]

    found = answer(text=flows_text(rows)).annual_rates

    assert found.us_actuarial.percent == "9.685708"
    assert found.china_nominal.percent == "9.685708"
    assert found.refused == {}


def test_two_rates_are_null_with_the_reason_or_the_lowest_when_asked():
    rows = [("2024-01-01", 1_000), ("2025-01-01", -2_300), ("2026-01-01", 1_320)]

    refused = answer(text=flows_text(rows)).annual_rates
    lowest = answer(text=flows_text(rows, among="lowest_not_negative")).annual_rates

    assert refused.eu_effective is None
    assert set(refused.refused) == {"eu_effective", "us_actuarial", "china_nominal", "china_compounded"}
    assert lowest.eu_effective.percent == "10.000000"


def test_weeks_and_days_are_counted_as_such():
    week = rates_of(unit="week", every=2, instalments=26)
    day = rates_of(unit="day", every=30, instalments=3, day_count="act_365")

    assert week.china_nominal.ppm == week.us_actuarial.ppm == 60_000
    assert day.china_nominal.ppm == 60_000


def test_a_loan_for_nothing_costs_nothing():
    assert rates_of(rate_ppm=0).eu_effective.percent == "0.000000"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", ""),
        (flows_text([("2024-01-01", 1)]), "cash_flows"),
        (flows_text([("2024-01-01", 1.5), ("2024-02-01", -1)]), "cash_flows.0.amount_minor"),
        (flows_text([("1 January", 1), ("2024-02-01", -1)]), "cash_flows.0.on"),
        (flows_text([("2024-01-01", 1), ("2024-02-01", -1)], count_in="decade"), "count_in"),
        (flows_text([("2024-01-01", 1), ("2024-02-01", -1)], principal_minor=1), "principal_minor"),
        (json.dumps({**MORTGAGE, "upfront_charges_minor": 20_000_000}), "upfront_charges_minor"),
        (json.dumps({**MORTGAGE, "upfront_charges_minor": -1}), "upfront_charges_minor"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(text, field):
    with pytest.raises(QuoteRefused) as refusal:
        answer(text=text)

    assert refusal.value.field == field


def test_lines_may_mix_loans_and_cash_flows():
    lines = [json.dumps(MORTGAGE), flows_text([("2024-01-01", 100), ("2025-01-01", -110)]), "[]"]

    loan, flows, refused = (found for _, found in quote_lines(lines=lines))

    assert len(loan.rows) == 240
    assert flows.annual_rates.eu_effective.ppm == 100_000
    assert isinstance(refused, QuoteRefused)
