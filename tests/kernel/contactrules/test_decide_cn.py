from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import PastEvent, Question, decide

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(day, hour, minute=0, second=0):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=SHANGHAI)


def asked(at, **more):
    return Question(**{"person": "A", "channel": "voice", "at": at, **more})


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (shanghai(2, 21, 59, 59), "allow"),
        (shanghai(2, 22), "deny"),
        (shanghai(3, 0), "deny"),
        (shanghai(3, 8), "deny"),
        (shanghai(3, 8, 0, 1), "allow"),
    ],
)
def test_the_night_is_closed_at_both_ends(at, outcome):
    decision = decide(pack=load_pack("cn"), question=asked(at), history=[])

    assert decision.outcome == outcome
    assert decision.rules == (("CN-T1", "CN-T2") if outcome == "deny" else ())


def test_the_fourth_connected_call_of_a_day_waits_for_the_next_morning():
    calls = [PastEvent(at=shanghai(2, 9 + hour), kind="connected", channel="voice") for hour in range(3)]

    decision = decide(pack=load_pack("cn"), question=asked(shanghai(2, 18)), history=calls)

    assert decision.rules == ("CN-F1",)
    assert decision.earliest_at == shanghai(3, 8, 0, 1)
    assert decision.confidence == "P"
    assert [seen.count for seen in decision.counters if seen.rule == "CN-F1"] == [3]


def test_agencies_and_robots_share_the_institutions_counter():
    calls = [
        PastEvent(at=shanghai(2, 9), kind="connected", channel="voice", by="lender", institution="bank"),
        PastEvent(at=shanghai(2, 10), kind="connected", channel="voice", by="agency", institution="bank", agency="x"),
        PastEvent(at=shanghai(2, 11), kind="connected", channel="voice", by="robot", institution="bank"),
    ]

    decision = decide(
        pack=load_pack("cn"),
        question=asked(shanghai(2, 18), by={"kind": "agency", "agency": "y", "institution": "bank"}),
        history=calls,
    )

    assert decision.rules == ("CN-F1",)


@pytest.mark.parametrize(("failures", "outcome"), [(2, "deny"), (3, "allow")])
def test_a_third_person_is_reached_after_three_failures_in_a_row(failures, outcome):
    tries = [
        PastEvent(at=shanghai(2, 9) + timedelta(hours=n), kind="attempt", channel="voice", person="A")
        for n in range(failures)
    ]

    question = asked(
        shanghai(3, 10), person="B", debtor="A", recipient="third_person", purpose="location", content_class="neutral"
    )
    decision = decide(pack=load_pack("cn"), question=question, history=tries)

    assert decision.outcome == outcome


@pytest.mark.parametrize(
    "more",
    [
        {"debtor": "A"},  # as documented
        {},  # nobody says who the debtor is: whoever is not the third person
    ],
)
def test_failures_to_reach_the_debtor_are_evidence_for_the_third_person(more):
    tries = [PastEvent(at=shanghai(2, 9 + n), kind="no_answer", person="A") for n in range(3)]
    question = asked(shanghai(3, 10), person="B", recipient="third_person", purpose="location", **more)

    assert decide(pack=load_pack("cn"), question=question, history=tries).outcome == "allow"


def test_a_consent_to_reminders_is_no_agreement_to_nights():
    consent = PastEvent(at=shanghai(1, 9), kind="consent_given", channel="sms", purpose="reminder")
    question = asked(shanghai(2, 23), channel="sms", purpose="reminder")

    assert decide(pack=load_pack("cn"), question=question, history=[consent]).rules == ("CN-T1",)


def test_a_consent_to_marketing_by_purpose_opens_marketing_only():
    consent = PastEvent(at=shanghai(1, 9), kind="consent_given", channel="sms", purpose="marketing")

    outcomes = [
        decide(
            pack=load_pack("cn"),
            question=asked(shanghai(2, 12), channel=channel, purpose="marketing"),
            history=[consent],
        ).outcome
        for channel in ("sms", "email")
    ]

    assert outcomes == ["allow", "deny"]


def test_a_call_event_without_a_channel_is_a_call():
    calls = [
        PastEvent.model_validate({"time": shanghai(2, 9 + hour), "kind": "answered", "by": {"kind": "robot"}})
        for hour in range(3)
    ]
    question = Question.model_validate(
        {"person": "A", "channel": "call", "at": shanghai(2, 16), "capacity": "creditor", "institution": "bank"}
    )

    assert question.by.institution == "bank"
    assert decide(pack=load_pack("cn"), question=question, history=calls).rules == ("CN-F1",)
