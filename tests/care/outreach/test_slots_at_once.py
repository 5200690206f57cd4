"""Sixteen connections fight for the last slot: one gets it, whatever the interleaving, and none is lost."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from postloan.care.outreach import operations
from postloan.care.outreach.models import Contact, ContactDecision
from postloan.care.outreach.operations import Outcome, Report
from postloan.care.outreach.verifying import verify_evidence
from tests.factories.gate import NOON, call, calls_a_day, make_pack
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 16


def at_once(acts: list[Callable[[], str]]) -> Counter[str]:
    barrier, found = Barrier(len(acts)), Counter()

    def hand(act: Callable[[], str]) -> None:
        barrier.wait()
        try:
            found[act()] += 1
        except Exception as error:  # noqa: BLE001 - every refusal is counted by its name
            found[type(error).__name__] += 1
        finally:
            connections.close_all()

    hands = [Thread(target=hand, args=[act]) for act in acts]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    return found


def reserving(*asks) -> Callable[[], str]:
    def act() -> str:
        answers = operations.reserve_contacts(asks=asks, at=NOON, by="dialler")
        return "+".join(answer.verdict for answer in answers)

    return act


def test_of_sixteen_who_fight_for_the_last_slot_one_gets_it_and_a_slot_given_back_is_had_again(use_pack):
    use_pack(make_pack(calls_a_day(3)))
    customer = make_customer()
    for _ in range(2):
        operations.record_contacts(reports=[Report(call(customer), "conversation", NOON)], at=NOON, by="agency")

    for _ in range(5):
        found = at_once([reserving(call(customer)) for _ in range(HANDS)])
        assert found == {"allow": 1, "deny": HANDS - 1}
        [slot] = Contact.objects.filter(state="reserved")
        operations.settle_contacts(outcomes=[Outcome(slot.pk, "busy")], at=NOON, by="dialler")

    assert ContactDecision.objects.filter(reported=False).count() == 5 * HANDS
    assert verify_evidence().holds


def test_those_who_ask_about_shared_numbers_and_several_people_never_lock_each_other_out(use_pack):
    use_pack(make_pack(calls_a_day(4, subject="contact_point")))
    people = [make_customer(number=8000 + 100 * no) for no in range(4)]  # all share one number
    orders = [people, people[::-1], people[2:] + people[:2], people[1:] + people[:1]]

    found = at_once([reserving(*[call(person) for person in orders[no % 4]]) for no in range(HANDS)])

    assert sum(found.values()) == HANDS
    assert set(found) <= {"allow+allow+allow+allow", "deny+deny+deny+deny"}
    assert Contact.objects.filter(state="reserved").count() == 4
    assert verify_evidence().holds


def test_an_opt_out_and_a_send_at_once_come_one_after_the_other(use_pack):
    use_pack(make_pack({"kind": "cooling", "after": ["opt_out"], "subject": "person"}))
    customer = make_customer()

    def opting_out() -> str:
        operations.record_consent(
            customer_id=customer.pk, act="opt_out", channel="voice", via="keyword", at=NOON, by="inbound"
        )
        return "opted out"

    found = at_once([reserving(call(customer)) for _ in range(7)] + [opting_out])

    assert found["opted out"] == 1
    later = operations.reserve_contacts(asks=[call(customer)], at=NOON + timedelta(seconds=1), by="dialler")
    assert later[0].verdict == "deny"
    assert verify_evidence().holds
