"""Asks, small packs of contact rules, and the people they protect."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from postloan.care.outreach import operations
from postloan.care.outreach.asking import Ask
from postloan.care.outreach.models import ContactDecision
from postloan.ground.customers.models import Customer
from postloan.kernel.contactrules import PolicyPack

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in Shanghai, eleven at night in New York
DECENT = datetime(
    2026, 11, 20, 13, 30, tzinfo=UTC
)  # half past nine in the evening in Shanghai, half past eight in the morning in New York
_numbers = count(1)


def make_pack(*rules: dict[str, Any], version: str = "1") -> PolicyPack:
    """A pack of these rules; each needs its kind and what the kind needs."""
    made = [
        {
            "id": f"T-{place}",
            "confidence": "Q",
            "source": "a test",
            "article": "1",
            "title": {"en": "A rule.", "zh": "规则。"},
            "text": {"en": "A rule.", "zh": "规则。"},
        }
        | rule
        for place, rule in enumerate(rules, start=1)
    ]
    return PolicyPack.model_validate(
        {
            "code": "test",
            "version": version,
            "jurisdiction": "Nowhere",
            "title": {"en": "Test", "zh": "测试"},
            "effective_from": date(2000, 1, 1),
            "time_zones": {"home": "Asia/Shanghai", "unknown": ["Asia/Shanghai"]},
            "rules": made,
        }
    )


def calls_a_day(limit: int, *, counts: tuple[str, ...] = ("conversation", "connected"), **more: Any) -> dict[str, Any]:
    """At most `limit` calls with these outcomes in a calendar day."""
    return {
        "kind": "counter",
        "subject": "person",
        "counts": list(counts),
        "event_channels": ["voice"],
        "channels": ["voice"],
        "window": {"kind": "calendar_day"},
        "zones": "pack",
        "limit": limit,
    } | more


def call(customer: Customer, **more: Any) -> Ask:
    """A call to the customer's own phone about collection, under a key of its own."""
    point = customer.contact_points.filter(kind="phone").first()
    return Ask(
        **(
            {
                "key": f"call:{next(_numbers)}",
                "customer_id": customer.pk,
                "channel": "voice",
                "purpose": "collection",
                "contact_point_id": point.pk if point else None,
            }
            | more
        )
    )


def make_decision(*, customer: Customer, at: datetime = NOON, **more: Any) -> ContactDecision:
    """One decision of the default rules about a call to the customer, with its slot where it is allowed."""
    [answer] = operations.reserve_contacts(asks=[call(customer, **more)], at=at, by="dialler")
    return ContactDecision.objects.get(pk=answer.decision_id)
