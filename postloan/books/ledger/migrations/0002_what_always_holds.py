"""
Entries and postings are append-only, and a finished entry takes no further posting.

The second is checked once a statement over the rows it inserted: every entry
named must have been written by the same transaction.
"""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only

REFUSE_LATE_POSTINGS = """
CREATE FUNCTION refuse_late_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT entry_id FROM added) posting
        JOIN ledger_journalentry entry ON entry.id = posting.entry_id
        WHERE entry.written_in <> pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'a journal entry takes postings only in the transaction that writes it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entry_is_complete AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_postings();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0001_initial"), ("audit", "0002_append_only")]
    operations: ClassVar = [
        migrations.RunSQL(*append_only(table="ledger_journalentry")),
        migrations.RunSQL(*append_only(table="ledger_posting")),
        migrations.RunSQL(REFUSE_LATE_POSTINGS, "DROP FUNCTION refuse_late_postings() CASCADE"),
    ]
