"""What holds whatever happened: earliest times are exact, overlays only close, more contacts never open."""

import sys
from datetime import UTC, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from postloan.care.outreach.packs import load_pack
from postloan.kernel.contactrules import decide

sys.path.insert(0, str(Path(__file__).parent))
from invented import PACKS, calls, histories, questions

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ORDER = ["allow", "needs_policy_choice", "deny"]


def answer(pack, question, history):
    return decide(pack=load_pack(pack), question=question, history=history)


@MANY
@given(st.sampled_from(PACKS), questions, histories, st.lists(st.floats(0, 0.999999), min_size=6, max_size=6))
def test_the_earliest_time_is_permitted_and_nothing_before_it(pack, question, history, shares):
    history = [event for event in history if event.at <= question.at]
    decision = answer(pack, question, history)
    assume(decision.outcome != "allow")

    if decision.earliest_at is None:
        between = [question.at + timedelta(days=share * 400) for share in shares]
    else:
        assert decision.earliest_at > question.at
        assert answer(pack, question.model_copy(update={"at": decision.earliest_at}), history).outcome == "allow"
        last = decision.earliest_at.astimezone(UTC) - timedelta(microseconds=1)
        wait = decision.earliest_at - question.at
        between = [last, *(question.at + wait * share for share in shares)]
    for at in between:
        assert answer(pack, question.model_copy(update={"at": at}), history).outcome != "allow"


@MANY
@given(
    st.sampled_from(
        [
            ("cn", "cn+house"),
            ("us-reg-f", "us-reg-f+us-ma"),
            ("us-reg-f+us-ma", "us-reg-f+us-ma+house"),
            ("uk", "uk+house"),
        ]
    ),
    questions,
    histories,
)
def test_an_overlay_never_opens_what_was_closed(packs, question, history):
    below, above = (answer(pack, question, history) for pack in packs)

    assert ORDER.index(above.outcome) >= ORDER.index(below.outcome)
    if below.earliest_at is None and below.outcome == "deny":
        assert above.earliest_at is None


@MANY
@given(st.sampled_from(PACKS), questions, histories, calls)
def test_one_more_call_of_ours_never_opens_what_was_closed(pack, question, history, call):
    call = call.model_copy(update={"initiated_by": "us", "contact_id": None, "kind": "conversation"})
    assume(question.purpose != "location" and question.recipient == "debtor")

    before, after = answer(pack, question, history), answer(pack, question, [*history, call])

    assert ORDER.index(after.outcome) >= ORDER.index(before.outcome)


@MANY
@given(st.sampled_from(PACKS), questions, histories, st.randoms())
def test_the_order_in_which_events_are_told_does_not_matter(pack, question, history, chance):
    ones = list({event.at: event for event in history}.values())
    told = ones[:]
    chance.shuffle(told)

    assert answer(pack, question, told) == answer(pack, question, ones)


@MANY
@given(st.sampled_from(PACKS), questions, histories)
def test_what_happens_later_is_not_known_yet(pack, question, history):
    assert answer(pack, question, history) == answer(
        pack, question, [event for event in history if event.at <= question.at]
    )
