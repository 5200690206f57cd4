"""
The port through which an application is decided: rules of the house now, a model or a service later.

A decider sees figures, never who the customer is, and answers with an outcome and its reasons. Its name and version are
kept with the facts it saw, so every decision can be asked again and explained.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from postloan.kernel.credit_rules import CreditFacts, Outcome, Reason, decide_by_rules
from postloan.kernel.offers import OfferTerms


@dataclass(frozen=True)
class DecisionRequest:
    """What is to be decided: the product's code and offer terms, and the facts, in minor units."""

    application_id: int
    product_code: str
    currency: str
    instalments: int
    terms: OfferTerms
    facts: CreditFacts


@dataclass(frozen=True)
class DecisionAnswer:
    """The outcome; whatever is not approved names its reasons. `grade` goes on the loan."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    decider: str
    decider_version: str
    grade: str = ""


class Decider(Protocol):
    """Who or what decides applications."""

    def decide(self, *, request: DecisionRequest) -> DecisionAnswer:
        """Return the answer; the same request gives the same answer from the same version."""
        ...


class RulesDecider:
    """Decides by the rules that the product's offer terms carry (kernel.credit_rules)."""

    def decide(self, *, request: DecisionRequest) -> DecisionAnswer:
        """Return what the rules say."""
        rules = request.terms.decision
        found = decide_by_rules(rules=rules, facts=request.facts)
        return DecisionAnswer(
            outcome=found.outcome, reasons=found.reasons, decider="rules", decider_version=rules.version
        )


@cache
def chosen_decider() -> Decider:
    """Return the decider that settings.APPLICATION_DECIDER names: a class by its path, and its options."""
    chosen: dict[str, Any] = settings.APPLICATION_DECIDER
    decider: Decider = import_string(chosen["class"])(**chosen["options"])
    return decider
