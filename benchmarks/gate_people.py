"""People with telephones and a past, in columns, for the measurements of the gate."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in Shanghai
SOURCE = "bench"


def make_people(*, people: int, contacts_each: int) -> list[tuple[int, int]]:
    """Store `people` with a phone and settled calls over the last month; returns customer and contact point ids."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (source, external_id, name_encrypted, language, time_zone, region, "
            "is_invented, created_at) SELECT %s, 'B' || n, '', 'zh-hans', 'Asia/Shanghai', '', true, %s "
            "FROM generate_series(1, %s) n RETURNING id",
            [SOURCE, AT, people],
        )
        customers = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO customers_contactpoint (customer_id, kind, value_encrypted, value_hash, state) "
            "SELECT id, 'phone', 'x', substr(sha256(id::text::bytea), 1, 16), 'verified' "
            "FROM unnest(%s::bigint[]) id RETURNING id",
            [customers],
        )
        points = [row[0] for row in cursor.fetchall()]
        if not contacts_each:  # and no decision either: the evidence has to hold
            return list(zip(customers, points, strict=True))
        cursor.execute(
            "INSERT INTO outreach_contactdecision (customer_id, decided_at, by, channel, purpose, verdict, reported, "
            "rule_ids, pack, pack_version, zones, confidence, question, counters, obligations, reasons) VALUES "
            "(%s, %s, 'bench', 'voice', 'collection', 'allow', false, '{}', 'bench', '1', '{}', '', '{}', '[]', '[]', "
            "'[]') RETURNING id",
            [customers[0], AT],
        )
        [(decision,)] = cursor.fetchall()
        cursor.execute(_CONTACTS, {"customers": customers, "points": points, "each": contacts_each,
                                   "decision": decision, "at": AT - timedelta(days=1)})  # fmt: skip
        cursor.execute("ANALYZE")
    return list(zip(customers, points, strict=True))


_CONTACTS = """
INSERT INTO outreach_contact (key, customer_id, direction, channel, purpose, content_class, mode, template, recipient,
    contact_point_id, point_hash, loan_ids, institution, actor, capacity, by, state, outcome, at, settled_at, decision_id)
SELECT 'past:' || customer || ':' || n, customer, 'out', 'voice', 'collection', '', '', '', 'debtor', point,
    substr(sha256(customer::text::bytea), 1, 16), ARRAY[customer], '', 'lender', 'creditor', 'bench', 'used',
    CASE WHEN n %% 3 = 0 THEN 'conversation' ELSE 'attempt' END, %(at)s - n * interval '1 day',
    %(at)s - n * interval '1 day', %(decision)s
FROM unnest(%(customers)s::bigint[], %(points)s::bigint[]) AS who (customer, point), generate_series(1, %(each)s) n
"""


def percentile(*, values: list[float], share: float) -> float:
    """Return the value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def seed_of(text: str) -> int:
    """Return a number that is the same in every run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def one_call_pack() -> Any:
    """Return a pack with one rule: one conversation or try a day, over everybody who calls."""
    from datetime import date

    from postloan.kernel.contactrules import PolicyPack

    words = {"en": "One a day", "zh": "每日一次"}
    return PolicyPack.model_validate(
        {
            "code": "bench",
            "version": "1",
            "jurisdiction": "bench",
            "title": words,
            "effective_from": date(2000, 1, 1),
            "time_zones": {"home": "Asia/Shanghai", "unknown": ["Asia/Shanghai"]},
            "rules": [
                {
                    "id": "ONE",
                    "kind": "counter",
                    "title": words,
                    "text": words,
                    "source": "bench",
                    "confidence": "Q",
                    "subject": "person",
                    "counts": ["conversation", "connected", "attempt"],
                    "event_channels": ["voice"],
                    "window": {"kind": "calendar_day"},
                    "zones": "pack",
                    "limit": 1,
                }
            ],
        }
    )
