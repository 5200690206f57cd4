import doctest
from datetime import date

import pytest

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import _deadlines, deadline_stages, keeping, validation_period_end


def test_a_complaint_has_15_30_and_60_days():
    [rule] = load_pack("cn").entries("CN-K1")

    assert [stage.due_date for stage in deadline_stages(rule=rule, start_date=date(2026, 3, 2))] == [
        date(2026, 3, 17),
        date(2026, 4, 1),
        date(2026, 5, 1),
    ]


def test_a_credit_report_objection_has_20_days():
    [rule] = load_pack("cn").entries("CN-K2")

    assert [stage.due_date for stage in deadline_stages(rule=rule, start_date=date(2026, 2, 20))] == [date(2026, 3, 12)]


@pytest.mark.parametrize(
    ("sent", "received", "holidays", "end"),
    [
        (date(2026, 3, 2), None, (), date(2026, 4, 8)),
        (date(2026, 3, 2), date(2026, 3, 4), (), date(2026, 4, 3)),
        (date(2026, 1, 14), None, (date(2026, 1, 19),), date(2026, 2, 21)),
        (date(2026, 3, 6), None, (), date(2026, 4, 12)),
    ],
)
def test_the_validation_period_ends_thirty_days_after_receipt(sent, received, holidays, end):
    assert validation_period_end(sent_date=sent, received_date=received, holidays=holidays) == end


def test_bad_records_go_after_five_years_unless_on_hold():
    [rule] = load_pack("cn").entries("CN-K4")

    assert keeping(rule=rule, from_date=date(2026, 3, 2)).gone_by_date == date(2031, 3, 2)
    assert keeping(rule=rule, from_date=date(2026, 3, 2), on_hold=True).gone_by_date is None


def test_recordings_are_kept_three_years_after_the_call():
    rule = next(rule for rule in load_pack("us-reg-f").entries("US-R1") if rule.part == "recordings")

    assert keeping(rule=rule, from_date=date(2024, 2, 29)).until_date == date(2027, 2, 28)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(_deadlines).failed == 0
