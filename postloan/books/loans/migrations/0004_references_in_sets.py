"""
An instalment's loan is checked once a statement; in return a loan is never deleted, renumbered or given away.

Why this guarantees the same as a foreign key: docs/decisions/0030-checks-in-sets.md.
Pages of the loans keep room, so that a night's UPDATE finds place beside the
row it changes; one of two indexes on the customer goes.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECK_INSTALMENTS = """
CREATE FUNCTION refuse_instalment_without_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added LEFT JOIN loans_loan loan ON loan.id = added.loan_id WHERE loan.id IS NULL
    ) THEN
        RAISE EXCEPTION 'an instalment names a loan that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'instalment_loan_exists';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER instalment_has_a_loan AFTER INSERT ON loans_instalment REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_instalment_without_loan();

CREATE FUNCTION refuse_loss_of_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its loan and a loan its customer: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER instalment_keeps_its_loan BEFORE UPDATE OF loan_id ON loans_instalment
    FOR EACH ROW WHEN (OLD.loan_id <> NEW.loan_id) EXECUTE FUNCTION refuse_loss_of_loan();
CREATE TRIGGER loan_stays BEFORE DELETE OR TRUNCATE ON loans_loan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_loan();
CREATE TRIGGER loan_keeps_its_number BEFORE UPDATE OF id, customer_id ON loans_loan
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.customer_id <> NEW.customer_id)
    EXECUTE FUNCTION refuse_loss_of_loan();
"""
UNDO = """
DROP FUNCTION refuse_instalment_without_loan() CASCADE;
DROP FUNCTION refuse_loss_of_loan() CASCADE;
"""
ROOM = "ALTER TABLE loans_loan SET (fillfactor = 70); ALTER TABLE loans_instalment SET (fillfactor = 80)"
NO_ROOM = "ALTER TABLE loans_loan RESET (fillfactor); ALTER TABLE loans_instalment RESET (fillfactor)"


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        ('loans', '0003_import_batch'),
    ]

    operations = [
        migrations.AlterField(
            model_name='instalment',
            name='loan',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='raised_instalments', to='loans.loan'),
        ),
        migrations.AlterField(
            model_name='loan',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='customers.customer'),
        ),
        migrations.RunSQL(CHECK_INSTALMENTS, UNDO),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
