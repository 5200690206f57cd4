"""When an account may be debited again after failures."""

from datetime import datetime

from postloan.kernel.contactrules._facts import Facts
from postloan.kernel.contactrules._finding import Finding
from postloan.kernel.contactrules._history import PastEvent
from postloan.kernel.contactrules._question import DebitPlan
from postloan.kernel.contactrules._rules import DebitRule


def judge_debit(*, rule: DebitRule, facts: Facts, at: datetime) -> Finding | None:
    """Refuse one more debit after the failures the rule allows, and part payments where it does."""
    plan = facts.question.debit
    if rule.no_part_payment and plan is not None and _is_part(plan):
        return Finding("part_payment", {"amount_minor": plan.amount_minor, "due_minor": plan.due_minor}, None)
    if rule.request_exempts and plan is not None and plan.at_customers_request:
        return None
    failed = _failures(rule, facts)
    if not failed or _released(rule, facts, since=failed[-1].at):
        return None
    if rule.consecutive is not None and len(failed) >= rule.consecutive:
        return Finding("debit_consecutive", {"failures": len(failed), "limit": rule.consecutive}, None)
    if rule.total is not None and len(failed) >= rule.total:
        return Finding("debit_total", {"failures": len(failed), "limit": rule.total}, None)
    return None


def _is_part(plan: DebitPlan) -> bool:
    return plan.amount_minor is not None and plan.due_minor is not None and plan.amount_minor < plan.due_minor


def failures(*, rule: DebitRule, facts: Facts) -> int:
    """Return the failures that count."""
    return len(_failures(rule, facts))


def _failures(rule: DebitRule, facts: Facts) -> list[PastEvent]:
    """
    Return the failures that count: of this account and lender, whatever the debt, channel or amount.

    A success begins anew for `consecutive`. A return for another reason (closed account, technical fault) is no
    failure and no success.
    """
    asked = facts.question
    found: list[PastEvent] = []
    for event in facts.events:
        if event.kind not in {"debit_failed", "debit_succeeded"} or not facts.concerns(event):
            continue
        if not facts.same_actor(event, "institution"):
            continue
        if (
            rule.consecutive is not None
            and asked.contact_point
            and event.contact_point not in (None, asked.contact_point)
        ):
            continue
        if rule.consecutive is None and not facts.same_debts(event):
            continue
        if event.kind == "debit_succeeded":
            found = [] if rule.consecutive is not None else found
        elif not rule.reasons or event.reason is None or event.reason.lower() in rule.reasons:
            found.append(event)
    return found


def _released(rule: DebitRule, facts: Facts, *, since: datetime) -> bool:
    plan = facts.question.debit
    for event in reversed(facts.events):
        if event.at < since:
            return False
        if event.kind not in rule.release or not facts.concerns(event):
            continue
        if event.until is not None and event.until <= facts.question.at:
            continue
        if (
            rule.same_terms
            and plan is not None
            and event.amount_minor is not None
            and plan.amount_minor != event.amount_minor
        ):
            continue
        if all(facts.holds((kind,)) for kind in rule.release_needs):
            return True
    return False
