"""A decision names every rule that spoke, and the same facts give the same decision."""

from dataclasses import replace

import pytest

from postloan.kernel.credit_rules import CreditFacts, Reason, decide_by_rules
from postloan.kernel.offers import DecisionRules

GOOD = CreditFacts(
    amount_minor=600_000,
    days_past_due=0,
    open_loans=1,
    charged_off_loans=0,
    exposure_minor=400_000,
    line_available_minor=600_000,
)
RULES = DecisionRules(most_open_loans=3, most_exposure_minor=1_000_000, refer_from_minor=700_000)


def test_who_breaks_no_rule_is_approved():
    assert decide_by_rules(rules=RULES, facts=GOOD).outcome == "approve"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"days_past_due": 1}, Reason("past_due", 1, 1)),
        ({"charged_off_loans": 1}, Reason("charged_off", 1, 0)),
        ({"open_loans": 3}, Reason("open_loans", 4, 3)),
        ({"exposure_minor": 400_001}, Reason("exposure", 1_000_001, 1_000_000)),
        ({"line_available_minor": 599_999}, Reason("line_exhausted", 600_000, 599_999)),
        ({"line_available_minor": None}, Reason("no_line", None, None)),
    ],
)
def test_each_rule_refuses_by_its_name_and_figures(change, reason):
    decision = decide_by_rules(rules=RULES, facts=replace(GOOD, **change))

    assert (decision.outcome, decision.reasons) == ("refuse", (reason,))


def test_all_rules_that_are_broken_are_named():
    decision = decide_by_rules(rules=RULES, facts=replace(GOOD, days_past_due=40, charged_off_loans=2))

    assert [reason.rule for reason in decision.reasons] == ["past_due", "charged_off"]


def test_a_large_amount_goes_to_a_person_unless_it_is_refused():
    large = replace(GOOD, amount_minor=700_000, exposure_minor=0, line_available_minor=900_000)

    assert decide_by_rules(rules=RULES, facts=large).outcome == "refer"
    assert decide_by_rules(rules=RULES, facts=replace(large, days_past_due=1)).outcome == "refuse"


def test_a_rule_that_is_not_given_does_not_apply():
    none = DecisionRules(refuse_from_days_past_due=None, refuse_after_charge_off=False, refuse_without_line=False)

    facts = replace(GOOD, days_past_due=400, charged_off_loans=3, line_available_minor=None)
    assert decide_by_rules(rules=none, facts=facts).outcome == "approve"
