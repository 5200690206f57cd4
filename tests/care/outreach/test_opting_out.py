"""Opting out by word, link and agent: in force before the next send, by nobody but us and them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from postloan.care.outreach import operations
from postloan.care.outreach.models import Consent, Contact
from postloan.care.outreach.opting_out import LinkInvalid, opt_out_url, read_link, read_word
from postloan.ground.access.roles import Role
from tests.factories.gate import DECENT, call
from tests.factories.people import make_customer, make_login

pytestmark = pytest.mark.django_db


def may_send(customer, channel="sms"):
    kind = "email" if channel == "email" else "phone"
    point = customer.contact_points.get(kind=kind)
    ask = call(customer, channel=channel, purpose="reminder", contact_point_id=point.pk)
    return operations.may_contact(asks=[ask], at=DECENT + timedelta(days=30))[0]


def test_a_stop_word_ends_the_channel_and_a_start_word_opens_it_again():
    customer = make_customer()
    point = customer.contact_points.get(kind="phone").pk
    about = {"customer_id": customer.pk, "channel": "sms", "contact_point_id": point, "by": "smsc"}
    before = may_send(customer)

    for _ in range(2):  # the carrier hands it over twice
        operations.take_inbound(**about, text="Stop.", key="mo:1", at=DECENT)
    stopped = may_send(customer)
    operations.take_inbound(**about, text="START", key="mo:2", at=DECENT + timedelta(minutes=1))

    assert before.is_allowed
    assert (stopped.verdict, stopped.rule_ids) == ("deny", ("HOUSE-OPT-OUT",))
    assert may_send(customer, "email").is_allowed
    assert may_send(customer).is_allowed
    assert (Consent.objects.count(), Contact.objects.filter(direction="in").count()) == (2, 2)


def test_a_sentence_with_the_word_in_it_opts_nobody_out():
    assert read_word(text="please stop by my office") is None
    assert [read_word(text=text) for text in ("STOP", "退订", "td", "Opt  Out!")] == ["opt_out"] * 4


def test_the_link_works_without_a_login_and_only_when_told_to():
    customer = make_customer()
    point = customer.contact_points.get(kind="email").pk
    path = "/stop/" + opt_out_url(customer_id=customer.pk, channel="email", contact_point_id=point).rpartition("/")[2]
    stranger = Client(enforce_csrf_checks=True)

    looked = stranger.get(path)
    after_looking = Consent.objects.count()
    stopped = [stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code for _ in range(2)]

    assert (looked.status_code, after_looking, stopped) == (200, 0, [200, 200])
    said = Consent.objects.get()
    assert (said.act, said.via, said.contact_point_id) == ("opt_out", "link", point)
    assert may_send(customer, "email").rule_ids == ("HOUSE-OPT-OUT",)
    assert "@example.org" not in looked.content.decode()


def test_a_forged_link_is_refused():
    url = opt_out_url(customer_id=1, channel="sms")

    assert Client().post("/stop/" + url.rpartition("/")[2][:-2] + "xx").status_code == 404
    with pytest.raises(LinkInvalid):
        read_link(token="anything")


@pytest.fixture
def agent():
    make_login(username="anna", roles=[Role.AGENT])
    client = Client()
    client.login(username="anna", password="a long pass phrase")
    return client


def test_an_agent_takes_down_a_wish_and_a_hold_and_both_bind(agent):
    customer = make_customer()
    page = f"/desk/customers/{customer.pk}"

    agent.post(f"{page}/wish", {"act": "opt_out", "channel": "sms"})
    agent.post(f"{page}/hold", {"kind": "debt_advice", "reason": "sees an adviser", "days": "30", "release": "0"})
    agent.post(f"{page}/hold", {"kind": "vulnerable", "reason": "told us of an illness", "release": "0"})
    shown = agent.get(f"{page}/contacts").content.decode()

    at = datetime.now(UTC).replace(hour=15)
    [answer] = operations.may_contact(asks=[call(customer)], at=at + timedelta(days=1))
    assert "HOUSE-ADVICE" in answer.rule_ids
    assert "Debt advice" in shown and "sees an adviser" in shown and "Opted out" in shown and "Vulnerable" in shown


def test_a_hold_without_reason_is_not_taken_down(agent):
    customer = make_customer()

    agent.post(f"/desk/customers/{customer.pk}/hold", {"kind": "complaint", "reason": "", "release": "0"})
    shown = agent.get(f"/desk/customers/{customer.pk}/contacts").content.decode()

    assert "Not taken down" in shown
    assert customer.contact_holds.count() == 0


def test_a_number_marked_as_somebody_elses_is_not_called_again(agent):
    customer = make_customer()
    point = customer.contact_points.get(kind="phone").pk

    agent.post(f"/desk/customers/{customer.pk}/point", {"point": point, "state": "wrong"})

    at = datetime.now(UTC).replace(hour=15) + timedelta(days=1)
    [answer] = operations.may_contact(asks=[call(customer)], at=at)
    assert "HOUSE-WRONG-NUMBER" in answer.rule_ids
