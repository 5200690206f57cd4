"""The limitation clock of a loan is moved by delivered demands, debits, payments and agreements on record."""

import doctest
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from postloan.care.outreach import operations
from postloan.care.outreach.limitation import limitation_of
from postloan.care.outreach.operations import Report
from tests.factories.books import make_books, make_loan, make_product
from tests.factories.gate import call

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "limitation.md"
DUE = date(2018, 7, 10)


def test_the_worked_example_of_the_rule_page_is_true():
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert result.failed == 0 and result.attempted >= 6


@pytest.fixture
def loan(db):
    make_books()
    return make_loan(product=make_product(), due_dates=[DUE], principal_minor=[50_000], interest_minor=[500])


def told(loan, outcome, day, **more):
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    ask = call(loan.customer, **({"loan_ids": (loan.pk,)} | more))
    operations.record_contacts(reports=[Report(ask, outcome, at)], at=at, by="test")


def test_without_anything_on_record_it_runs_three_years_from_the_last_due_date(loan):
    assert limitation_of(loan_id=loan.pk).last_date == date(2021, 7, 10)


@pytest.mark.parametrize(
    ("outcome", "more", "moves"),
    [
        ("message_delivered", {"channel": "sms"}, True),
        ("conversation", {}, True),
        ("message_sent", {"channel": "sms"}, False),
        ("attempt", {}, False),
        ("message_delivered", {"channel": "sms", "purpose": "marketing"}, False),
        ("conversation", {"recipient": "guarantor"}, False),
    ],
)
def test_only_a_demand_that_reached_the_debtor_starts_it_anew(loan, outcome, more, moves):
    told(loan, outcome, date(2019, 3, 4), **more)

    assert limitation_of(loan_id=loan.pk).last_date == (date(2022, 3, 4) if moves else date(2021, 7, 10))


def test_a_contact_about_another_loan_moves_nothing(loan):
    told(loan, "conversation", date(2019, 3, 4), loan_ids=(loan.pk + 1,))

    assert limitation_of(loan_id=loan.pk).counted == ()


def test_a_plan_is_an_agreement_and_names_its_source(loan):
    at = datetime(2020, 2, 3, 4, tzinfo=UTC)
    hold = operations.set_hold(
        customer_id=loan.customer_id, kind="on_plan", loan_id=loan.pk, reason="twelve months", by="anna", at=at
    )

    clock = limitation_of(loan_id=loan.pk)

    assert (clock.last_date, [event.source for event in clock.counted]) == (date(2023, 2, 3), [f"hold {hold.pk}"])
