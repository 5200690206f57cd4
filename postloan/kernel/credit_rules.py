"""
Decide a request for credit by rules.

The rules are data of the product (`offers.DecisionRules`), the facts are figures gathered before; the answer names
every rule that spoke, so that it can be explained and asked again with the same result.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from postloan.kernel.offers import DecisionRules

Outcome: TypeAlias = Literal["approve", "refuse", "refer"]


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """
    What is known of a customer and their request, in minor units.

    `exposure_minor` is principal owed on all loans, and on its way, without this request. `line_available_minor` is
    None for a request without a credit line.
    """

    amount_minor: int
    days_past_due: int
    open_loans: int
    charged_off_loans: int
    exposure_minor: int
    line_available_minor: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that spoke: its name, the figure it looked at and where it draws the line."""

    rule: str
    found: int | None
    bound: int | None


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """The outcome, and every rule that led to it; approved has none."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


def decide_by_rules(*, rules: DecisionRules, facts: CreditFacts) -> RuleDecision:
    """
    Return refuse where any rule refuses, else refer where any asks for a person, else approve.

    >>> facts = CreditFacts(amount_minor=100, days_past_due=3, open_loans=1, charged_off_loans=0, exposure_minor=0,
    ...                     line_available_minor=500)
    >>> decide_by_rules(rules=DecisionRules(), facts=facts).reasons
    (Reason(rule='past_due', found=3, bound=1),)
    """
    refusals = _refusals(rules=rules, facts=facts)
    if refusals:
        return RuleDecision("refuse", tuple(refusals))
    refer_from = rules.refer_from_minor
    if refer_from is not None and facts.amount_minor >= refer_from:
        return RuleDecision("refer", (Reason("large_amount", facts.amount_minor, refer_from),))
    return RuleDecision("approve", ())


def _refusals(*, rules: DecisionRules, facts: CreditFacts) -> list[Reason]:
    found = []
    late_from = rules.refuse_from_days_past_due
    if late_from is not None and facts.days_past_due >= late_from:
        found.append(Reason("past_due", facts.days_past_due, late_from))
    if rules.refuse_after_charge_off and facts.charged_off_loans:
        found.append(Reason("charged_off", facts.charged_off_loans, 0))
    if rules.most_open_loans is not None and facts.open_loans + 1 > rules.most_open_loans:
        found.append(Reason("open_loans", facts.open_loans + 1, rules.most_open_loans))
    exposure = facts.exposure_minor + facts.amount_minor
    if rules.most_exposure_minor is not None and exposure > rules.most_exposure_minor:
        found.append(Reason("exposure", exposure, rules.most_exposure_minor))
    if rules.refuse_without_line and facts.line_available_minor is None:
        found.append(Reason("no_line", None, None))
    elif facts.line_available_minor is not None and facts.amount_minor > facts.line_available_minor:
        found.append(Reason("line_exhausted", facts.amount_minor, facts.line_available_minor))
    return found
