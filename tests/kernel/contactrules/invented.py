"""Invented questions and histories, for laws that hold whatever happened."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from postloan.kernel.contactrules import Actor, Hours, PastEvent, Question

START = datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC"))
ZONES = ["Asia/Shanghai", "America/New_York", "America/Los_Angeles", "Europe/London", "Pacific/Honolulu"]
PACKS = ["cn", "cn+house", "us-reg-f", "us-reg-f+us-ma", "us-reg-f+us-ma+house", "uk", "eu"]
CALLS = ["attempt", "busy", "not_in_service", "voicemail", "connected", "dropped", "conversation"]
STATES = [
    "opt_out", "opt_in", "medium_refused", "cease_request", "cease_withdrawn", "represented", "dispute", "dispute_answered", "promise",
    "promise_broken", "plan_signed", "plan_breached", "hardship", "lost_contact", "death", "vulnerable", "paid", "complaint",
    "complaint_closed", "refusal", "court_permission", "validation_sent", "workplace_forbidden", "debt_advice_hold", "breathing_space",
    "debit_failed", "debit_succeeded", "rights_notice", "new_debit_authorisation", "time_barred", "wrong_number",
]  # fmt: skip
SCOPES = ["hours", "frequency", "channel", "direct", "third_party", "marketing", "any"]


def instants(*, first_minute=0, last_minute=60 * 24 * 20):
    return st.integers(first_minute, last_minute).map(lambda minute: START + timedelta(minutes=minute))


hours = st.builds(
    lambda start, length: Hours(start=f"{start:02}:30", end=f"{(start + length) % 24:02}:15"),
    st.integers(0, 23),
    st.integers(1, 22),
)
about = {
    "at": instants(),
    "debts": st.sampled_from([(), ("L1",), ("L2",), ("L1", "L2")]),
    "contact_point": st.sampled_from([None, "n1", "n2"]),
    "agency": st.sampled_from([None, "K", "J"]),
}
calls = st.builds(
    PastEvent,
    kind=st.sampled_from(CALLS),
    channel=st.just("voice"),
    initiated_by=st.sampled_from(["us", "us", "person"]),
    contact_id=st.sampled_from([None, None, "1", "2"]),
    mode=st.sampled_from([None, "notification"]),
    point_kind=st.sampled_from([None, "mobile", "work"]),
    **about,
)
messages = st.builds(
    PastEvent,
    kind=st.sampled_from(["message_sent", "message_delivered", "inbound"]),
    channel=st.sampled_from(["sms", "email"]),
    **about,
)
consents = st.builds(
    PastEvent,
    kind=st.sampled_from(["consent_given", "consent_given", "consent_withdrawn"]),
    scope=st.sampled_from([(), *((scope,) for scope in SCOPES)]),
    channel=st.sampled_from([None, "voice", "sms"]),
    until=st.none() | instants(),
    hours=st.just(()) | hours.map(lambda one: (one,)),
    **about,
)
states = st.builds(
    PastEvent,
    kind=st.sampled_from(STATES),
    channel=st.sampled_from([None, "voice", "sms"]),
    until=st.none() | instants(),
    **about,
)
wishes = st.builds(
    PastEvent,
    kind=st.sampled_from(["inconvenient_time", "preferred_hours", "preference_withdrawn"]),
    hours=hours.map(lambda one: (one,)),
    **about,
)
events = calls | calls | messages | consents | states | wishes
histories = st.lists(events, max_size=14)
questions = st.builds(
    Question,
    person=st.just("A"),
    at=instants(first_minute=60 * 24 * 8),
    channel=st.sampled_from(["voice", "voice", "sms", "email", "letter", "visit", "debit"]),
    purpose=st.sampled_from(["collection", "collection", "reminder", "reply", "location", "marketing", "debit"]),
    debts=st.sampled_from([(), ("L1",), ("L2",), ("L1", "L2")]),
    contact_point=st.sampled_from([None, "n1", "n2"]),
    point_kind=st.sampled_from([None, "mobile", "work"]),
    by=st.sampled_from(
        [
            Actor(),
            Actor(kind="lender"),
            Actor(kind="agency", agency="K"),
            Actor(kind="robot"),
            Actor(kind="agency", agency="J"),
        ]
    ),
    time_zones=st.sampled_from(
        [
            (),
            ("Asia/Shanghai",),
            ("America/New_York",),
            ("America/New_York", "America/Los_Angeles"),
            ("Pacific/Honolulu",),
        ]
    ),
    recipient=st.sampled_from(["debtor", "debtor", "debtor", "spouse", "third_person"]),
)
