import doctest
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from postloan.kernel import takeover
from postloan.kernel.calendars import add_months
from postloan.kernel.takeover import (
    NO_LIMIT,
    fitting_days_many,
    settled_rows,
    settled_rows_many,
    spread_day,
)

AS_OF = date(2018, 6, 30)
RULE_PAGE = Path(__file__).parents[2] / "docs" / "rules" / "import.md"
PLAN = [
    date(2018, 2, 10),
    date(2018, 3, 10),
    date(2018, 4, 10),
    date(2018, 5, 10),
    date(2018, 6, 10),
    date(2018, 7, 10),
]
BALANCES = [600, 500, 400, 300, 200, 100, 0]


def settled(*, balance_minor, low_days, high_days, plan=PLAN):
    found = settled_rows(
        due_dates=plan,
        planned_balances_minor=BALANCES,
        balance_minor=balance_minor,
        low_days=low_days,
        high_days=high_days,
        as_of=AS_OF,
    )
    return found.rows, found.fits


def test_a_current_loan_has_settled_all_that_fell_due_whatever_its_balance():
    assert settled(balance_minor=100, low_days=0, high_days=0) == (5, True)
    assert settled(balance_minor=600, low_days=0, high_days=0) == (5, True)


def test_the_last_row_is_not_settled_while_a_balance_is_left():
    assert settled(balance_minor=100, low_days=0, high_days=0, plan=PLAN[:5]) == (4, False)


def test_a_late_loan_is_as_late_as_its_status_says():
    assert settled(balance_minor=200, low_days=16, high_days=30) == (4, True)  # 10 June is 20 days past due
    assert settled(balance_minor=200, low_days=31, high_days=60) == (3, True)  # 10 May, 51 days


def test_among_the_rows_of_the_band_the_balance_decides():
    assert settled(balance_minor=390, low_days=31, high_days=120) == (2, True)
    assert settled(balance_minor=310, low_days=31, high_days=120) == (3, True)
    assert settled(balance_minor=350, low_days=31, high_days=120) == (2, True)  # as near to both: the older


def test_where_no_row_fits_the_band_the_nearest_is_taken_and_told():
    assert settled(balance_minor=200, low_days=1, high_days=15) == (4, False)
    assert settled(balance_minor=200, low_days=25, high_days=30) == (4, False)


def test_nothing_is_late_where_nothing_has_fallen_due():
    later = [due_date + timedelta(days=400) for due_date in PLAN]
    assert settled(balance_minor=600, low_days=1, high_days=30, plan=later) == (0, False)


LOANS = st.lists(
    st.tuples(
        st.integers(1, 12),  # rows
        st.integers(-14, 14),  # months from the first due date to the day of the tape
        st.integers(1, 28),  # due day
        st.integers(1, 1300),  # balance
        st.sampled_from([(0, 0), (1, 15), (16, 30), (31, 120), (45, 45), (121, NO_LIMIT)]),
    ),
    min_size=1,
    max_size=8,
)


@given(LOANS)
def test_many_loans_stand_where_each_stands_alone(loans):
    plans, balances = [], []
    for rows, months, day, _, _ in loans:
        first = add_months(seed_date=AS_OF.replace(day=day), months=-months)
        plans.append([add_months(seed_date=first, months=step) for step in range(rows)])
        balances.append([100 * (rows - done) for done in range(rows + 1)])
    most = max(len(plan) for plan in plans)
    due_dates = np.full((len(loans), most), np.datetime64("NaT", "D"))
    planned = np.zeros((len(loans), most + 1), dtype=np.int64)
    for line, (plan, balance) in enumerate(zip(plans, balances, strict=True)):
        due_dates[line, : len(plan)] = plan
        planned[line, : len(balance)] = balance

    many = settled_rows_many(
        due_dates=due_dates,
        planned_balances_minor=planned,
        balance_minor=np.array([loan[3] for loan in loans]),
        low_days=np.array([loan[4][0] for loan in loans]),
        high_days=np.array([loan[4][1] for loan in loans]),
        as_of=AS_OF,
    )

    for line, (_, _, _, balance_minor, (low_days, high_days)) in enumerate(loans):
        one = settled_rows(
            due_dates=plans[line],
            planned_balances_minor=balances[line],
            balance_minor=balance_minor,
            low_days=low_days,
            high_days=high_days,
            as_of=AS_OF,
        )
        assert (many.rows[line], many.fits[line]) == (one.rows, one.fits)


def fitting_day(*, month, spread, settled, low_days, high_days, rows=36):
    (day,) = fitting_days_many(
        disbursed_month=np.array([month], dtype="datetime64[M]"),
        spread_days=np.array([spread]),
        settled=np.array([settled]),
        rows=np.array([rows]),
        low_days=np.array([low_days]),
        high_days=np.array([high_days]),
        as_of=AS_OF,
    ).tolist()
    return day


def test_a_day_that_fits_is_kept():
    assert fitting_day(month="2018-01", spread=10, settled=4, low_days=16, high_days=30) == 10


def test_a_day_is_chosen_on_which_the_row_that_the_balance_tells_fits_the_band():
    # Row 5 falls due in June: from 1 to 14 June it is 16 to 29 days past due.
    assert fitting_day(month="2018-01", spread=20, settled=4, low_days=16, high_days=30) == 1


def test_a_day_for_another_row_is_chosen_where_that_row_fits_on_none():
    # Row 2 fell due in March, months ago. Row 5 can be 1 to 15 days past due, from 15 June on.
    assert fitting_day(month="2018-01", spread=10, settled=1, low_days=1, high_days=15) == 15


def test_the_spread_day_stays_where_no_day_fits():
    assert fitting_day(month="2018-06", spread=10, settled=0, low_days=31, high_days=60) == 10
    assert fitting_day(month="2017-01", spread=10, settled=0, low_days=1, high_days=15, rows=3) == 10


@given(
    st.integers(0, 11),
    st.integers(1, 28),
    st.integers(0, 12),
    st.sampled_from([(1, 15), (16, 30), (31, 120), (45, 45)]),
)
def test_a_chosen_day_fits_whenever_any_day_does(months_ago, spread, done, band):
    month = np.datetime64("2018-06", "M") - months_ago
    low_days, high_days = band

    day = fitting_day(month=month, spread=spread, settled=done, low_days=low_days, high_days=high_days, rows=12)

    def fits(day):
        dues = [(month + row).astype("datetime64[D]") + (day - 1) for row in range(1, 13)]
        past = [int((np.datetime64(AS_OF, "D") - due).astype(np.int64)) for due in dues]
        return any(low_days <= days <= high_days for days in past)

    assert fits(day) == any(fits(each) for each in range(1, 29))


def test_spread_days_are_even_and_never_change():
    days = [spread_day(key=f"loan-{number}", seed=2018) for number in range(28_000)]

    counts = [days.count(day) for day in range(1, 29)]
    assert sum(counts) == 28_000 and min(counts) > 850 and max(counts) < 1_150
    assert days == [spread_day(key=f"loan-{number}", seed=2018) for number in range(28_000)]
    assert days != [spread_day(key=f"loan-{number}", seed=2019) for number in range(28_000)]


def test_the_rule_page_and_the_docstrings_say_what_is_computed():
    page = doctest.testfile(str(RULE_PAGE), module_relative=False)
    docstrings = doctest.testmod(takeover)

    assert page.attempted >= 3 and page.failed == 0
    assert docstrings.attempted >= 3 and docstrings.failed == 0
