"""
A posting's entry and accounts are checked once a statement, over all rows it inserted, instead of row by row.

Why this guarantees the same as foreign keys: docs/decisions/0030-checks-in-sets.md.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECK_POSTINGS = """
CREATE OR REPLACE FUNCTION refuse_late_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT entry_id FROM added) posting
        LEFT JOIN ledger_journalentry entry ON entry.id = posting.entry_id
        WHERE entry.written_in IS DISTINCT FROM pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'a journal entry takes postings only in the transaction that writes it'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT debit_id AS id FROM added UNION SELECT credit_id FROM added) named
        LEFT JOIN ledger_account account USING (id) WHERE account.id IS NULL
    ) THEN
        RAISE EXCEPTION 'a posting names an account that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'posting_account_exists';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION refuse_loss_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'accounts are never deleted or renumbered: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_account();
CREATE TRIGGER account_keeps_its_number BEFORE UPDATE OF id ON ledger_account
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_loss_of_account();
"""
UNDO = """
CREATE OR REPLACE FUNCTION refuse_late_postings() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION refuse_loss_of_account() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_chart_of_accounts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='posting',
            name='credit',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='ledger.account'),
        ),
        migrations.AlterField(
            model_name='posting',
            name='debit',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='debits', to='ledger.account'),
        ),
        migrations.AlterField(
            model_name='posting',
            name='entry',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='ledger.journalentry'),
        ),
        migrations.RunSQL(CHECK_POSTINGS, UNDO),
    ]
