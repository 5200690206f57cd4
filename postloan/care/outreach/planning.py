"""
Ask the gate about a whole plan at once, in columns: which planned contacts would be allowed, and from when the others.

For planning only: nothing is locked or recorded, and whoever sends asks again with `reserve_contacts`. The past is read
as Arrow; statements, holds and flags, which are few, become events by the same code as for one person (`past.py`).
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

import polars as pl
from django.conf import settings

from postloan.books.columns import Columns, column_transaction
from postloan.care.outreach.gate_session import LOOK_BACK, PersonPast
from postloan.care.outreach.models import Consent, ContactHold
from postloan.care.outreach.past import FLAGS, HOLDS, MESSAGE_UNDER_WAY, SILENT_ACTS, UNDER_WAY, spans, statement
from postloan.care.outreach.policy import pack_for
from postloan.ground.customers.models import CustomerFlag
from postloan.kernel.contactrules import PastEvent, decide_many

POINT_KINDS = {"sms": "phone", "voice": "phone", "wechat": "phone", "email": "email"}
_BATCH = 2000


def plan_contacts(
    *, planned: pl.DataFrame, channel: str, purpose: str, template: str = "", at: datetime
) -> pl.DataFrame:
    """
    Return `planned` (customer_id, loan_id, at: when each would leave) with outcome, rules and earliest_at, in its order.

    `at` is now: slots whose lease is over by then count no more. Customers of different jurisdictions are asked by
    their own packs.
    """
    with column_transaction() as columns:
        people = _people(columns, channel)
        past = _contacts(columns, at)
    history = pl.concat([past, _stated()], how="diagonal_relaxed")
    asked = planned.with_row_index("_place").join(people, on="customer_id", how="left").sort("_place")
    parts = []
    for (jurisdiction,), part in asked.group_by(["jurisdiction"], maintain_order=True):
        questions = _questions(part, channel=channel, purpose=purpose, template=template)
        pack = pack_for(jurisdiction=str(jurisdiction or ""))
        answers = decide_many(pack=pack, questions=questions, history=history)
        parts.append(pl.concat([part.select("_place", *planned.columns), answers], how="horizontal"))
    return pl.concat(parts).sort("_place").drop("_place")


def _people(columns: Columns, channel: str) -> pl.DataFrame:
    """Return each customer's zones, jurisdiction and the hash of the address that the channel would use."""
    kind = POINT_KINDS.get(channel, "")
    return columns.read(
        f"""
        SELECT person.id AS customer_id, person.jurisdiction, point.hash AS contact_point,
               array_prepend(person.time_zone::text, coalesce(zones.names, '{{}}')) AS time_zones
        FROM customers_customer person
        LEFT JOIN (SELECT customer_id, min(encode(value_hash, 'hex')) AS hash FROM customers_contactpoint
                   WHERE kind = '{kind}' AND state NOT IN ('stale', 'wrong') GROUP BY customer_id) point
            ON point.customer_id = person.id
        LEFT JOIN (SELECT customer_id, array_agg(zone::text) AS names FROM customers_customertimezone
                   WHERE until_at IS NULL GROUP BY customer_id) zones ON zones.customer_id = person.id
        """
    )


def _contacts(columns: Columns, at: datetime) -> pl.DataFrame:
    """Return the contacts of the last months as events; a slot under way counts as the most that may come of it."""
    under_way = " ".join(f"WHEN '{channel}' THEN '{kinds[1]}'" for channel, kinds in UNDER_WAY.items())
    return columns.read(
        f"""
        SELECT customer_id::text AS about, at, nullif(channel, 'form') AS channel, purpose, recipient,
               CASE WHEN state = 'reserved' THEN CASE channel {under_way} ELSE '{MESSAGE_UNDER_WAY[1]}' END
                    ELSE outcome END AS kind,
               CASE WHEN recipient = 'debtor' THEN customer_id::text WHEN point_hash IS NULL
                    THEN customer_id::text || '/' || recipient ELSE 'point:' || encode(point_hash, 'hex') END AS person,
               CASE direction WHEN 'out' THEN 'us' ELSE 'person' END AS initiated_by, id::text AS contact_id,
               encode(point_hash, 'hex') AS contact_point, loan_ids::text[] AS debts, actor AS by,
               'lender' AS institution, nullif(institution, '') AS agency, nullif(mode, '') AS mode,
               nullif(template, '') AS template
        FROM outreach_contact
        WHERE at >= '{(at - LOOK_BACK).isoformat()}' AND outcome NOT IN ('not_sent', 'lapsed')
          AND (state <> 'reserved' OR lease_until_at > '{at.isoformat()}')
        """
    )


def _stated() -> pl.DataFrame:
    """Return statements, holds and flags as events."""
    rows = [
        {"about": str(customer_id)} | event.model_dump(exclude_none=True)
        for customer_id, event in chain(_said(), _held(), _flagged())
    ]
    if not rows:
        return pl.DataFrame(schema={"about": pl.String, "at": pl.Datetime("us", "UTC"), "kind": pl.String})
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("at").dt.convert_time_zone("UTC"))


def _said() -> Iterable[tuple[int, PastEvent]]:
    names = ("customer_id", "act", "purpose", "channel", "loan_ids", "via", "facts", "at", "until_at")
    rows = Consent.objects.exclude(act__in=SILENT_ACTS).select_related("contact_point")
    for row in rows.iterator(chunk_size=_BATCH):
        point = row.point_hash or (row.contact_point.value_hash if row.contact_point else None)
        said: dict[str, Any] = {name: getattr(row, name) for name in names}
        said |= {"contact_point": None, "hash": bytes(point).hex() if point else None}
        yield row.customer_id, statement(said, PersonPast())


def _held() -> Iterable[tuple[int, PastEvent]]:
    names = ("customer_id", "loan_id", "kind", "since_at", "until_at", "released_at", "facts")
    for row in ContactHold.objects.exclude(kind="legal").values(*names).iterator(chunk_size=_BATCH):
        for event in spans(row, HOLDS[row["kind"]], str(row["customer_id"])):
            yield row["customer_id"], event


def _flagged() -> Iterable[tuple[int, PastEvent]]:
    names = ("customer_id", "kind", "since_at", "released_at", "details")
    for row in CustomerFlag.objects.values(*names).iterator(chunk_size=_BATCH):
        if row["released_at"] is None or FLAGS[row["kind"]][1]:
            for event in spans(row, FLAGS[row["kind"]], str(row["customer_id"])):
                yield row["customer_id"], event


def _questions(part: pl.DataFrame, *, channel: str, purpose: str, template: str) -> pl.DataFrame:
    person = pl.col("customer_id").cast(pl.String)
    point_kind = {"phone": "mobile", "email": "email"}.get(POINT_KINDS.get(channel, ""))
    return part.select(
        person.alias("person"),
        person.alias("debtor"),
        "at",
        pl.lit(channel).alias("channel"),
        pl.lit(purpose).alias("purpose"),
        "contact_point",
        pl.lit(point_kind, dtype=pl.String).alias("point_kind"),
        pl.concat_list(pl.col("loan_id").cast(pl.String)).alias("debts"),
        "time_zones",
        pl.lit("lender").alias("by_kind"),
        pl.lit("creditor").alias("by_capacity"),
        pl.lit("lender").alias("by_institution"),
        pl.lit(template or None, dtype=pl.String).alias("template"),
        pl.lit(settings.LENDER_NAME).alias("signature"),
    )
