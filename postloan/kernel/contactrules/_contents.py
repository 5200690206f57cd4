"""What a text has to say and must not, and how a visit is made: what is known is judged, what is not becomes owed."""

from datetime import datetime

from postloan.kernel.contactrules._facts import CONTACTS, Facts
from postloan.kernel.contactrules._finding import Finding
from postloan.kernel.contactrules._rules import ContentRule, VisitRule


def judge_content(*, rule: ContentRule, facts: Facts, at: datetime) -> Finding | None:
    """Refuse missing disclosures, forbidden claims, a template not approved, too long a text, an unknown identity."""
    asked, content = facts.question, facts.question.content
    if rule.needs_identity and asked.identity_verified is False:
        return Finding("identity_unknown", {}, None)
    if rule.no_private_account and asked.private_account:
        return Finding("private_account", {}, None)
    if content is None:
        return None
    if not rule.forbids_when or facts.holds(rule.forbids_when):
        claimed = [claim for claim in content.claims if claim in rule.forbids]
        if claimed:
            return Finding("forbidden_claim", {"claims": ", ".join(claimed)}, None)
    if content.disclosures is not None:
        missing = [name for name in required(rule=rule, facts=facts) if name not in content.disclosures]
        if missing:
            return Finding("missing_disclosure", {"missing": ", ".join(missing)}, None)
    if rule.approved_template and content.template_state not in (None, "approved"):
        return Finding("template_not_approved", {"state": content.template_state}, None)
    if rule.characters_at_most is not None and (content.characters or 0) > rule.characters_at_most:
        return Finding("too_long", {"characters": content.characters, "at_most": rule.characters_at_most}, None)
    return None


def required(*, rule: ContentRule, facts: Facts) -> tuple[str, ...]:
    """Return what the text has to state: always, and as the first or a later communication."""
    if not rule.requires_first and not rule.requires_later:
        return rule.requires
    return rule.requires + (rule.requires_first if is_first(facts=facts) else rule.requires_later)


def is_first(*, facts: Facts) -> bool:
    """Tell whether nothing has been said to this person about these debts before."""
    if facts.question.first_communication is not None:
        return facts.question.first_communication
    spoken = CONTACTS - {"attempt", "busy", "not_in_service", "message_failed", "dropped", "voicemail"}
    return not any(
        contact.outcome in spoken and facts.is_mine(contact.event) and facts.same_debts(contact.event)
        for contact in facts.contacts()
    )


def judge_visit(*, rule: VisitRule, facts: Facts, at: datetime) -> Finding | None:
    """Refuse a visit with too few visitors, without papers or notice, to the wrong place or person."""
    if rule.not_after:
        event = facts.last(rule.not_after)
        flagged = any(flag in rule.not_after for flag in facts.question.flags)
        if flagged or (event is not None and not _ended(event.at, rule, facts)):
            return Finding("visit_not_to", {"why": event.kind if event else "flag"}, None)
    plan = facts.question.visit
    if plan is None:
        return None
    if rule.headcount_at_least is not None and plan.headcount is not None and plan.headcount < rule.headcount_at_least:
        return Finding("headcount", {"visitors": plan.headcount, "needed": rule.headcount_at_least}, None)
    missing = [name for name in rule.needs if getattr(plan, name) is False]
    if missing:
        return Finding("visit_lacks", {"missing": ", ".join(missing)}, None)
    if (
        rule.notice_hours_at_least is not None
        and plan.notice_hours is not None
        and plan.notice_hours < rule.notice_hours_at_least
    ):
        return Finding("notice", {"hours": plan.notice_hours, "needed": rule.notice_hours_at_least}, None)
    if rule.entry_needs_consent and plan.enters is not False and _enters_unasked(facts):
        return Finding("entry", {}, None)
    if rule.leaves_when_asked and plan.asked_to_leave:
        return Finding("asked_to_leave", {}, None)
    if plan.place is not None and plan.place in rule.not_places:
        return Finding("visit_place", {"place": plan.place}, None)
    if rule.no_posting and plan.posts_notice:
        return Finding("posting", {}, None)
    return None


def _ended(since: datetime, rule: VisitRule, facts: Facts) -> bool:
    later = facts.last(rule.not_after_release)
    return later is not None and later.at >= since


def _enters_unasked(facts: Facts) -> bool:
    plan = facts.question.visit
    assert plan is not None
    if plan.consent_to_enter is not None:
        return not plan.consent_to_enter
    if plan.enters is None:
        return False
    return not any("entry" in consent.scope or "any" in consent.scope for consent in facts.consents())
