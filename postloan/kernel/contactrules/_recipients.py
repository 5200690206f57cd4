"""Whether somebody other than the debtor may be reached, how often, and with what."""

from datetime import datetime

from postloan.kernel.contactrules._facts import Facts
from postloan.kernel.contactrules._finding import Finding
from postloan.kernel.contactrules._rules import EvidenceRule, RecipientRule

_REACHED = frozenset({"conversation", "connected", "dropped"})


def judge_recipient(*, rule: RecipientRule, facts: Facts, at: datetime) -> Finding | None:
    """Refuse a recipient who may not be reached at all, not yet, not with this content, or not once more."""
    asked = facts.question
    if rule.not_liable_only and _is_liable(facts):
        return None
    if rule.never:
        return Finding("recipient_never", {"recipient": asked.recipient}, None)
    if rule.refusal_closes and _has_refused(facts):
        return Finding("recipient_refused", {}, None)
    if rule.contents_allowed is not None and content_of(facts) not in rule.contents_allowed:
        return Finding("recipient_content", {"content": content_of(facts), "recipient": asked.recipient}, None)
    if (rule.evidence or rule.failures) and not _has_evidence(rule, facts):
        failed = failures_in_a_row(rule=rule, facts=facts)
        return Finding("no_evidence", {"failures": failed, "needed": rule.failures or 0}, None)
    if rule.times is not None and _times(rule, facts) >= rule.times:
        return Finding("recipient_again", {"times": rule.times}, None)
    return None


def content_of(facts: Facts) -> str:
    """Return the content class; where it is not said, collecting speaks of the debt and locating does not."""
    asked = facts.question
    if asked.content_class is not None:
        return asked.content_class
    return {"location": "location", "marketing": "marketing"}.get(asked.purpose, "debt")


def _is_liable(facts: Facts) -> bool:
    asked = facts.question
    if asked.liable is not None:
        return asked.liable
    return asked.recipient in {"debtor", "co_debtor", "guarantor"}


def _has_refused(facts: Facts) -> bool:
    if "refusal" in facts.question.flags:
        return True
    return any(
        event.kind in {"refusal", "opt_out"}
        and event.recipient in (None, facts.question.recipient)
        and event.person in (None, facts.question.person)
        and not (
            event.person is None
            and event.recipient is None
            and event.contact_point not in (None, facts.question.contact_point)
        )
        for event in facts.events
    )


def _has_evidence(rule: RecipientRule, facts: Facts) -> bool:
    restored = facts.last(("contact_restored",))
    for kind in rule.evidence:
        if kind in facts.question.flags:
            return True
        event = facts.last((kind,))
        if event is not None and (kind != "lost_contact" or restored is None or restored.at < event.at):
            return True
    return rule.failures is not None and failures_in_a_row(rule=rule, facts=facts) >= rule.failures


def failures_in_a_row(*, rule: RecipientRule, facts: Facts) -> int:
    """
    Return how many of the last tries at the debtor by telephone failed in a row.

    Any sign of the debtor since then (a talk, a call or message of theirs) begins anew. A number that is not in
    service counts as many as are needed where the rule takes it as evidence on its own.
    """
    failed = 0
    for contact in reversed(facts.contacts()):
        event = contact.event
        if not facts.is_the_debtors(event):
            continue
        if event.initiated_by == "person" or contact.outcome in _REACHED:
            break
        if event.channel not in (None, "voice"):
            continue
        if contact.outcome == "not_in_service" and rule.invalid_number_is_evidence:
            return max(failed + 1, rule.failures or 1)
        if contact.outcome in rule.failed:
            failed += 1
    return failed


def _times(rule: RecipientRule, facts: Facts) -> int:
    again = facts.last(rule.again_after)
    since = again.at if again is not None else None
    return sum(
        1
        for contact in facts.contacts()
        if contact.event.initiated_by == "us"
        and facts.is_mine(contact.event)
        and facts.same_actor(contact.event, "collector")
        and contact.outcome
        in {"conversation", "connected", "message_sent", "message_delivered", "letter_sent", "visited"}
        and (since is None or contact.event.at > since)
    )


def judge_evidence(*, rule: EvidenceRule, facts: Facts, at: datetime) -> Finding | None:
    """Refuse a purpose before what has to come first has happened."""
    missing = [kind for kind in rule.needs if not facts.holds((kind,))]
    return Finding("must_come_first", {"needs": ", ".join(missing)}, None) if missing else None
