"""
The personal loan in the tests of frappe/lending, state of April 2026: figures only (the code is GPL-3).

280,000.00 at 8.4 % a year over 20 months, paid out on 27 January 2025; the source checks whole units.
"""

from postloan.kernel.quoting import quote, take_terms

TERMS = {
    "convention": "frappe",
    "currency": "INR",
    "principal_minor": 28_000_000,
    "rate_ppm": 84_000,
    "instalments": 20,
    "start_date": "2025-01-27",
}
ROWS = {4: (13_392, 1_660, 226_979), 18: (14_745, 307, 29_715), 20: (14_875, 106, 0)}


def whole(amount_minor):
    return (amount_minor + 50) // 100


def test_a_schedule_of_frappe_lending_is_reproduced_to_the_unit_it_publishes():
    answer = quote(terms=take_terms(TERMS))

    assert answer.instalment_minor == 1_505_200
    assert whole(answer.totals.interest_minor) == 20_970
    assert whole(answer.totals.total_minor) == 300_970
    published = {number: answer.rows[number - 1] for number in ROWS}
    assert {
        number: (whole(row.principal_minor), whole(row.interest_minor), whole(row.balance_minor))
        for number, row in published.items()
    } == ROWS
