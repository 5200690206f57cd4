"""
The gate's two functions, faster: plans are made once a connection, rows travel as plain JSON, contacts as lists.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

before = import_module("postloan.care.outreach.migrations.0006_template_of_contacts")

OPEN = """
CREATE FUNCTION gate_open(
    is_locking boolean, asked_customers bigint[], asked_points bigint[], asked_hashes bytea[], asked_loans bigint[],
    asked_keys text[], since timestamptz, decisions integer, contacts integer
) RETURNS TABLE (origin text, row_id bigint, owner_id bigint, facts json)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    hashes bytea[] := asked_hashes || ARRAY(SELECT value_hash FROM customers_contactpoint WHERE id = ANY (asked_points));
    subjects text[] := '{}';
BEGIN
    IF is_locking THEN
        subjects := ARRAY(
            SELECT 'person:' || person FROM unnest(asked_customers) person
            UNION SELECT 'point:' || encode(hash, 'hex') FROM unnest(hashes) hash
            UNION SELECT 'debt:' || loan FROM unnest(asked_loans) loan
        );
        IF (SELECT count(*) FROM outreach_contactsubject WHERE key = ANY (subjects)) < cardinality(subjects) THEN
            INSERT INTO outreach_contactsubject (key)
                SELECT subject FROM unnest(subjects) subject ORDER BY subject COLLATE "C" ON CONFLICT DO NOTHING;
        END IF;
        PERFORM FROM outreach_contactsubject WHERE key = ANY (subjects) ORDER BY key FOR UPDATE;
    END IF;
    RETURN QUERY
    SELECT 'decision_id', nextval('outreach_contactdecision_id_seq'), 0::bigint, NULL::json
        FROM generate_series(1, decisions)
    UNION ALL
    SELECT 'contact_id', nextval('outreach_contact_id_seq'), 0, NULL FROM generate_series(1, contacts)
    UNION ALL
    SELECT 'head', head.entries, split_part(head.key, ':', 2)::bigint, json_build_object('head', encode(head.head, 'hex'))
        FROM outreach_contactsubject head WHERE head.key = ANY (subjects) AND starts_with(head.key, 'person:')
    UNION ALL
    SELECT 'customer', person.id, person.id, json_build_object(
            'time_zone', person.time_zone, 'jurisdiction', person.jurisdiction, 'language', person.language,
            'region', person.region)
        FROM customers_customer person WHERE person.id = ANY (asked_customers)
    UNION ALL
    SELECT 'zone', zone.id, zone.customer_id, json_build_object(
            'zone', zone.zone, 'source', zone.source, 'since_at', zone.since_at)
        FROM customers_customertimezone zone
        WHERE zone.customer_id = ANY (asked_customers) AND zone.until_at IS NULL
    UNION ALL
    SELECT 'point', point.id, point.customer_id, json_build_object(
            'kind', point.kind, 'state', point.state, 'state_at', point.state_at, 'is_workplace', point.is_workplace,
            'hash', encode(point.value_hash, 'hex'))
        FROM customers_contactpoint point WHERE point.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'flag', flag.id, flag.customer_id, json_build_object(
            'kind', flag.kind, 'since_at', flag.since_at, 'released_at', flag.released_at, 'details', flag.details)
        FROM customers_customerflag flag WHERE flag.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'hold', hold.id, hold.customer_id, json_build_object(
            'kind', hold.kind, 'loan_id', hold.loan_id, 'since_at', hold.since_at, 'until_at', hold.until_at,
            'released_at', hold.released_at, 'facts', hold.facts)
        FROM outreach_contacthold hold WHERE hold.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'consent', said.id, said.customer_id, json_build_object(
            'act', said.act, 'purpose', said.purpose, 'channel', said.channel, 'contact_point', said.contact_point_id,
            'hash', encode(said.point_hash, 'hex'), 'loan_ids', said.loan_ids, 'via', said.via, 'facts', said.facts,
            'at', said.at, 'until_at', said.until_at)
        FROM outreach_consent said
        WHERE said.customer_id = ANY (asked_customers) OR said.point_hash = ANY (hashes)
    UNION ALL
    SELECT 'contact', past.id, past.customer_id, json_build_array(
            past.id, past.key, past.customer_id, past.direction, past.channel, past.purpose, past.content_class, past.mode,
            past.template, past.recipient, past.contact_point_id, encode(past.point_hash, 'hex'), past.loan_ids,
            past.institution, past.actor, past.capacity, past.by, past.state, past.outcome, past.at,
            past.lease_until_at, past.settled_at, past.decision_id)
        FROM outreach_contact past
        WHERE past.id IN (
            SELECT one.id FROM outreach_contact one WHERE one.customer_id = ANY (asked_customers) AND one.at >= since
            UNION SELECT two.id FROM outreach_contact two WHERE two.point_hash = ANY (hashes) AND two.at >= since
            UNION SELECT three.id FROM outreach_contact three WHERE three.key = ANY (asked_keys)
        );
END
$$
"""

WRITE = """
CREATE FUNCTION gate_write(
    new_decisions json, new_contacts json, changed_contacts json, new_entries json, new_heads json
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF new_decisions::text <> '[]' THEN
        INSERT INTO outreach_contactdecision SELECT * FROM json_populate_recordset(NULL::outreach_contactdecision, new_decisions);
    END IF;
    IF new_contacts::text <> '[]' THEN
        INSERT INTO outreach_contact SELECT * FROM json_populate_recordset(NULL::outreach_contact, new_contacts);
    END IF;
    IF changed_contacts::text <> '[]' THEN
        UPDATE outreach_contact old
        SET channel = new.channel, purpose = new.purpose, content_class = new.content_class, mode = new.mode, template = new.template,
            contact_point_id = new.contact_point_id, point_hash = new.point_hash,
            loan_ids = new.loan_ids, by = new.by, state = new.state, outcome = new.outcome, at = new.at,
            lease_until_at = new.lease_until_at, settled_at = new.settled_at, decision_id = new.decision_id
        FROM json_populate_recordset(NULL::outreach_contact, changed_contacts) new WHERE old.id = new.id;
    END IF;
    INSERT INTO outreach_evidenceentry (customer_id, place, kind, subject_id, at, facts, digest, hash)
        SELECT customer_id, place, kind, subject_id, at, facts, digest, hash
        FROM json_populate_recordset(NULL::outreach_evidenceentry, new_entries);
    UPDATE outreach_contactsubject old SET entries = new.entries, head = new.head
        FROM json_populate_recordset(NULL::outreach_contactsubject, new_heads) new WHERE old.key = new.key;
END
$$
"""


def _made(text: str) -> str:
    return text.replace("CREATE OR REPLACE FUNCTION", "CREATE FUNCTION")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("outreach", "0006_template_of_contacts")]
    operations: ClassVar = [
        migrations.RunSQL("DROP FUNCTION gate_open", _made(before.OPEN)),
        migrations.RunSQL("DROP FUNCTION gate_write", _made(before.WRITE)),
        migrations.RunSQL(OPEN, "DROP FUNCTION gate_open"),
        migrations.RunSQL(WRITE, "DROP FUNCTION gate_write"),
    ]
