"""Annual rates against printed examples: every printed digit, or as many as the source itself agrees to."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest

from postloan.kernel.annual_rates import (
    Among,
    CashFlow,
    CountIn,
    SeveralRates,
    eu_effective_rate,
    find_unit_period,
    unit_periods_between,
    us_actuarial_rate,
    years_between,
)
from postloan.kernel.annual_rates._times import series_day
from postloan.kernel.calendars import add_months

HERE = Path(__file__).parent
EU = tomllib.loads((HERE / "annual_rates_eu.toml").read_text(encoding="utf-8"))["example"]
US = tomllib.loads((HERE / "annual_rates_us.toml").read_text(encoding="utf-8"))["example"]
START = date(2015, 1, 1)


def month(number: int, days: int = 0, start: date = START) -> date:
    return add_months(seed_date=start, months=number) + timedelta(days=days)


@pytest.mark.parametrize("example", EU, ids=[example["name"] for example in EU])
def test_a_printed_european_example_comes_out_to_its_digits(example):
    start, days = example.get("start", START), example.get("days", 0)
    flows = [CashFlow(month(number, start=start), amount) for number, amount in example["gets"]]
    for first, count, amount in example["pays"]:
        flows += [CashFlow(month(first + place, days, start), -amount) for place in range(count)]

    rate = eu_effective_rate(flows=flows, count_in=CountIn.MONTH)

    digits = example.get("agrees_to", 6)
    printed = Decimal(example["printed"]).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert rate.percent(decimals=digits) == printed


# The plans of the same collection that a formula makes. Interest of a month is the balance times `monthly`; a payment is
# rounded to the cent, the balance is not, as in the transcription; where the last number is below 6, the collection
# printed other last digits, because it did not round its payments.

Rows = Iterator[tuple[int, Decimal]]

SIX = Decimal("0.06") / 12


def compound(rate: str) -> Decimal:
    with localcontext() as context:
        context.prec = 50
        return (Decimal(1) + Decimal(rate)) ** (Decimal(1) / 12) - 1


def cents(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def stepped(first: str, factor: str) -> Rows:
    amount = Decimal(first)
    for year in range(20):
        yield from ((year * 12 + place, amount) for place in range(1, 13))
        amount *= Decimal(factor)


def repaying(owed: int, principal_of: Callable[[Decimal], Decimal], rates: Callable[[int], Decimal], last: int) -> Rows:
    balance = Decimal(owed)
    number = 0
    while balance > Decimal("0.000001"):
        number += 1
        principal = balance if number == last else min(principal_of(balance), balance)
        yield number, principal + balance * rates(number)
        balance -= principal


def flat(principal: Decimal) -> Callable[[Decimal], Decimal]:
    return lambda balance: principal


def share_of_debt() -> Rows:
    balance = Decimal(200_000)
    number = 0
    while balance > 0:
        number += 1
        balance += balance * SIX
        paid = min(max(balance * Decimal("0.02"), Decimal(300)), balance)
        yield number, paid
        balance -= paid


def with_every_other_year_100() -> Rows:
    for number, amount in repaying(200_000, flat(Decimal(200_000) / 240), lambda n: SIX, 240):
        yield number, Decimal(cents(amount)) / 100 + (100 if (number - 1) % 24 == 0 else 0)


def interest_then_principal(first: list[tuple[int, str]], rate: Decimal) -> Rows:
    number = 0
    for count, amount in first:
        for _ in range(count):
            number += 1
            yield number, Decimal(amount)
    yield from ((60 + place, paid) for place, paid in repaying(30_000, flat(Decimal(250)), lambda n: rate, 120))


def drawn_in_three(last_rate: Decimal) -> Rows:
    """7,500 at once, 7,500 after 3 months, 15,000 after 6, each repaid equally by month 12; 600 of charges, as in 31."""
    balance, principal = Decimal(7_500), Decimal(7_500) / 12
    for number in range(1, 13):
        rate = SEVEN if number <= 6 else last_rate
        yield number, principal + balance * rate
        balance -= principal
        if number == 3:
            balance, principal = balance + 7_500, principal + Decimal(7_500) / 9
        if number == 6:
            balance, principal = balance + 15_000, principal + Decimal(15_000) / 6


def drawn_twice(rate: Decimal) -> Rows:
    """1,500 repaid in nine months, then 1,500 more repaid in three."""
    yield from repaying(1_500, flat(Decimal(1_500) / 9), lambda n: rate, 9)
    yield from ((9 + place, paid) for place, paid in repaying(1_500, flat(Decimal(500)), lambda n: rate, 3))


def plus(rows: Rows, number: int, amount: int) -> Rows:
    yield from rows
    yield number, Decimal(amount)


SEVEN, EIGHT, NINE = compound("0.07"), compound("0.0839"), compound("0.09")
TWO_PER_CENT = Decimal("0.02")
MORTGAGE = [(0, 196_000)]
LINE = [(0, 29_400)]

BY_FORMULA = {
    "9": (MORTGAGE, stepped("1130.33", "1.03"), "6.406400", 4),
    "10": (MORTGAGE, stepped("1778.58", "0.97"), "6.468360", 6),
    "12": (MORTGAGE, repaying(200_000, flat(Decimal(900)), lambda n: SIX, 0), "6.492533", 6),
    "13": (MORTGAGE, repaying(200_000, flat(Decimal(200_000) / 240), lambda n: SIX, 240), "6.476009", 6),
    "14": (
        MORTGAGE,
        repaying(200_000, lambda owed: max(owed * TWO_PER_CENT, Decimal(100)), lambda n: SIX, 0),
        "6.818859",
        6,
    ),
    "15": (MORTGAGE, share_of_debt(), "6.695965", 6),
    "17": (
        MORTGAGE,
        repaying(200_000, lambda owed: max(owed * TWO_PER_CENT, Decimal(100)), lambda n: SIX, 180),
        "6.822923",
        6,
    ),
    "19": (MORTGAGE, with_every_other_year_100(), "6.523259", 6),
    "30, part 1": (LINE, interest_then_principal([(60, "169.62")], SEVEN), "7.302956", 6),
    "30, part 2": (LINE, interest_then_principal([(6, "169.62"), (54, "202.09")], EIGHT), "8.611320", 6),
    "31, part 1": (LINE, repaying(30_000, flat(Decimal(2_500)), lambda n: SEVEN, 12), "11.164789", 6),
    "31, part 2": (
        LINE,
        repaying(30_000, flat(Decimal(2_500)), lambda n: SEVEN if n <= 6 else EIGHT, 12),
        "11.542158",
        6,
    ),
    "32, part 1": ([(0, 6_900), (3, 7_500), (6, 15_000)], drawn_in_three(SEVEN), "13.063818", 4),
    "32, part 2": ([(0, 6_900), (3, 7_500), (6, 15_000)], drawn_in_three(EIGHT), "13.945824", 6),
    "33, part 2": (LINE, repaying(30_000, flat(Decimal(2_500)), lambda n: EIGHT, 12), "12.625685", 5),
    "34": ([(0, 1_470), (9, 1_500)], drawn_twice(compound("0.075")), "11.415822", 5),
    "36": ([(0, 2_940)], plus(repaying(3_000, flat(Decimal(250)), lambda n: NINE, 12), 1, 25), "15.106270", 4),
    "37": ([(0, 1_470)], plus(repaying(1_500, flat(Decimal(125)), lambda n: NINE, 12), 1, 25), "16.991403", 2),
}


@pytest.mark.parametrize("name", list(BY_FORMULA))
def test_a_printed_european_example_with_a_calculated_plan_comes_out_to_its_digits(name):
    gets, rows, printed, digits = BY_FORMULA[name]
    flows = [CashFlow(month(number), amount * 100) for number, amount in gets]
    flows += [CashFlow(month(number), -cents(amount)) for number, amount in rows]

    rate = eu_effective_rate(flows=flows, count_in=CountIn.MONTH, among=Among.LOWEST_NOT_NEGATIVE)

    assert rate.percent(decimals=digits) == Decimal(printed).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def test_printed_example_2_case_3_counts_years_and_34_days():
    flows = [CashFlow(START, 19_600_000)]
    flows += [CashFlow(add_months(seed_date=START + timedelta(days=34), months=12 * n), -1_654_186) for n in range(20)]

    assert eu_effective_rate(flows=flows, count_in=CountIn.YEAR).percent(decimals=6) == Decimal("6.282070")


def test_printed_example_43_has_a_second_rate_that_it_does_not_name():
    """150 paid a year before 30,000 is lent (the transcription says 3,000; the printed rate fits 30,000)."""
    flows = [CashFlow(month(0), -15_000), CashFlow(month(12), 3_000_000 - 45_000)]
    flows += [CashFlow(month(12 + n), -35_611) for n in range(1, 121)]

    with pytest.raises(SeveralRates) as refusal:
        eu_effective_rate(flows=flows)

    assert [rate // 10**13 for rate in refusal.value.rates_e15] == [8, 19168]
    lowest = eu_effective_rate(flows=flows, among=Among.LOWEST_NOT_NEGATIVE)
    assert lowest.percent(decimals=6) == Decimal("8.269278")


# Directive 98/7/EC, Annex III, part A (calendar basis): examples one to three.


def test_the_calendar_examples_of_the_directive_come_out():
    lent, repaid = date(1994, 1, 1), date(1995, 7, 1)
    single = [CashFlow(repaid, -120_000)]
    twice = [CashFlow(date(1995, 1, 1), -60_000), CashFlow(date(1996, 1, 1), -60_000)]

    def percent(flows, decimals):
        return str(eu_effective_rate(flows=flows, count_in=CountIn.DAY).percent(decimals=decimals))

    assert percent([CashFlow(lent, 100_000), *single], 2) == "12.96"
    assert percent([CashFlow(lent, 95_000), *single], 1) == "16.9"
    assert percent([CashFlow(lent, 100_000), *twice], 2) == "13.07"


# Loans of one payment, from the tests of rimas-kudelis/php-apr-calculator (a year of 365.25 days): advance, payment, days.


@pytest.mark.parametrize(
    ("advance", "payment", "days", "printed"),
    [
        (10000, 10100, 365, "1.0"),
        (10000, 12500, 31, "1286.2"),
        (25000, 31997, 28, "2400.3"),
        (35000, 44797, 23, "4935.9"),
        (15000, 19199, 36, "1123.2"),
        (10000, 12799, 26, "3103.4"),
        (28000, 35840, 25, "3584.2"),
        (40000, 51196, 36, "1122.9"),
        (25000, 31997, 27, "2716.8"),
        (15000, 19199, 9, "2238723.9"),
        (20000, 25598, 27, "2717.4"),
        (30000, 38397, 16, "27865.8"),
        (36454, 45000, 30, "1199.0"),
        (25000, 31998, 16, "27875.8"),
    ],
)
def test_a_loan_of_one_payment_has_the_printed_rate(advance, payment, days, printed):
    flows = [CashFlow(START, advance), CashFlow(START + timedelta(days=days), -payment)]

    assert str(eu_effective_rate(flows=flows, count_in=CountIn.DAY_365_25).percent(decimals=1)) == printed


# Guidelines on the application of Directive 2008/48/EC, SWD(2012) 128, Annex 1, section 4.1.1, as cited in the tests of
# andrewmurphy353/curo: start, end, counted in, years.


@pytest.mark.parametrize(
    ("start", "end", "count_in", "years"),
    [
        ("2019-01-12", "2020-01-12", "month", Fraction(1)),
        ("2012-01-12", "2012-02-15", "month", Fraction(1, 12) + Fraction(3, 365)),
        ("2012-01-12", "2012-03-15", "month", Fraction(2, 12) + Fraction(3, 365)),
        ("2012-01-12", "2012-04-15", "month", Fraction(3, 12) + Fraction(3, 365)),
        ("2013-01-12", "2013-02-15", "month", Fraction(1, 12) + Fraction(3, 366)),
        ("2013-01-12", "2013-03-15", "month", Fraction(2, 12) + Fraction(3, 366)),
        ("2013-01-12", "2013-04-15", "month", Fraction(3, 12) + Fraction(3, 366)),
        ("2013-02-25", "2013-03-28", "month", Fraction(1, 12) + Fraction(3, 366)),
        ("2013-02-26", "2013-03-29", "month", Fraction(1, 12) + Fraction(2, 366)),
        ("2012-02-26", "2012-03-29", "month", Fraction(1, 12) + Fraction(3, 366)),
        ("2012-01-12", "2012-02-15", "year", Fraction(34, 365)),
        ("2012-01-12", "2013-02-15", "year", 1 + Fraction(34, 365)),
        ("2012-01-12", "2014-02-15", "year", 2 + Fraction(34, 365)),
        ("2012-01-12", "2012-01-26", "week", Fraction(2, 52)),
        ("2012-01-12", "2013-01-10", "week", Fraction(1)),
        ("2012-01-12", "2012-01-30", "week", Fraction(2, 52) + Fraction(4, 365)),
    ],
)
def test_a_time_is_counted_as_the_guidelines_of_the_commission_do(start, end, count_in, years):
    assert (
        years_between(start=date.fromisoformat(start), end=date.fromisoformat(end), count_in=CountIn(count_in)) == years
    )


def us_payments(example) -> list[tuple[date, int]]:
    rows = []
    for first, count, every, amount in example["pays"]:
        length, kind = every.split()
        for place in range(count):
            moved = int(length) * place
            day = add_months(seed_date=first, months=moved) if kind == "month" else first + timedelta(days=moved)
            rows.append((day, amount))
    return sorted(rows)


@pytest.mark.parametrize("example", US, ids=[example["name"] for example in US])
def test_a_printed_american_example_comes_out_to_its_digits(example):
    lent, amount = example["advance"]
    payments = us_payments(example)

    unit = find_unit_period(advances=[lent], payments=[day for day, _ in payments])
    full, part = unit_periods_between(
        start=lent, end=payments[0][0], unit=unit, seed_day=series_day([day for day, _ in payments])
    )
    rate = us_actuarial_rate(flows=[CashFlow(lent, amount), *(CashFlow(day, -paid) for day, paid in payments)])

    assert f"{unit.every} {unit.kind}" == example["unit"]
    assert [full, part] == [example["first"][0], Fraction(example["first"][1])]
    assert str(rate.percent(decimals=2)) == example["printed"]
