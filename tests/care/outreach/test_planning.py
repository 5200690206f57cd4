"""A plan gated in columns says of each contact what the gate says when it is asked about one."""

from datetime import timedelta

import polars as pl
import pytest

from postloan.care.outreach import operations
from postloan.care.outreach.operations import Report
from postloan.care.outreach.planning import plan_contacts
from postloan.ground.customers import operations as customers
from tests.factories.gate import DECENT, call
from tests.factories.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)  # columns travel on a connection of their own


def test_the_plan_and_the_gate_agree_about_everybody():
    people = [make_customer(number=9000 + no) for no in range(8)]
    said = {"via": "agent", "by": "anna", "at": DECENT - timedelta(days=3)}
    operations.record_consent(customer_id=people[1].pk, act="opt_out", channel="sms", **said)
    operations.record_consent(customer_id=people[2].pk, act="opt_out", channel="email", **said)
    operations.set_hold(customer_id=people[3].pk, kind="disputed", loan_id=103, reason="paid", by="anna", at=said["at"])
    operations.set_person_flag(customer_id=people[4].pk, kind="deceased", reason="told", by="anna", at=said["at"])
    customers.add_time_zone(customer_id=people[5].pk, zone="Pacific/Honolulu", source="told", by="anna", at=said["at"])
    operations.record_contacts(
        reports=[Report(call(people[6], channel="sms", purpose="reminder"), "message_delivered", said["at"])],
        at=said["at"],
        by="test",
    )
    operations.set_hold(customer_id=people[7].pk, kind="disputed", loan_id=107, reason="x", by="anna", at=said["at"])
    operations.release_hold(
        customer_id=people[7].pk, kind="disputed", loan_id=107, reason="shown", by="anna", at=said["at"]
    )
    planned = pl.DataFrame(
        {
            "customer_id": [person.pk for person in people],
            "loan_id": [100 + no for no in range(8)],
            "at": [DECENT] * 8,
        }
    )

    plan = plan_contacts(planned=planned, channel="sms", purpose="reminder", template="reminder", at=DECENT)

    asks = [
        call(
            person, channel="sms", purpose="reminder", loan_ids=(100 + no,),
            about={"content": {"template": "reminder"}},
        )
        for no, person in enumerate(people)
    ]  # fmt: skip
    one_by_one = operations.may_contact(asks=asks, at=DECENT)
    assert plan["outcome"].to_list() == [answer.verdict for answer in one_by_one]
    assert [tuple(rules) for rules in plan["rules"]] == [answer.rule_ids for answer in one_by_one]
    assert plan["earliest_at"].to_list() == [answer.earliest_at for answer in one_by_one]
    assert plan["outcome"].to_list() == ["allow", "deny", "allow", "deny", "deny", "deny", "allow", "allow"]
