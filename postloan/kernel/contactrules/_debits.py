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
    if rule.consecutive is not None and len(failed) >= rule.consecutive:
        return Finding("debit_consecutive", {"failures": len(failed), "limit": rule.consecutive}, None)
    if rule.total is not None and len(failed) >= rule.total:
        return Finding("debit_total", {"failures": len(failed), "limit": rule.total}, None)
    return None


def _is_part(plan: DebitPlan) -> bool:
    return plan.amount_minor is not None and plan.due_minor is not None and plan.amount_minor < plan.due_minor


def _failures(rule: DebitRule, facts: Facts) -> list[PastEvent]:
    """
    Return the failures that count: of this account and lender, whatever the debt, channel or amount.

    A success begins anew for `consecutive`, and so does what releases. A return for another reason (closed account,
    technical fault) is no failure and no success.
    """
    found: list[PastEvent] = []
    for event in facts.events:
        if not facts.concerns(event):
            continue
        if event.kind in rule.release and _releases(
            event, rule=rule, facts=facts, since=found[-1].at if found else None
        ):
            found = []
        elif event.kind in {"debit_failed", "debit_succeeded"} and _same_account(event, rule, facts):
            if event.kind == "debit_succeeded":
                found = [] if rule.consecutive is not None else found
            elif not rule.reasons or event.reason is None or _plain(event.reason) in rule.reasons:
                found.append(event)
    return found


def _plain(reason: str) -> str:
    return reason.strip().lower().replace(" ", "_").replace("-", "_")


def _same_account(event: PastEvent, rule: DebitRule, facts: Facts) -> bool:
    asked = facts.question
    if not facts.same_actor(event, "institution"):
        return False
    if rule.consecutive is None:
        return facts.same_debts(event)
    return not asked.contact_point or event.contact_point in (None, asked.contact_point)


def _releases(event: PastEvent, *, rule: DebitRule, facts: Facts, since: datetime | None) -> bool:
    """Tell whether an authorisation is for this debit: not lapsed, for its account and amount, with what it needs."""
    asked, plan = facts.question, facts.question.debit
    if event.until is not None and event.until <= asked.at:
        return False
    if (
        event.contact_point is not None
        and asked.contact_point is not None
        and event.contact_point != asked.contact_point
    ):
        return False
    if (
        rule.same_terms
        and event.amount_minor is not None
        and plan is not None
        and plan.amount_minor not in (None, event.amount_minor)
    ):
        return False
    return all(
        any(
            other.kind == kind and facts.concerns(other) and (since is None or other.at >= since)
            for other in facts.events
        )
        for kind in rule.release_needs
    )
