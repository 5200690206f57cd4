"""The gate over HTTP: simulate, reserve, report; an agency's contacts count with ours."""

from datetime import timedelta

import pytest
from django.utils import timezone

from postloan.care.outreach import deciding
from postloan.care.outreach.models import Contact, ContactDecision
from postloan.ground.access.roles import Role
from postloan.ground.access.scopes import Scope
from tests.factories.gate import calls_a_day, make_pack
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency(call_as, monkeypatch):
    monkeypatch.setattr(deciding, "pack_for", lambda *, jurisdiction: make_pack(calls_a_day(1)))
    return call_as(Role.AGENT)


def ask(customer, key="c1", **more):
    point = customer.contact_points.get(kind="phone")
    about = {"customer_id": customer.pk, "channel": "voice", "contact_point_id": point.pk, "key": key}
    return about | {"actor": "agency", "institution": "north"} | more


def test_simulating_answers_and_leaves_nothing(agency):
    answer = agency.post("/contact-decisions", {"asks": [ask(make_customer())]}).json()

    [decision] = answer["decisions"]
    assert (decision["verdict"], decision["decision_id"], decision["contact_id"]) == ("allow", None, None)
    assert decision["counters"][0]["limit"] == 1
    assert ContactDecision.objects.count() == 0


def test_reserving_holds_a_slot_that_a_report_uses(agency):
    customer = make_customer()

    [first] = agency.post("/contact-decisions", {"asks": [ask(customer)], "mode": "reserve"}).json()["decisions"]
    [second] = agency.post("/contact-decisions", {"asks": [ask(customer, "c2")], "mode": "reserve"}).json()["decisions"]
    report = {"contact_id": first["contact_id"], "outcome": "conversation", "at": timezone.now().isoformat()}
    told = agency.post("/contacts", {"reports": [report]})

    assert (first["verdict"], second["verdict"], second["rule_ids"]) == ("allow", "deny", ["T-1"])
    assert second["earliest_at"] is not None
    assert told.status_code == 200
    contact = Contact.objects.get(pk=first["contact_id"])
    assert (contact.state, contact.outcome, contact.institution, contact.key) == (
        "used", "conversation", "north", "north:c1",
    )  # fmt: skip


def test_a_contact_nobody_asked_for_is_recorded_once_and_its_breach_is_named(agency):
    customer = make_customer()
    at = (timezone.now() - timedelta(seconds=5)).isoformat()

    def report(key):
        body = {"reports": [{"contact": ask(customer, key), "outcome": "conversation", "at": at}]}
        return agency.post("/contacts", body).json()["contacts"][0]

    first, again, second = report("a"), report("a"), report("b")

    assert (first["is_new"], first["breached"]) == (True, [])
    assert (again["is_new"], again["contact_id"]) == (False, first["contact_id"])
    assert second["breached"] == ["T-1"]


def test_a_third_persons_number_is_hashed_on_arrival(agency):
    customer = make_customer()
    asked = ask(customer, recipient="third_person", address="+12025550177", contact_point_id=None)

    agency.post("/contact-decisions", {"asks": [asked], "mode": "reserve"})

    contact = Contact.objects.get()
    assert contact.point_hash is not None
    assert "2025550177" not in str(ContactDecision.objects.get().question)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"customer_id": 10**9}, 404),
        ({"contact_point_id": 10**9}, 422),
        ({"purpose": "gossip"}, 422),
        ({"about": {"mode": "whisper"}}, 422),
        ({"channel": "smoke"}, 422),
        ({"address": "not an address", "contact_point_id": None}, 422),
    ],
)
def test_what_the_gate_does_not_know_is_refused_with_its_field(agency, change, status):
    answer = agency.post("/contact-decisions", {"asks": [ask(make_customer()) | change]})

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_reserving_without_a_key_and_reports_without_a_contact_are_refused(agency):
    customer = make_customer()

    unnamed = agency.post("/contact-decisions", {"asks": [ask(customer, key="")], "mode": "reserve"})
    nothing = agency.post("/contacts", {"reports": [{"outcome": "busy", "at": timezone.now().isoformat()}]})
    shrug = agency.post(
        "/contacts", {"reports": [{"contact": ask(customer), "outcome": "shrug", "at": timezone.now().isoformat()}]}
    )

    assert [answer.status_code for answer in (unnamed, nothing, shrug)] == [422, 422, 422]


def test_who_lacks_the_scope_is_refused(call_as):
    caller = call_as(Role.AGENT, scopes=[Scope.LOANS_READ])

    assert caller.post("/contact-decisions", {"asks": [ask(make_customer())]}).status_code == 403
    assert caller.post("/contacts", {"reports": []}).status_code == 403
