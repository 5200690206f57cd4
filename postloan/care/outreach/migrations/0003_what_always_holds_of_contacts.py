"""
What the database holds of contacts, whatever the code does, and the two functions the gate speaks to it with.

`gate_open` takes the rows of the subjects in the order of their keys and then, with a snapshot taken after the locks,
reads everything the rules ask about; `gate_write` writes what was decided. Each is one round trip with plans kept.
docs/decisions/0073-slots-under-locks-of-subjects.md.
"""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only

OPEN = """
CREATE FUNCTION gate_open(
    is_locking boolean, asked_customers bigint[], asked_points bigint[], asked_hashes bytea[], asked_loans bigint[],
    asked_keys text[], since timestamptz, decisions integer, contacts integer
) RETURNS TABLE (origin text, row_id bigint, owner_id bigint, facts jsonb) LANGUAGE plpgsql AS $$
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
        INSERT INTO outreach_contactsubject (key)
            SELECT subject FROM unnest(subjects) subject ORDER BY subject COLLATE "C" ON CONFLICT DO NOTHING;
        PERFORM FROM outreach_contactsubject WHERE key = ANY (subjects) ORDER BY key FOR UPDATE;
    END IF;
    RETURN QUERY
    SELECT 'decision_id', nextval('outreach_contactdecision_id_seq'), 0::bigint, NULL::jsonb
        FROM generate_series(1, decisions)
    UNION ALL
    SELECT 'contact_id', nextval('outreach_contact_id_seq'), 0, NULL FROM generate_series(1, contacts)
    UNION ALL
    SELECT 'head', head.entries, split_part(head.key, ':', 2)::bigint, jsonb_build_object('head', encode(head.head, 'hex'))
        FROM outreach_contactsubject head WHERE head.key = ANY (subjects) AND starts_with(head.key, 'person:')
    UNION ALL
    SELECT 'customer', person.id, person.id, jsonb_build_object(
            'time_zone', person.time_zone, 'jurisdiction', person.jurisdiction, 'language', person.language,
            'region', person.region)
        FROM customers_customer person WHERE person.id = ANY (asked_customers)
    UNION ALL
    SELECT 'zone', zone.id, zone.customer_id, jsonb_build_object(
            'zone', zone.zone, 'source', zone.source, 'since_at', zone.since_at)
        FROM customers_customertimezone zone
        WHERE zone.customer_id = ANY (asked_customers) AND zone.until_at IS NULL
    UNION ALL
    SELECT 'point', point.id, point.customer_id, jsonb_build_object(
            'kind', point.kind, 'state', point.state, 'is_workplace', point.is_workplace,
            'hash', encode(point.value_hash, 'hex'))
        FROM customers_contactpoint point WHERE point.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'flag', flag.id, flag.customer_id, jsonb_build_object(
            'kind', flag.kind, 'since_at', flag.since_at, 'released_at', flag.released_at, 'details', flag.details)
        FROM customers_customerflag flag WHERE flag.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'hold', hold.id, hold.customer_id, jsonb_build_object(
            'kind', hold.kind, 'loan_id', hold.loan_id, 'since_at', hold.since_at, 'until_at', hold.until_at,
            'released_at', hold.released_at, 'facts', hold.facts)
        FROM outreach_contacthold hold WHERE hold.customer_id = ANY (asked_customers)
    UNION ALL
    SELECT 'consent', said.id, said.customer_id, jsonb_build_object(
            'act', said.act, 'purpose', said.purpose, 'channel', said.channel, 'contact_point', said.contact_point_id,
            'hash', encode(said.point_hash, 'hex'), 'loan_ids', said.loan_ids, 'via', said.via, 'facts', said.facts,
            'at', said.at, 'until_at', said.until_at)
        FROM outreach_consent said
        WHERE said.customer_id = ANY (asked_customers) OR said.point_hash = ANY (hashes)
    UNION ALL
    SELECT 'contact', past.id, past.customer_id, jsonb_build_object(
            'key', past.key, 'direction', past.direction, 'channel', past.channel, 'purpose', past.purpose,
            'content_class', past.content_class, 'mode', past.mode, 'recipient', past.recipient, 'contact_point', past.contact_point_id,
            'hash', encode(past.point_hash, 'hex'), 'loan_ids', past.loan_ids, 'institution', past.institution,
            'actor', past.actor, 'capacity', past.capacity, 'by', past.by, 'state', past.state,
            'outcome', past.outcome, 'at', past.at, 'lease_until_at', past.lease_until_at,
            'settled_at', past.settled_at, 'decision_id', past.decision_id)
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
    new_decisions jsonb, new_contacts jsonb, changed_contacts jsonb, new_entries jsonb, new_heads jsonb
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF new_decisions <> '[]' THEN
        INSERT INTO outreach_contactdecision SELECT * FROM jsonb_populate_recordset(NULL::outreach_contactdecision, new_decisions);
    END IF;
    IF new_contacts <> '[]' THEN
        INSERT INTO outreach_contact SELECT * FROM jsonb_populate_recordset(NULL::outreach_contact, new_contacts);
    END IF;
    IF changed_contacts <> '[]' THEN
        UPDATE outreach_contact old
        SET channel = new.channel, purpose = new.purpose, content_class = new.content_class, mode = new.mode,
            contact_point_id = new.contact_point_id, point_hash = new.point_hash,
            loan_ids = new.loan_ids, by = new.by, state = new.state, outcome = new.outcome, at = new.at,
            lease_until_at = new.lease_until_at, settled_at = new.settled_at, decision_id = new.decision_id
        FROM jsonb_populate_recordset(NULL::outreach_contact, changed_contacts) new WHERE old.id = new.id;
    END IF;
    INSERT INTO outreach_evidenceentry (customer_id, place, kind, subject_id, at, facts, digest, hash)
        SELECT customer_id, place, kind, subject_id, at, facts, digest, hash
        FROM jsonb_populate_recordset(NULL::outreach_evidenceentry, new_entries);
    UPDATE outreach_contactsubject old SET entries = new.entries, head = new.head
        FROM jsonb_populate_recordset(NULL::outreach_contactsubject, new_heads) new WHERE old.key = new.key;
END
$$
"""

GUARD = """
CREATE FUNCTION refuse_loss_of_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '% is append-only: UPDATE refused', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM outreach_evidenceentry
                   WHERE subject_id = OLD.id AND kind = 'erased' AND facts->>'table' = TG_TABLE_NAME) THEN
        RAISE EXCEPTION '% % goes only by erasure, which leaves proof', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'erasure_leaves_proof';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER erasure_leaves_proof BEFORE UPDATE OR DELETE ON outreach_contactdecision
    FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_evidence();
CREATE TRIGGER erasure_leaves_proof BEFORE UPDATE OR DELETE ON outreach_consent
    FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_evidence();
CREATE TRIGGER erasure_leaves_proof BEFORE DELETE ON outreach_contact
    FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_evidence();
CREATE TRIGGER nothing_is_emptied BEFORE TRUNCATE ON outreach_contactdecision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER nothing_is_emptied BEFORE TRUNCATE ON outreach_consent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER nothing_is_emptied BEFORE TRUNCATE ON outreach_contact
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_change_of_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.key, OLD.customer_id, OLD.direction) IS DISTINCT FROM (NEW.id, NEW.key, NEW.customer_id, NEW.direction)
    THEN
        RAISE EXCEPTION 'contact % stays the same occasion with the same person', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contact_stays_the_same_occasion';
    END IF;
    IF OLD.state = 'used' AND NEW.state <> 'used' THEN
        RAISE EXCEPTION 'contact % has happened', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contact_that_happened_stays';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER contact_stays_the_same_occasion BEFORE UPDATE ON outreach_contact
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_contact();
"""
NO_GUARD = """
DROP FUNCTION refuse_change_of_contact() CASCADE;
DROP TRIGGER nothing_is_emptied ON outreach_contact;
DROP TRIGGER nothing_is_emptied ON outreach_consent;
DROP TRIGGER nothing_is_emptied ON outreach_contactdecision;
DROP FUNCTION refuse_loss_of_evidence() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("outreach", "0002_contacts_and_evidence"),
        ("customers", "0002_flags_zones_and_states"),
        ("audit", "0002_append_only"),
    ]
    operations: ClassVar = [
        migrations.RunSQL(OPEN, "DROP FUNCTION gate_open"),
        migrations.RunSQL(WRITE, "DROP FUNCTION gate_write"),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(*append_only(table="outreach_evidenceentry")),
        migrations.RunSQL(*append_only(table="outreach_evidenceseal")),
    ]
