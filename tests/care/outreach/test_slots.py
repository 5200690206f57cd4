"""Slots: reserved, used, given back; one decision on record each; what is under way counts at its worst."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from postloan.care.outreach import operations
from postloan.care.outreach.deciding import CustomerUnknown
from postloan.care.outreach.models import Contact, ContactDecision
from postloan.care.outreach.operations import Outcome, Report
from tests.factories.gate import NOON, call, calls_a_day, make_pack
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db


def reserve(*asks, at=NOON, **more):
    return operations.reserve_contacts(asks=asks, at=at, by="dialler", **more)


def settle(answer, outcome, at=NOON + timedelta(minutes=1)):
    return operations.settle_contacts(outcomes=[Outcome(answer.contact_id, outcome)], at=at, by="dialler")


def test_an_allow_is_on_record_and_holds_a_slot(use_pack):
    use_pack(make_pack(calls_a_day(3)))
    customer = make_customer()

    [answer] = reserve(call(customer))

    slot = Contact.objects.get()
    decision = ContactDecision.objects.get()
    assert (answer.verdict, answer.contact_id, answer.decision_id) == ("allow", slot.pk, decision.pk)
    assert (slot.state, slot.lease_until_at, slot.decision_id) == (
        "reserved",
        NOON + timedelta(minutes=10),
        decision.pk,
    )
    assert (decision.pack, decision.pack_version, decision.verdict) == ("test", "1", "allow")
    assert decision.counters[0] | {"window": ""} == {
        "rule_id": "T-1", "subject": "person", "count": 0, "limit": 3, "window": "",
    }  # fmt: skip


def test_a_slot_under_way_counts_as_the_conversation_it_may_become(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()

    first, second = reserve(call(customer), call(customer))

    assert (first.verdict, second.verdict, second.rule_ids) == ("allow", "deny", ("T-1",))
    assert second.contact_id == 0
    assert Contact.objects.count() == 1


def test_and_as_the_unanswered_try_it_may_become(use_pack):
    use_pack(make_pack(calls_a_day(1, counts=("attempt",))))
    customer = make_customer()

    first, second = reserve(call(customer), call(customer))

    assert (first.verdict, second.verdict) == ("allow", "deny")


def test_the_earliest_time_after_a_slot_under_way_is_the_end_of_its_lease(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()

    _, second = reserve(call(customer), call(customer))

    assert second.earliest_at == NOON + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("outcome", "again"),
    [("conversation", "deny"), ("connected", "deny"), ("attempt", "allow"), ("busy", "allow"), ("not_sent", "allow")],
)
def test_a_slot_is_used_by_what_counts_and_given_back_by_what_does_not(use_pack, outcome, again):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()
    [first] = reserve(call(customer))

    settle(first, outcome)
    [second] = reserve(call(customer), at=NOON + timedelta(minutes=2))

    assert second.verdict == again


def test_busy_gives_the_slot_back_and_still_counts_where_tries_are_counted(use_pack):
    use_pack(make_pack(calls_a_day(1, counts=("attempt", "busy"))))
    customer = make_customer()
    [first] = reserve(call(customer))

    settle(first, "busy")
    [second] = reserve(call(customer), at=NOON + timedelta(minutes=2))

    assert (Contact.objects.get().state, second.verdict) == ("given_back", "deny")


def test_a_crashed_senders_slot_returns_when_its_lease_is_over(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()
    reserve(call(customer))
    later = NOON + timedelta(minutes=10)

    [before], [after] = reserve(call(customer), at=later - timedelta(seconds=1)), reserve(call(customer), at=later)

    assert (before.verdict, after.verdict) == ("deny", "allow")
    assert operations.return_lapsed_slots(at=later, by="sweeper") == 1
    assert operations.return_lapsed_slots(at=later, by="sweeper") == 0
    assert set(Contact.objects.values_list("state", "outcome")) == {("given_back", "lapsed"), ("reserved", "")}


def test_a_call_that_happened_after_its_lease_counts_all_the_same(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()
    [first] = reserve(call(customer))
    operations.return_lapsed_slots(at=NOON + timedelta(minutes=11), by="sweeper")

    settle(first, "conversation", at=NOON + timedelta(minutes=12))
    [second] = reserve(call(customer), at=NOON + timedelta(minutes=13))

    assert (Contact.objects.get(pk=first.contact_id).state, second.verdict) == ("used", "deny")


def test_the_same_occasion_asked_again_is_the_same_slot_and_does_not_count_itself(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    ask = call(make_customer())

    [first], [again] = reserve(ask), reserve(ask, at=NOON + timedelta(minutes=5))

    assert (again.verdict, again.contact_id) == ("allow", first.contact_id)
    assert Contact.objects.get().lease_until_at == NOON + timedelta(minutes=15)
    assert ContactDecision.objects.count() == 2


def test_an_occasion_refused_when_asked_again_gives_its_slot_back(use_pack):
    use_pack(make_pack({"kind": "window", "start": "12:05", "end": "13:00", "zones": "pack"}))
    ask = call(make_customer())
    reserve(ask)

    [again] = reserve(ask, at=NOON + timedelta(minutes=6))

    assert again.verdict == "deny"
    assert set(Contact.objects.values_list("state", "outcome")) == {("given_back", "not_sent")}


def test_asking_without_reserving_leaves_nothing(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()

    answers = operations.may_contact(asks=[call(customer), call(customer)], at=NOON)

    assert [answer.verdict for answer in answers] == ["allow", "allow"]
    assert (Contact.objects.count(), ContactDecision.objects.count()) == (0, 0)


def test_an_outcome_reported_twice_or_weaker_changes_nothing(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    [first] = reserve(call(make_customer()))

    changes = [settle(first, outcome) for outcome in ("conversation", "conversation", "attempt", "busy")]

    assert changes == [1, 0, 0, 0]
    assert Contact.objects.get().outcome == "conversation"


def test_words_and_ids_the_gate_does_not_know_are_refused(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    [first] = reserve(call(make_customer()))

    with pytest.raises(operations.OutcomeUnknown):
        settle(first, "shrug")
    with pytest.raises(operations.ContactNotFound):
        operations.settle_contacts(outcomes=[Outcome(first.contact_id + 99, "busy")], at=NOON, by="dialler")
    with pytest.raises(CustomerUnknown):
        reserve(call(make_customer(), customer_id=10**9))


def test_an_agencys_call_reported_twice_counts_once_and_a_breach_is_named(use_pack):
    use_pack(make_pack(calls_a_day(2)))
    customer = make_customer()
    ask = call(customer, actor="agency", institution="north", capacity="third_party_collector", key="north:1")
    other = call(customer, actor="agency", institution="south", capacity="third_party_collector", key="south:1")

    def report(one, outcome="conversation"):
        found = operations.record_contacts(reports=[Report(one, outcome, NOON)], at=NOON, by="agency")
        return found[0]

    first, again, second, third = report(ask), report(ask), report(other), report(call(customer, key="north:2"))

    assert (first.is_new, again.is_new, again.contact_id) == (True, False, first.contact_id)
    assert (second.breached, third.breached) == ((), ("T-1",))
    assert reserve(call(customer))[0].verdict == "deny"
    assert ContactDecision.objects.filter(reported=True, verdict="deny").count() == 1


def test_a_person_who_calls_us_is_on_the_timeline_without_a_decision(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    customer = make_customer()

    [inbound] = operations.record_contacts(
        reports=[Report(call(customer), "conversation", NOON, is_inbound=True)], at=NOON, by="hotline"
    )

    contact = Contact.objects.get(pk=inbound.contact_id)
    assert (contact.direction, contact.state, contact.decision_id) == ("in", "used", None)


def test_the_database_knows_no_contact_out_without_a_decision_and_none_that_unhappens(use_pack):
    use_pack(make_pack(calls_a_day(1)))
    [first] = reserve(call(make_customer()))
    settle(first, "conversation")

    for change in ({"decision": None}, {"state": "given_back"}, {"key": "another"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.filter(pk=first.contact_id).update(**change)


def test_a_shared_number_is_counted_over_everybody_who_has_it(use_pack):
    use_pack(make_pack(calls_a_day(1, subject="contact_point")))
    one, other = make_customer(number=7001), make_customer(number=7101)  # the factory gives both one phone number

    first, second = reserve(call(one), call(other))

    assert (first.verdict, second.verdict) == ("allow", "deny")
