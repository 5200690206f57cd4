"""The limitation clock: what starts it, what starts it anew, what comes too late."""

from datetime import date

import pytest

from postloan.kernel.limitation import (
    LimitationEvent,
    LimitationEventKind,
    LimitationTerms,
    limitation_clock,
    years_after,
)

LAST_DUE = date(2023, 6, 15)
KINDS = LimitationEventKind


def clock(*events: tuple[LimitationEventKind, date] | tuple[LimitationEventKind, date, date]):
    return limitation_clock(last_due_date=LAST_DUE, events=[LimitationEvent(*event) for event in events])


def test_without_events_three_years_run_from_the_last_due_date():
    found = clock()

    assert (found.begins_date, found.last_date) == (date(2023, 6, 16), date(2026, 6, 15))
    assert not found.has_run_out(on_date=date(2026, 6, 15))
    assert found.has_run_out(on_date=date(2026, 6, 16))


@pytest.mark.parametrize("kind", [KINDS.DEMAND, KINDS.DEDUCTION, KINDS.PERFORMANCE, KINDS.AGREEMENT])
def test_what_interrupts_starts_the_three_years_anew(kind):
    assert clock((kind, date(2025, 1, 10))).last_date == date(2028, 1, 10)


def test_what_comes_before_the_last_instalment_is_due_moves_nothing():
    found = clock((KINDS.DEMAND, date(2023, 1, 10)), (KINDS.PERFORMANCE, LAST_DUE))

    assert (found.last_date, found.counted) == (date(2026, 6, 15), ())


def test_a_demand_on_the_last_day_counts_and_one_on_the_day_after_is_late():
    assert clock((KINDS.DEMAND, date(2026, 6, 15))).last_date == date(2029, 6, 15)

    late = clock((KINDS.DEMAND, date(2026, 6, 16)))

    assert (late.last_date, len(late.late), late.counted) == (date(2026, 6, 15), 1, ())


def test_a_suit_counts_from_the_end_of_its_procedure():
    assert clock((KINDS.SUIT, date(2025, 1, 10), date(2026, 9, 1))).last_date == date(2029, 9, 1)


@pytest.mark.parametrize(
    ("ended", "last"),
    [
        (date(2025, 12, 15), date(2026, 6, 15)),
        (date(2026, 3, 1), date(2026, 9, 1)),
        (date(2026, 8, 1), date(2027, 2, 1)),
    ],
)
def test_an_obstacle_counts_only_where_it_reaches_into_the_last_six_months(ended, last):
    assert clock((KINDS.OBSTACLE, date(2025, 10, 1), ended)).last_date == last


def test_no_number_of_demands_goes_beyond_the_long_stop():
    found = clock(*[(KINDS.DEMAND, date(year, 6, 1)) for year in range(2024, 2044)])

    assert (found.last_date, found.long_stop_date) == (date(2043, 6, 15), date(2043, 6, 15))


def test_the_order_in_which_events_become_known_does_not_matter():
    events = [
        (KINDS.DEMAND, date(2024, 3, 1)),
        (KINDS.AGREEMENT, date(2026, 12, 1)),
        (KINDS.DEDUCTION, date(2025, 5, 1)),
    ]

    assert clock(*events) == clock(*reversed(events))


def test_a_month_without_the_day_ends_the_period_on_its_last():
    assert years_after(on_date=date(2024, 8, 31), months=6) == date(2025, 2, 28)
    assert limitation_clock(
        last_due_date=date(2024, 2, 29), events=[], terms=LimitationTerms(years=2)
    ).last_date == date(2026, 2, 28)
