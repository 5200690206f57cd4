"""The words people read for the codes of the gate: answers, outcomes, consents, holds."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

VERDICT: Words = {
    "allow": _("Allowed"),
    "deny": _("Refused"),
    "needs_policy_choice": _("Needs a policy choice"),
}

CONTACT_PURPOSE: Words = {
    "collection": _("Collection"),
    "reminder": _("Reminder"),
    "service": _("Service"),
    "reply": _("Reply"),
    "location": _("Location"),
    "validation_notice": _("Validation notice"),
    "follow_up": _("Follow-up"),
    "complaint": _("Complaint"),
    "verification_code": _("Verification code"),
    "marketing": _("Marketing"),
    "enforcement": _("Enforcement"),
    "debit": _("Debit"),
}

CONFIDENCE: Words = {
    "q": _("the text of the law was read"),
    "p": _("as restated by others"),
    "p-weak": _("from a weak source"),
    "r": _("remembered, to be verified"),
    "h": _("the lender's own choice"),
}

COUNTER_SUBJECT: Words = {
    "person": _("Person"),
    "contact_point": _("Contact point"),
    "debt": _("Debt"),
    "template_and_point": _("Template and number"),
}

RULE_KIND: Words = {
    "window": _("Hours"),
    "preference": _("The person's own wishes"),
    "counter": _("How often"),
    "cooling": _("Quiet after an event"),
    "recipient": _("Who may be reached"),
    "content": _("What is said"),
    "visit": _("Visits"),
    "debit": _("Direct debits"),
    "pattern": _("Pattern of calls"),
    "scope": _("Whom the rules reach"),
    "duty": _("Duty"),
    "evidence": _("What must have happened before"),
    "retention": _("How long records are kept"),
    "deadline": _("By when"),
}

CONTACT_STATE: Words = {
    "reserved": _("Under way"),
    "used": _("Happened"),
    "given_back": _("Did not happen"),
}

CONTACT_OUTCOME: Words = {
    "attempt": _("No answer"),
    "busy": _("Busy"),
    "not_in_service": _("Not in service"),
    "voicemail": _("Voicemail"),
    "dropped": _("Dropped"),
    "connected": _("Connected"),
    "conversation": _("Conversation"),
    "message_sent": _("Sent"),
    "message_delivered": _("Delivered"),
    "message_failed": _("Could not be delivered"),
    "letter_sent": _("Letter sent"),
    "visited": _("Visited"),
    "inbound": _("Reached us"),
    "not_sent": _("Not sent"),
    "lapsed": _("The sender did not come back"),
}

CONSENT_ACT: Words = {
    "asked": _("Asked for consent"),
    "consent_given": _("Consent given"),
    "consent_withdrawn": _("Consent withdrawn"),
    "opt_out": _("Opted out"),
    "opt_in": _("Opted in again"),
    "medium_refused": _("Refused this way of contact"),
    "refusal": _("A third person refused to be contacted"),
    "cease_request": _("Asked us to stop"),
    "cease_withdrawn": _("Allowed contact again"),
    "preferred_hours": _("Preferred hours"),
    "preferred_channel": _("Preferred channel"),
    "preference_withdrawn": _("Preference withdrawn"),
    "inconvenient_time": _("Inconvenient time"),
    "inconvenient_place": _("Inconvenient place"),
    "workplace_forbidden": _("Not at work"),
    "workplace_permitted": _("At work is fine"),
    "lost_contact": _("Cannot be reached"),
    "contact_restored": _("Can be reached again"),
    "wrong_number": _("Not this person's number"),
}

CONSENT_VIA: Words = {
    "keyword": _("By message"),
    "link": _("By link"),
    "agent": _("At the desk"),
    "portal": _("In the portal"),
    "api": _("From another system"),
    "letter": _("By letter"),
}

HOLD_KIND: Words = {
    "disputed": _("Disputed"),
    "on_plan": _("On a plan"),
    "promised": _("Promise to pay"),
    "complaint": _("Complaint open"),
    "hardship": _("Hardship request"),
    "debt_advice": _("Debt advice"),
    "legal": _("Legal hold"),
    "vulnerable": _("Vulnerable"),
    "deceased": _("Deceased"),
    "represented": _("Represented"),
    "incapacitated": _("Lacks capacity"),
}

POINT_STATE: Words = {
    "unverified": _("Not verified"),
    "verified": _("Verified"),
    "stale": _("Does not work any more"),
    "wrong": _("Somebody else's"),
}

CONTACT_TABLES: dict[str, Words] = {
    "verdict": VERDICT,
    "contact_purpose": CONTACT_PURPOSE,
    "confidence": CONFIDENCE,
    "counter_subject": COUNTER_SUBJECT,
    "rule_kind": RULE_KIND,
    "contact_state": CONTACT_STATE,
    "contact_outcome": CONTACT_OUTCOME,
    "consent_act": CONSENT_ACT,
    "consent_via": CONSENT_VIA,
    "hold_kind": HOLD_KIND,
    "point_state": POINT_STATE,
}
