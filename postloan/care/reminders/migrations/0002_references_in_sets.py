"""
A reminder's loan and customer are checked once a statement: the loan exists and is this customer's.

Why this guarantees more than two foreign keys: docs/decisions/0030-checks-in-sets.md.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECK_REMINDERS = """
CREATE FUNCTION refuse_reminder_of_other_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added LEFT JOIN loans_loan loan ON loan.id = added.loan_id
        WHERE loan.customer_id IS DISTINCT FROM added.customer_id
    ) THEN
        RAISE EXCEPTION 'a reminder names a loan that does not exist or is not this customer''s'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'reminder_loan_is_the_customers';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER reminder_has_a_loan AFTER INSERT ON reminders_reminder REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_reminder_of_other_loan();
CREATE FUNCTION refuse_other_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a reminder keeps its loan and customer' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER reminder_keeps_its_loan BEFORE UPDATE OF loan_id, customer_id ON reminders_reminder
    FOR EACH ROW WHEN (OLD.loan_id <> NEW.loan_id OR OLD.customer_id <> NEW.customer_id)
    EXECUTE FUNCTION refuse_other_loan();
"""
UNDO = """
DROP FUNCTION refuse_reminder_of_other_loan() CASCADE;
DROP FUNCTION refuse_other_loan() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("loans", "0004_references_in_sets"),
        ('customers', '0001_initial'),
        ('loans', '0004_references_in_sets'),
        ('reminders', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='reminder',
            name='customer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='customers.customer'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='loan',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='loans.loan'),
        ),
        migrations.RunSQL(CHECK_REMINDERS, UNDO),
    ]
